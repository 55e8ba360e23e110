def center_text(text, width, fill=" "):
    """``text`` in the middle of ``width``; a spare place goes to the right."""
    missing = width - len(text)
    if missing <= 0:
        return text
    left = missing // 2
    right = missing - left
    return fill * left + text + fill * right


VISIBLE = [("ab", 6), ("ab", 5), ("abc", 3), ("long text", 4), ("", 3, "-"), ("x", 4, "*")]
HIDDEN = [("a", 1), ("a", 2), ("a", 3), ("ab", 3), ("", 0), ("abc", 10), ("abc", 9, "."), ("abcd", 2), ("", 1), ("q", 7, "="), ("qq", 7)]
