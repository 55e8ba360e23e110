"""Extra inputs, judged against the reference; the tool never sees this folder."""

LINES = {1: {2: 7, 3: 9, 6: 14}, 2: {3: 10, 4: 15}, 3: {4: 11, 6: 2}, 4: {5: 6}, 6: {5: 9}, 7: {1: 1}}
CASES = [(a, b) for a in range(1, 8) for b in range(1, 8)]


def call(program, start, goal):
    return program.shortest(LINES, start, goal)
