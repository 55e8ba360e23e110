def count_vowels(text):
    """How often each vowel stands in ``text``; vowels that do not stand there are left out."""
    counts = {}
    for letter in text.lower():
        if letter in "aeiou":
            if letter not in counts:
                counts[letter] = 0
            counts[letter] += 1
    return counts


VISIBLE = [("banana",), ("",), ("rhythm",), ("AEIOU",), ("Queue",)]
HIDDEN = [("a",), ("aA",), ("education",), ("xyz u",), ("ooo",), ("I am",), ("bcd",), ("eerie",), ("UuU",), ("the quick brown fox",), ("1a2e",)]
