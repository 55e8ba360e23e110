"""Extra inputs, judged against the reference; the tool never sees this folder."""

ROADS = {1: [2, 3], 2: [4], 3: [4, 5], 4: [], 5: [1], 6: [7], 7: [6, 4], 8: []}
CASES = [(a, b) for a in range(1, 9) for b in range(1, 9)]


def call(program, start, goal):
    return program.reachable(ROADS, start, goal)
