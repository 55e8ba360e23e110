def clock_time(seconds):
    """Seconds as ``H:MM:SS``, or ``M:SS`` below an hour."""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02d}"
    return f"{minutes}:{seconds:02d}"


VISIBLE = [(0,), (59,), (60,), (3600,), (3661,), (125,), (36000,)]
HIDDEN = [(n,) for n in (1, 9, 61, 599, 600, 3599, 3601, 7325, 86399, 5400, 100000)]
