"""When a parcel arrives: working days, holidays left out."""

from datetime import date, timedelta


def is_working_day(day, holidays=()):
    return day.weekday() < 5 and day not in holidays


def arrival(ordered, working_days, holidays=()):
    """The day on which a parcel arrives that takes ``working_days`` on the road."""
    day = ordered
    left = working_days
    while left > 0:
        day += timedelta(days=1)
        if is_working_day(day):
            left -= 1
    return day


def week_of(day):
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def today_or_next_working_day(day: date, holidays=()):
    while not is_working_day(day, holidays):
        day += timedelta(days=1)
    return day
