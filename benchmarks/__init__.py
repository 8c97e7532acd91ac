"""Measurements of this project beside its peers: ``make bench``, or one of them as ``python -m benchmarks.<name>``."""
