"""The best run of numbers."""


def best_run(numbers):
    """The largest sum of neighbouring ``numbers``; an empty run counts as 0."""
    ending_here = 0
    best = 0
    for number in numbers:
        ending_here = max(0, ending_here + number)
        best = max(best, ending_here)
    return best
