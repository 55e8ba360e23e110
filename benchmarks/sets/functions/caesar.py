def caesar(text, shift):
    """``text`` with each letter moved ``shift`` places on, round the alphabet; other signs stay."""
    moved = []
    for sign in text:
        if sign.isalpha():
            base = ord("a") if sign.islower() else ord("A")
            moved.append(chr((ord(sign) - base + shift) % 26 + base))
        else:
            moved.append(sign)
    return "".join(moved)


VISIBLE = [("abc", 3), ("xyz", 3), ("Hello, World", 13), ("", 5), ("Zebra", -1), ("no change!", 26)]
HIDDEN = [("a", -1), ("Z", 1), ("abcXYZ", 0), ("m n", 25), ("1 2 3", 9), ("Quick", 52), ("zz", 2), ("AB", -3), ("q", 10), ("tea?", 7), ("A-z", 4)]
