def schedule_rooms(meetings):
    """The fewest rooms that meetings (pairs of start and end) need; one may begin when another ends."""
    events = []
    for start, end in meetings:
        events.append((start, 1))
        events.append((end, -1))
    used = most = 0
    for _, change in sorted(events):
        used += change
        most = max(most, used)
    return most


VISIBLE = [([(1, 3), (2, 4)],), ([(1, 2), (2, 3)],), ([],), ([(1, 5), (2, 3), (4, 6)],), ([(1, 9), (2, 9), (3, 9)],)]
HIDDEN = [([(1, 2)],), ([(1, 4), (1, 4)],), ([(5, 6), (1, 2)],), ([(1, 10), (2, 3), (3, 4), (4, 5)],), ([(0, 1), (1, 2), (2, 3)],), ([(1, 3), (2, 5), (4, 6), (5, 7)],), ([(1, 2), (1, 3), (1, 4), (3, 5)],), ([(8, 9), (7, 9), (6, 8)],), ([(1, 100), (50, 60), (55, 70)],), ([(2, 4), (4, 8), (3, 5)],), ([(0, 5), (5, 9), (4, 6)],)]
