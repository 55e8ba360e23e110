def count_words(text):
    """A dict of how often each word stands in ``text``, in small letters, dots and commas left out."""
    counts = {}
    for word in text.lower().replace(".", " ").replace(",", " ").split():
        counts[word] = counts.get(word, 0) + 1
    return counts


VISIBLE = [("a b a",), ("",), ("Hi, hi.",), ("one two three",), ("A,b",), ("end.Start",)]
HIDDEN = [("x",), ("x x x",), ("The end. the End",), (".,",), ("a.b.c",), ("To be, or not to be.",), ("Z z",), ("q  q",), ("no",), ("m,n,m",), ("o. o, O",)]
