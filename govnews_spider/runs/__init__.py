"""Records of runs: what a run says of itself, written and read in one place."""
