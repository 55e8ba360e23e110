"""From the usual way of writing sums to reverse Polish notation."""

STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}


def to_postfix(tokens):
    """The numbers and operators of ``tokens`` in postfix order."""
    output = []
    waiting = []
    for token in tokens:
        if token in STRENGTH:
            while waiting and STRENGTH[waiting[-1]] >= STRENGTH[token]:
                output.append(waiting.pop())
        else:
            output.append(token)
    while waiting:
        output.append(waiting.pop())
    return output
