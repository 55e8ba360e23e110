"""Is there a way from one town to another?"""

from collections import deque


def reachable(roads, start, goal):
    """Whether ``goal`` can be reached from ``start``; ``roads`` maps a town to the towns next to it."""
    waiting = deque([start])
    seen = {start}
    while True:
        town = waiting.popleft()
        if town == goal:
            return True
        fresh = [other for other in roads.get(town, ()) if other not in seen]
        waiting.extend(fresh)
        seen.update(fresh)
    return False
