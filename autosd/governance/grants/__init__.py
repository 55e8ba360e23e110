"""Leave given beforehand: how a grant is written as a token, how it is narrowed, and whether it covers what is asked."""
