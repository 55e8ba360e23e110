"""Room 6: what came of landed changes, and what is learnt from it."""
