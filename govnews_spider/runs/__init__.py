"""Runs: counts, exit codes, reports, rejections and the dataset card, written and read in one place."""
