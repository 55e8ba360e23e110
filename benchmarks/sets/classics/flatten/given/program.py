"""Nested lists, made flat lazily."""


def flatten(nested):
    """The leaves of ``nested``, left to right."""
    for item in nested:
        if isinstance(item, list):
            yield flatten(item)
        else:
            yield item
