ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def html_escape(text, quotes=True):
    """``text`` with the signs that mean something in HTML replaced."""
    out = []
    for sign in text:
        if sign == '"' and not quotes:
            out.append(sign)
        else:
            out.append(ENTITIES.get(sign, sign))
    return "".join(out)


VISIBLE = [("a < b",), ('say "x"',), ('say "x"', False), ("A & B",), ("",), ("&lt;",), ("x>y", False)]
HIDDEN = [("plain",), ("<>",), ('"',), ('"', False), ("&&",), ("a&b<c>d",), ("<", False), ("1 > 0",), ('<a href="u">',), ('<a href="u">', False), ("'",)]
