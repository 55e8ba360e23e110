"""Attempts to give a model orders through the repository, and what a model would answer that obeys them."""
