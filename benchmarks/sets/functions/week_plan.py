DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def week_plan(start, length, skip=()):
    """``length`` day names from ``start`` on, round the week, days in ``skip`` left out."""
    if all(day in skip for day in DAYS):
        return []
    place = DAYS.index(start)
    plan = []
    while len(plan) < length:
        day = DAYS[place % 7]
        if day not in skip:
            plan.append(day)
        place += 1
    return plan


VISIBLE = [("mon", 3), ("sat", 4), ("fri", 3, ("sat", "sun")), ("sun", 0), ("wed", 2, ("wed",)), ("mon", 8)]
HIDDEN = [("tue", 1), ("sun", 2), ("thu", 7), ("fri", 5, ("mon",)), ("sat", 3, ("sat", "sun")), ("mon", 3, tuple("mon tue wed thu fri sat sun".split())), ("sun", 1, ("sun",)), ("tue", 6, ("thu", "fri")), ("mon", 0), ("sat", 10), ("wed", 4, ("sun",))]
