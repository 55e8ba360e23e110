SMALL = {"a", "an", "and", "of", "the", "in"}


def title_case(text):
    """Each word with a capital, small words only at the start."""
    words = []
    for place, word in enumerate(text.lower().split()):
        if place > 0 and word in SMALL:
            words.append(word)
        else:
            words.append(word[0].upper() + word[1:])
    return " ".join(words)


VISIBLE = [("the lord of the rings",), ("war and peace",), ("A",), ("",), ("in the heat",), ("ANNA KARENINA",)]
HIDDEN = [("of mice and men",), ("the the",), ("x",), ("a an and",), ("gone  with   the wind",), ("DUNE",), ("of",), ("one two of three",), ("i robot",), ("an",), ("hat in hand",)]
