"""The data folder on disk: its layout, its formats and its readers."""
