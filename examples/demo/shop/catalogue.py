"""The catalogue, page by page."""


def pages(items, size):
    """How many pages are needed."""
    return len(items) // size


def page(items, number, size):
    """One page of the catalogue; the first page is number 1."""
    start = (number - 1) * size
    return items[start : start + size]


def search(items, words):
    """Items whose name holds every word, whatever its case."""
    wanted = words.lower().split()
    return [item for item in items if all(word in item for word in wanted)]
