def fibonacci(count):
    numbers = [0, 1]
    for i in range(count):
        numbers.append(numbers[i] + numbers[i + 1])
    return numbers
