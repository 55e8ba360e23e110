"""Looking for a room in a maze of rooms with doors."""


class Room:
    def __init__(self, name):
        self.name = name
        self.doors = []


def can_reach(start, goal):
    """Whether a walk through the doors leads from ``start`` to ``goal``."""
    visited = set()

    def walk(room):
        if room in visited:
            return False
        if room is goal:
            return True
        visited.add(room)
        return any(walk(beyond) for beyond in room.doors)

    return walk(start)
