"""Does a chain of links run into itself?"""


class Link:
    def __init__(self, value, after=None):
        self.value = value
        self.after = after


def has_cycle(first):
    """Whether following ``after`` from ``first`` never ends."""
    slow = fast = first
    while True:
        if fast.after is None:
            return False
        slow = slow.after
        fast = fast.after.after
        if slow is fast:
            return True
