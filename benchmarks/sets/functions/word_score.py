VALUE = {**dict.fromkeys("aeioulnrst", 1), **dict.fromkeys("dg", 2), **dict.fromkeys("bcmp", 3), **dict.fromkeys("fhvwy", 4), "k": 5, **dict.fromkeys("jx", 8), **dict.fromkeys("qz", 10)}


def word_score(word, doubled=()):
    """The points of a word; letters at the places ``doubled`` count twice, seven letters earn 50 more."""
    points = 0
    for place, letter in enumerate(word.lower()):
        value = VALUE.get(letter, 0)
        if place in doubled:
            value *= 2
        points += value
    if len(word) >= 7:
        points += 50
    return points


VISIBLE = [("cat",), ("",), ("Quiz",), ("cat", (0,)), ("letters",), ("oxygen",), ("a-b",)]
HIDDEN = [("zoo",), ("kayak", (0, 4)), ("jacket",), ("example",), ("examples", (1,)), ("aeiou",), ("d", (0,)), ("d", (1,)), ("x", ()), ("123",), ("mad", (2,))]
