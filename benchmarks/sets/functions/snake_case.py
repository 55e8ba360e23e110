def snake_case(name):
    """``someHTTPName`` style names as words joined by underscores."""
    out = []
    for place, letter in enumerate(name):
        if letter.isupper() and place > 0:
            before = name[place - 1]
            after = name[place + 1] if place + 1 < len(name) else ""
            if before.islower() or before.isdigit() or after.islower():
                out.append("_")
        out.append(letter.lower())
    return "".join(out)


VISIBLE = [("fooBar",), ("HTTPServer",), ("already",), ("getHTTP",), ("item2Buy",), ("A",), ("",)]
HIDDEN = [("aB",), ("AB",), ("ABc",), ("aBC",), ("parseXMLFile",), ("x1Y2Z",), ("OneTwo",), ("oneTwoThree",), ("URL",), ("a",), ("myURLs",)]
