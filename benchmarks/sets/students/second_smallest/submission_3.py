def second_smallest(numbers):
    unique = []
    for n in numbers:
        if n not in unique:
            unique.append(n)
    unique.sort(reverse=True)
    if len(unique) <= 2:
        return None
    return unique[1]
