"""Extra inputs, judged against the reference; the tool never sees this folder."""

DOORS = {0: [1], 1: [2, 0], 2: [3], 3: [1], 4: [5, 4], 5: []}
CASES = [(a, b) for a in range(6) for b in range(6)]


def call(program, start, goal):
    rooms = {number: program.Room(number) for number in DOORS}
    for number, beyond in DOORS.items():
        rooms[number].doors = [rooms[other] for other in beyond]
    return bool(program.can_reach(rooms[start], rooms[goal]))
