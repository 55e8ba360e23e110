def plural(word):
    """The plural of a regular English noun."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("fe"):
        return word[:-2] + "ves"
    return word + "s"


VISIBLE = [("cat",), ("city",), ("day",), ("box",), ("church",), ("knife",), ("bus",)]
HIDDEN = [("dish",), ("boy",), ("lady",), ("wife",), ("quiz",), ("house",), ("toe",), ("key",), ("fly",), ("life",), ("tax",), ("watch",), ("guy",)]
