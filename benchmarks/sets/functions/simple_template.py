def simple_template(text, values):
    """``text`` with each ``{name}`` replaced from ``values``; unknown names stay, ``{{`` is one brace."""
    out = ""
    place = 0
    while place < len(text):
        if text.startswith("{{", place):
            out += "{"
            place += 2
        elif text[place] == "{" and "}" in text[place:]:
            end = text.index("}", place)
            name = text[place + 1:end]
            out += str(values[name]) if name in values else text[place:end + 1]
            place = end + 1
        else:
            out += text[place]
            place += 1
    return out


VISIBLE = [("Hi {name}!", {"name": "Jo"}), ("{a}{b}", {"a": 1, "b": 2}), ("{x}", {}), ("{{a}", {"a": 1}), ("no end {a", {"a": 1}), ("", {})]
HIDDEN = [("{a}", {"a": ""}), ("a{a}a", {"a": "b"}), ("{{", {}), ("{}", {"": "e"}), ("{a} {z}", {"a": 3}), ("}{a}", {"a": 4}), ("{{{a}", {"a": 5}), ("x", {"x": 1}), ("{a}{a}", {"a": "q"}), ("{long name}!", {"long name": 7}), ("end{k}", {"k": None})]
