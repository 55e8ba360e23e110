from datetime import date

from shop.delivery import arrival, today_or_next_working_day, week_of

FRIDAY = date(2026, 4, 3)
EASTER_MONDAY = date(2026, 4, 6)


def test_weekends_are_left_out():
    assert arrival(FRIDAY, 1) == date(2026, 4, 6)
    assert arrival(FRIDAY, 5) == date(2026, 4, 10)


def test_holidays_are_left_out_too():
    assert arrival(FRIDAY, 1, [EASTER_MONDAY]) == date(2026, 4, 7)
    assert arrival(FRIDAY, 2, [EASTER_MONDAY]) == date(2026, 4, 8)


def test_no_days_on_the_road_is_the_same_day():
    assert arrival(FRIDAY, 0) == FRIDAY


def test_the_week_begins_on_monday():
    assert week_of(FRIDAY) == date(2026, 3, 30)


def test_the_next_working_day():
    assert today_or_next_working_day(EASTER_MONDAY, [EASTER_MONDAY]) == date(2026, 4, 7)
    assert today_or_next_working_day(FRIDAY) == FRIDAY
