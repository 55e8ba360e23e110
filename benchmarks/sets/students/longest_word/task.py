def longest_word(text):
    """The first of the longest words of ``text``; signs around a word do not count."""
    best = ""
    for word in text.split():
        word = word.strip(".,!?;:")
        if len(word) > len(best):
            best = word
    return best


VISIBLE = [("a bb ccc",), ("",), ("one two",), ("hello, you!",), ("oh no!!!! why",), ("it is, at last, done",)]
HIDDEN = [("x",), ("ab cd ef",), ("short longest mid",), ("end.",), ("??? a",), ("wow!!! yes",), ("aaa bbbb cc",), ("to: be",), ("big, bigger, biggest.",), ("no. one.",), ("q w e r",)]
