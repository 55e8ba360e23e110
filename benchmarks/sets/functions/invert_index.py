def invert_index(books):
    """A dict from each topic to the sorted titles that have it; ``books`` maps a title to its topics."""
    index = {}
    for title, topics in books.items():
        for topic in topics:
            index.setdefault(topic, []).append(title)
    for titles in index.values():
        titles.sort()
    return index


VISIBLE = [({"b": ["x", "y"], "a": ["x"]},), ({},), ({"a": []},), ({"one": ["t"]},), ({"c": ["z"], "b": ["z"], "a": ["z", "q"]},)]
HIDDEN = [({"a": ["x", "y", "z"]},), ({"z": ["k"], "y": ["k"]},), ({"y": ["k"], "z": ["k"]},), ({"a": ["p"], "b": ["q"]},), ({"m": ["1", "2"], "l": ["2", "1"]},), ({"q": [], "r": ["s"]},), ({"d": ["e"], "c": ["e"], "f": ["e"]},), ({"one": ["a"], "two": ["b", "a"]},), ({"v": ["w"]},), ({"b": ["b"], "a": ["b", "a"]},), ({"n": ["x"], "o": []},)]
