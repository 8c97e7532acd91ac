"""The stages of the pipeline: pure functions Article -> Article."""
