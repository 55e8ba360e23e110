"""Leave: asked for, given, counted and taken back."""
