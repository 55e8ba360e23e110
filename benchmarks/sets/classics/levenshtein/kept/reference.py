"""Edit distance."""


def distance(source, target):
    """The fewest letters to insert, delete or replace that turn ``source`` into ``target``."""
    if source == "" or target == "":
        return len(source) or len(target)
    if source[0] == target[0]:
        return distance(source[1:], target[1:])
    return 1 + min(
        distance(source, target[1:]),
        distance(source[1:], target[1:]),
        distance(source[1:], target),
    )
