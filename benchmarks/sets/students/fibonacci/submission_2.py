def fibonacci(count):
    a = 0
    b = 1
    numbers = []
    while len(numbers) < count:
        numbers.append(a)
        a = b
        b = a + b
    return numbers
