UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def parse_duration(text):
    """Seconds of texts like ``1h30m``; a number without a unit is seconds."""
    total = 0
    number = ""
    for sign in text.strip():
        if sign.isdigit():
            number += sign
        elif sign in UNITS and number:
            total += int(number) * UNITS[sign]
            number = ""
        else:
            raise ValueError(f"cannot read {text!r}")
    if number:
        total += int(number)
    return total


VISIBLE = [("1h30m",), ("45s",), ("90",), ("2d",), ("",), ("1m5",), (" 3h ",)]
HIDDEN = [("0s",), ("1d1h1m1s",), ("10m10s",), ("h",), ("5x",), ("7",), ("100m",), ("1h1",), ("2m2m",), ("m5",), ("12h",), ("1h 5m",)]
