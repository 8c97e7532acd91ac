"""The ledger: the SQLite state of one data folder."""
