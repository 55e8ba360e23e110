"""Turning a linked list round."""


class Node:
    def __init__(self, value, next=None):
        self.value = value
        self.next = next


def reverse(node):
    """Turns the links round in place and gives the new first node."""
    previous = None
    while node:
        following = node.next
        node.next = previous
        node = following
    return previous
