"""Pascal's triangle."""


def triangle(height):
    """The first ``height`` rows."""
    rows = []
    for depth in range(height):
        row = []
        for place in range(depth):
            left = rows[depth - 1][place - 1] if 0 < place < depth else 0
            right = rows[depth - 1][place] if 0 < place < depth else 1
            row.append(left + right)
        rows.append(row)
    return rows
