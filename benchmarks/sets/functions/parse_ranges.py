def parse_ranges(text):
    """The numbers that ``1-3,7`` names, sorted, each once."""
    numbers = set()
    for part in text.split(","):
        part = part.strip()
        if not part:
            continue
        if "-" in part:
            low, high = part.split("-")
            numbers.update(range(int(low), int(high) + 1))
        else:
            numbers.add(int(part))
    return sorted(numbers)


VISIBLE = [("1-3,7",), ("",), ("5",), ("3,1,2",), ("1-2,2-3",), ("4-4",), (" 1 , 3-4 ",)]
HIDDEN = [("10-12",), ("9,9",), ("1,",), (",,2",), ("7-5",), ("20-22,1",), ("0-1",), ("3-5,4-8",), ("2,4,6",), ("11",), ("8-9,1-2",)]
