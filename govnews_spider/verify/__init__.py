"""Readers of a whole data folder: audit, repair, comparison with another one."""
