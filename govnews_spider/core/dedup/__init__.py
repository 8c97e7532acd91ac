"""Near-duplicates: fingerprints of texts, their comparison, and the original of each group."""
