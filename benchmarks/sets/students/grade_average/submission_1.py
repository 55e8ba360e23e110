def grade_average(grades):
    if len(grades) > 2:
        grades.remove(min(grades))
    total = 0
    for grade in grades:
        total += grade
    return total / len(grades)
