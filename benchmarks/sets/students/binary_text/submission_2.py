def binary_text(number):
    if number == 0:
        return "0"
    digits = ""
    while number > 1:
        digits += str(number % 2)
        number = number // 2
    return digits
