"""Quicksort."""


def quick_sort(items):
    """``items`` in rising order, as a new list."""
    if not items:
        return []
    pivot, *rest = items
    smaller = [item for item in rest if item < pivot]
    others = [item for item in rest if item > pivot]
    return quick_sort(smaller) + [pivot] + quick_sort(others)
