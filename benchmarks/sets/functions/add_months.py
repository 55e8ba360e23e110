from datetime import date

LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def add_months(year, month, day, count):
    """The date ``count`` months later as ``YYYY-MM-DD``; a day that month lacks becomes its last."""
    total = year * 12 + (month - 1) + count
    year, month = total // 12, total % 12 + 1
    last = LENGTHS[month - 1]
    if month == 2 and (year % 4 == 0 and year % 100 != 0 or year % 400 == 0):
        last = 29
    return date(year, month, min(day, last)).isoformat()


VISIBLE = [(2024, 1, 15, 1), (2024, 1, 31, 1), (2023, 1, 31, 1), (2023, 12, 5, 1), (2023, 1, 5, -1), (2000, 2, 29, 12), (2023, 11, 30, 15)]
HIDDEN = [(2023, 3, 31, 1), (2023, 3, 31, -1), (1900, 1, 30, 1), (2000, 1, 30, 1), (2022, 6, 1, 6), (2022, 6, 1, 7), (2022, 10, 31, 0), (2024, 2, 29, 48), (2021, 5, 31, 25), (2020, 12, 31, 2), (2021, 8, 31, -6)]
