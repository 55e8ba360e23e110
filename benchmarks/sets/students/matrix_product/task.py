def matrix_product(a, b):
    """The product of two matrices (lists of rows), or None when they do not fit."""
    if len(a[0]) != len(b):
        return None
    result = []
    for row in a:
        line = []
        for column in range(len(b[0])):
            line.append(sum(row[k] * b[k][column] for k in range(len(b))))
        result.append(line)
    return result


VISIBLE = [([[1]], [[2]]), ([[1, 2]], [[3], [4]]), ([[1, 2], [3, 4]], [[1, 0], [0, 1]]), ([[1, 2]], [[1, 2]]), ([[1], [2]], [[3, 4]]), ([[3]], [[1, 2, 3]])]
HIDDEN = [([[1, 2], [3, 4]], [[5, 6], [7, 8]]), ([[2]], [[3, 4, 5]]), ([[1, 2, 3]], [[1], [2], [3]]), ([[0, 1], [1, 0]], [[1, 2], [3, 4]]), ([[1, 1]], [[1], [1], [1]]), ([[1], [1]], [[1, 2]]), ([[1, 2, 3], [4, 5, 6]], [[1, 2], [3, 4], [5, 6]]), ([[9]], [[9]]), ([[1, 0, 2]], [[1, 1], [2, 2], [3, 3]]), ([[-1, 1]], [[2, 3], [4, 5]]), ([[1], [2], [3]], [[4]])]
