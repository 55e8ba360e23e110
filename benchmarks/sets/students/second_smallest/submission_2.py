def second_smallest(numbers):
    if not numbers:
        return None
    smallest = min(numbers)
    second = None
    for n in numbers:
        if n > smallest:
            if second is None or n > second:
                second = n
    return second
