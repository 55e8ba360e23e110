"""Breaking a text into lines."""


def wrap(text, width):
    """``text`` in pieces of at most ``width`` letters, broken before a space where there is one."""
    lines = []
    while len(text) > width:
        end = text.rfind(" ", 0, width)
        if end <= 0:
            end = width
        line, text = text[:end], text[end:]
        lines.append(line)
    return lines
