"""A calculator for reverse Polish notation."""

OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def evaluate(tokens):
    """The value of ``tokens``: numbers and the four operations, as in ``3 4 -``."""
    stack = []
    for token in tokens:
        if token in OPERATIONS:
            second = stack.pop()
            first = stack.pop()
            stack.append(OPERATIONS[token](first, second))
        else:
            stack.append(float(token))
    return stack.pop()
