"""An order in which all tasks can be done."""


class Task:
    def __init__(self, name):
        self.name = name
        self.needs = []
        self.needed_by = []

    def after(self, *others):
        for other in others:
            self.needs.append(other)
            other.needed_by.append(self)


def order(tasks):
    """``tasks`` such that each one comes after all that it needs."""
    ordered = [task for task in tasks if not task.needs]
    for task in ordered:
        for following in task.needed_by:
            if set(ordered).issuperset(following.needed_by) and following not in ordered:
                ordered.append(following)
    return ordered
