def binary_text(number):
    if number < 2:
        return str(number)
    return binary_text(number % 2) + str(number // 2)
