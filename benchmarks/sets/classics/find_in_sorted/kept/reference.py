"""Binary search that calls itself."""


def index_of(ordered, wanted):
    """An index of ``wanted`` in ``ordered``, or -1."""

    def search(start, end):
        if start == end:
            return -1
        middle = start + (end - start) // 2
        if wanted < ordered[middle]:
            return search(start, middle)
        if wanted > ordered[middle]:
            return search(middle + 1, end)
        return middle

    return search(0, len(ordered))
