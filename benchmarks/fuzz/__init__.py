"""Pages damaged in every way that we could think of, and what must be true of what is read from them."""
