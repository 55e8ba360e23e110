def squeeze_spaces(text):
    """``text`` with runs of spaces made one and none at the ends."""
    result = ""
    pending = False
    for sign in text:
        if sign == " ":
            pending = bool(result)
        else:
            if pending:
                result += " "
                pending = False
            result += sign
    return result


VISIBLE = [("a  b",), ("  a",), ("a  ",), ("",), ("a b c",), ("   ",)]
HIDDEN = [("ab",), (" a b ",), ("a   b   c",), ("x",), (" ",), ("  x  y",), ("one two  three",), ("a\tb",), ("  a b  c   d ",), ("z ",), ("q  q",)]
