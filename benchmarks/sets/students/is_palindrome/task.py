def is_palindrome(text):
    """Whether ``text`` reads the same backwards; only letters and digits count, in any case."""
    letters = [letter.lower() for letter in text if letter.isalnum()]
    return letters == letters[::-1]


VISIBLE = [("abba",), ("abc",), ("A man, a plan, a canal: Panama",), ("",), ("Ab",), ("aBA",), ("1 2 1",), ("1 2 3",)]
HIDDEN = [("a",), ("ab",), ("No lemon, no melon",), ("12321",), ("1231",), ("a.",), (".",), ("Aa",), ("ab ba",), ("abca",), ("xyzzyx",), ("a1A",)]
