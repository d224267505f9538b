"""The database of listening tests: its tables, its connection and its migrations."""
