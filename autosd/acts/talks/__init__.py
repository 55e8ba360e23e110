"""Conversations with models: governed, paid for and kept."""
