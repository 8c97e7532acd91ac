"""Places named in a text -> GB/T 2260 codes."""
