def spiral(grid):
    """The cells of ``grid`` in a spiral from the top left, clockwise."""
    rows = [list(row) for row in grid]
    walked = []
    while rows:
        walked += rows.pop(0)
        rows = [list(column) for column in zip(*rows)]
        rows.reverse()
    return walked


VISIBLE = [([[1, 2], [3, 4]],), ([],), ([[1, 2, 3]],), ([[1], [2]],), ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],)]
HIDDEN = [([[1]],), ([[1, 2, 3], [4, 5, 6]],), ([[1, 2], [3, 4], [5, 6]],), ([[1], [2], [3]],), ([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]],), ([list("ab"), list("cd")],), ([[0, 0]],), ([[1, 2, 3, 4]],), ([[n * 4 + k for k in range(4)] for n in range(4)],), ([[5, 4], [3, 2], [1, 0], [9, 8]],), ([[1, 2, 3], [8, 9, 4], [7, 6, 5]],)]
