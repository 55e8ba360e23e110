"""Do the brackets of a text match?"""


def balanced(text):
    """Whether each ``(`` in ``text`` is closed by a later ``)`` and the other way round."""
    depth = 0
    for letter in text:
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0
