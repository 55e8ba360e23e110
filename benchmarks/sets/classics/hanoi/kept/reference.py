"""The tower of Hanoi."""


def moves(height, source=1, target=3):
    """The moves, as pairs of pegs, that bring ``height`` discs from ``source`` to ``target`` (pegs are 1, 2, 3)."""
    steps = []
    if height > 0:
        spare = 6 - source - target
        steps += moves(height - 1, source, spare)
        steps.append((source, target))
        steps += moves(height - 1, spare, target)
    return steps
