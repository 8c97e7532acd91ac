"""The raw pages: kept as they came, and read again."""
