"""The shortest way between two stations."""

import heapq


def shortest(lines, start, goal):
    """The least total time from ``start`` to ``goal``, or None; ``lines`` maps a station to {neighbour: time}."""
    waiting = [(0, start)]
    done = set()
    while waiting:
        time, station = heapq.heappop(waiting)
        if station == goal:
            return time
        if station in done:
            continue
        done.add(station)
        for neighbour, extra in lines.get(station, {}).items():
            if neighbour not in done:
                heapq.heappush(waiting, (extra, neighbour))
    return None
