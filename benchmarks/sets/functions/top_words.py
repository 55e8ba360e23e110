def top_words(text, count):
    """The ``count`` most frequent words, most frequent first, equals in alphabetical order."""
    counts = {}
    for word in text.lower().split():
        word = word.strip(".,!?")
        if word:
            counts[word] = counts.get(word, 0) + 1
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return ranked[:count]


VISIBLE = [("a b a c b a", 2), ("", 3), ("One two two", 1), ("x y z", 2), ("Stop! stop, go.", 1), ("b a", 5)]
HIDDEN = [("a", 1), ("b b a a", 2), ("b b a a", 1), ("! ! ok", 1), ("The the THE cat", 2), ("z y x", 3), ("to be or not to be", 3), ("a a b", 0), ("c, b. a? c", 2), ("k k k l l m", 3), ("w", 9)]
