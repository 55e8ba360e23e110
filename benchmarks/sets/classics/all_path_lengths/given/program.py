"""Shortest ways between all pairs."""

FAR = float("inf")


def all_lengths(count, lengths):
    """A dict from each pair of the nodes 0..count-1 to its shortest length; ``lengths`` holds the direct ones."""
    best = {(i, j): lengths.get((i, j), FAR) for i in range(count) for j in range(count)}
    for i in range(count):
        best[i, i] = 0
    for k in range(count):
        for i in range(count):
            for j in range(count):
                best[i, j] = min(best[i, j], best[i, k] + best[j, k])
    return best
