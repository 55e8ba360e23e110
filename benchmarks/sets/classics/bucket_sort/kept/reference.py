"""Sorting small whole numbers by counting them."""


def bucket_sort(numbers, top):
    """``numbers``, each in 0..top-1, in rising order."""
    buckets = [0] * top
    for number in numbers:
        buckets[number] += 1
    ordered = []
    for value, times in enumerate(buckets):
        ordered.extend([value] * times)
    return ordered
