"""Shortest ways from one place, also with negative lengths."""


def lengths_from(source, edges):
    """The shortest length to each place; ``edges`` maps (from, to) to a length and has no negative circle."""
    places = {place for edge in edges for place in edge} | {source}
    length = {place: float("inf") for place in places}
    length[source] = 0
    for _ in range(len(places) - 1):
        for (start, end), extra in edges.items():
            length[end] = min(length[end], length[start] + extra)
    return length
