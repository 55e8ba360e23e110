def collatz(start):
    """The steps from ``start`` down to 1: half of an even number, three times an odd one plus one."""
    steps = [start]
    while steps[-1] != 1:
        last = steps[-1]
        if last % 2 == 0:
            steps.append(last // 2)
        else:
            steps.append(3 * last + 1)
    return steps


VISIBLE = [(1,), (2,), (3,), (6,), (8,)]
HIDDEN = [(n,) for n in (4, 5, 7, 9, 10, 11, 12, 13, 16, 17, 20, 27)]
