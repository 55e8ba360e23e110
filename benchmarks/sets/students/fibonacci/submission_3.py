def fibonacci(count):
    if count == 0:
        return []
    numbers = [0, 1]
    for i in range(2, count + 1):
        numbers.append(numbers[i - 1] + numbers[i - 2])
    return numbers
