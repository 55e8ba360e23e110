"""Finding work, having it built, and judging what came of it."""
