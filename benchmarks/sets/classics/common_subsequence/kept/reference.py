"""A longest common subsequence."""


def common(a, b):
    """A longest text whose letters stand in ``a`` and in ``b`` in the same order."""
    if not a or not b:
        return ""
    if a[0] == b[0]:
        return a[0] + common(a[1:], b[1:])
    return max(common(a, b[1:]), common(a[1:], b), key=len)
