"""The most valuable load that a bag can carry."""


def best_load(capacity, items):
    """The largest total value of ``items`` (pairs of weight and value, each once) whose weights fit ``capacity``."""
    best = [[0] * (capacity + 1) for _ in range(len(items) + 1)]
    for row, (weight, value) in enumerate(items, start=1):
        for room in range(capacity + 1):
            best[row][room] = best[row - 1][room]
            if weight < room:
                best[row][room] = max(best[row][room], value + best[row - 1][room - weight])
    return best[len(items)][capacity]
