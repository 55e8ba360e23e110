def is_anagram(left, right):
    """Whether both texts have the same letters, spaces and case left out."""
    counts = {}
    for letter in left.lower():
        if letter != " ":
            counts[letter] = counts.get(letter, 0) + 1
    for letter in right.lower():
        if letter == " ":
            continue
        if counts.get(letter, 0) == 0:
            return False
        counts[letter] -= 1
    return all(count == 0 for count in counts.values())


VISIBLE = [("listen", "silent"), ("Dirty room", "dormitory"), ("ab", "abb"), ("abb", "ab"), ("", ""), ("aab", "abb")]
HIDDEN = [("a", "A"), ("a", "b"), ("abc", "ab"), ("ab", "abc"), ("the eyes", "they see"), (" ", ""), ("aa", "a a"), ("xyz", "zyx"), ("aabb", "abab"), ("aabb", "aaab"), ("q", "")]
