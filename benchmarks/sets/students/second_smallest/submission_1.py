def second_smallest(numbers):
    numbers.sort()
    if len(numbers) < 2:
        return None
    return numbers[1]
