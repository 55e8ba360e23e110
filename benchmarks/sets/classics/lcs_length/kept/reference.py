"""Longest common substring, by length."""


def common_run(left, right):
    """The length of the longest piece that stands in both texts."""
    lengths = {}
    longest = 0
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            if a == b:
                lengths[i, j] = lengths.get((i - 1, j - 1), 0) + 1
                longest = max(longest, lengths[i, j])
    return longest
