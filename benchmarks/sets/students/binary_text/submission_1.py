def binary_text(number):
    digits = ""
    while number > 0:
        digits = str(number % 2) + digits
        number = number // 2
    return digits
