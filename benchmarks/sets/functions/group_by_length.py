def group_by_length(words):
    """A dict from length to the words of that length, each word once, sorted."""
    groups = {}
    for word in words:
        length = len(word)
        if length not in groups:
            groups[length] = []
        if word not in groups[length]:
            groups[length].append(word)
    return {length: sorted(group) for length, group in groups.items()}


VISIBLE = [(["bb", "a", "aa"],), ([],), (["x", "x"],), (["one", "two", "three"],), (["b", "a", "b"],)]
HIDDEN = [(["a"],), ([""],), (["cc", "bb", "aa"],), (["a", "bb", "ccc"],), (["ab", "ab", "cd"],), (["", "", "q"],), (["z", "y", "xx"],), (["four", "five", "six"],), (["dd", "d", "dd", "c"],), (["kk", "k"],), (["p", "o", "p", "o"],)]
