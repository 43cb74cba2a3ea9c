from datetime import date

from orchard.delivery import delivery_day


def test_an_order_on_monday_arrives_on_wednesday():
    assert delivery_day(date(2026, 3, 2), 2) == date(2026, 3, 4)


def test_an_order_on_friday_arrives_on_monday():
    assert delivery_day(date(2026, 3, 6), 1) == date(2026, 3, 9)


def test_a_weekend_lies_within_five_working_days():
    assert delivery_day(date(2026, 3, 4), 5) == date(2026, 3, 11)


def test_friday_is_a_working_day():
    assert delivery_day(date(2026, 3, 5), 1) == date(2026, 3, 6)


def test_pickup_is_on_the_same_day():
    assert delivery_day(date(2026, 3, 2), 0) == date(2026, 3, 2)
