def binomial(n, k):
    """In how many ways k of n things can be chosen."""
    if k < 0 or k > n:
        return 0
    k = min(k, n - k)
    result = 1
    for i in range(1, k + 1):
        result = result * (n - k + i) // i
    return result


VISIBLE = [(5, 2), (5, 0), (5, 5), (3, 4), (10, 7), (6, 3), (4, -1)]
HIDDEN = [(n, k) for n in (0, 1, 4, 7, 12) for k in (0, 1, 2, 3, 6)]
