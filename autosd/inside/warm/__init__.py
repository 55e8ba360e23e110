"""The warm fork server: collects a suite once and tries candidates in forks. Knows nothing of the house; see PROTOCOL.md."""
