from program import Node, reverse


def values(node):
    found = []
    while node and len(found) < 20:
        found.append(node.value)
        node = node.next
    return found


def test_nothing():
    assert reverse(None) is None


def test_one():
    assert values(reverse(Node(5))) == [5]


def test_three():
    assert values(reverse(Node(1, Node(2, Node(3))))) == [3, 2, 1]


def test_the_old_first_is_last():
    first = Node("a", Node("b"))
    reverse(first)
    assert first.next is None


def test_twice_is_as_before():
    assert values(reverse(reverse(Node(1, Node(2))))) == [1, 2]
