"""The code index: symbols, calls and words of a repository, in SQLite, kept up to date by content."""
