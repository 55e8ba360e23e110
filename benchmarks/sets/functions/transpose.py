def transpose(rows, fill=None):
    """Rows as columns; short rows are filled up with ``fill``."""
    width = max((len(row) for row in rows), default=0)
    columns = []
    for place in range(width):
        column = []
        for row in rows:
            column.append(row[place] if place < len(row) else fill)
        columns.append(column)
    return columns


VISIBLE = [([[1, 2], [3, 4]],), ([],), ([[1, 2, 3]],), ([[1], [2, 3]],), ([[1, 2], [3]], 0)]
HIDDEN = [([[1]],), ([[], []],), ([[1], [2], [3]],), ([[1, 2, 3], [4], [5, 6]], "-"), ([[], [1]], 9), ([["a", "b"], ["c", "d"], ["e", "f"]],), ([[1, 2], [], [3]],), ([[0, 0]],), ([[1, 2, 3], [4, 5, 6]],), ([[1, 2], [3, 4, 5]], None), ([[7]], 1)]
