"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(list(range(size)),) for size in range(20)] + [([1, 1, 2],), (["a", "b"],)]


def call(program, values):
    node = None
    for value in reversed(values):
        node = program.Node(value, node)
    node = program.reverse(node)
    found = []
    while node and len(found) < 99:
        found.append(node.value)
        node = node.next
    return found
