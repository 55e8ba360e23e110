def matrix_product(a, b):
    if len(a[0]) != len(b):
        return None
    result = []
    for i in range(len(a)):
        row = []
        total = 0
        for j in range(len(b[0])):
            for k in range(len(b)):
                total += a[i][k] * b[j][k]
            row.append(total)
        result.append(row)
    return result
