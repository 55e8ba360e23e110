"""Extra inputs, judged against the reference; the tool never sees this folder."""

NEEDS = [
    {0: []}, {0: [], 1: [0]}, {0: [1], 1: []}, {0: [], 1: [], 2: [0, 1]}, {0: [1, 2], 1: [2], 2: []}, {0: [], 1: [0], 2: [0], 3: [1, 2]},
    {0: [3], 1: [0], 2: [0, 1], 3: []}, {0: [], 1: [], 2: []}, {0: [1], 1: [2], 2: [3], 3: []}, {0: [], 1: [0], 2: [1, 0], 3: [2], 4: [1]},
    {0: [4], 1: [4], 2: [0, 1], 3: [2], 4: []}, {0: [], 1: [0], 2: [], 3: [2]}, {0: [1], 1: [], 2: [0], 3: [0, 2]}, {0: [], 1: [2], 2: [0]},
    {0: [2], 1: [2], 2: []}, {0: [5], 1: [5], 2: [0], 3: [1], 4: [2, 3], 5: []}, {0: [1, 2, 3], 1: [], 2: [], 3: []}, {},
    {0: [1], 1: [2, 3], 2: [], 3: []}, {0: [], 1: [0], 2: [1], 3: [2], 4: [3], 5: [4]}, {0: [5], 1: [0], 2: [1], 3: [2], 4: [3], 5: []},
]
CASES = [(needs,) for needs in NEEDS]


def call(program, needs):
    tasks = {number: program.Task(number) for number in needs}
    for number, others in needs.items():
        tasks[number].after(*(tasks[other] for other in others))
    names = [task.name for task in program.order(list(tasks.values()))]
    ok = all(names.index(other) < names.index(number) for number in needs for other in needs[number] if number in names and other in names)
    return len(names), len(set(names)), ok
