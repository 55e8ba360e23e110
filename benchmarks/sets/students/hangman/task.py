def show_word(word, guessed):
    """``word`` with the letters not ``guessed`` as underscores, joined by spaces; spaces of the word stay."""
    shown = []
    for letter in word:
        if letter == " " or letter.lower() in guessed:
            shown.append(letter)
        else:
            shown.append("_")
    return " ".join(shown)


VISIBLE = [("cat", ["a"]), ("Dog", ["d"]), ("a b", ["b"]), ("", []), ("moon", ["o", "m"]), ("xyz", [])]
HIDDEN = [("a", ["a"]), ("a", ["b"]), ("Ab", ["a", "b"]), ("see saw", ["s"]), ("tree", ["e", "t"]), ("No", ["n"]), (" ", []), ("aa", ["a"]), ("python", ["p", "n"]), ("big cat", ["c", "g"]), ("Zz", ["z"])]
