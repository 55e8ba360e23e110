def fibonacci(count):
    """The first ``count`` Fibonacci numbers, from 0, 1 on."""
    numbers = [0, 1]
    while len(numbers) < count:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers[:count]


VISIBLE = [(0,), (1,), (2,), (3,), (7,)]
HIDDEN = [(n,) for n in (4, 5, 6, 8, 9, 10, 12, 15, 20, 25, 30)]
