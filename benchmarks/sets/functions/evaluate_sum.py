def evaluate_sum(text):
    """The value of whole numbers joined by + and -, such as ``12 - 3+4``."""
    total = 0
    sign = 1
    number = ""
    for letter in text + "+":
        if letter.isdigit():
            number += letter
        elif letter in "+-":
            if number:
                total += sign * int(number)
                number = ""
            sign = 1 if letter == "+" else -1
    return total


VISIBLE = [("12 - 3+4",), ("5",), ("",), ("-5+2",), ("10-10",), ("1+2+3",)]
HIDDEN = [("0",), ("-1",), ("1-2-3",), ("100 + 1",), ("7-0",), ("+4",), ("20-5+5-1",), ("3 + 3 - 3",), ("-2-2",), ("9-10",), ("44+55",)]
