"""From what a model wrote to new texts of files: parsed tolerantly, applied by content, never guessed."""
