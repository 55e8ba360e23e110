"""Sorting what is almost sorted, with a small heap."""

import heapq


def nearly_sorted(numbers, k):
    """Yields ``numbers`` in rising order; no number stands more than ``k`` places from its own."""
    heap = list(numbers[:k])
    heapq.heapify(heap)
    for number in numbers[k:]:
        yield heapq.heappushpop(heap, number)
    while heap:
        yield heapq.heappop(heap)
