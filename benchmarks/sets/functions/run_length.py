def run_length(text):
    """Pairs of a letter and how often it stands in a row."""
    runs = []
    for letter in text:
        if runs and runs[-1][0] == letter:
            runs[-1] = (letter, runs[-1][1] + 1)
        else:
            runs.append((letter, 1))
    return runs


VISIBLE = [("aaabcc",), ("",), ("x",), ("abab",), ("zzzz",)]
HIDDEN = [("aab",), ("abb",), ("aabbaa",), ("  a",), ("112233",), ("q",), ("qq",), ("mississippi",), ("aAa",), ("....",), ("ab" * 4,)]
