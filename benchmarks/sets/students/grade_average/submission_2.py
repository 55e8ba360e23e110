def grade_average(grades):
    if not grades:
        return 0
    total = 0
    lowest = 0
    for grade in grades:
        total += grade
        if grade < lowest:
            lowest = grade
    if len(grades) > 2:
        return (total - lowest) / (len(grades) - 1)
    return total / len(grades)
