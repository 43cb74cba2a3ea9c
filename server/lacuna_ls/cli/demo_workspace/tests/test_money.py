import pytest

from orchard.money import format_cents, parse_cents


@pytest.mark.parametrize(("text", "cents"), [("4.50", 450), ("12", 1200), (" 0.5 ", 50)])
def test_prices_are_read_as_cents(text, cents):
    assert parse_cents(text) == cents


def test_a_third_decimal_is_refused():
    with pytest.raises(ValueError, match="two decimals"):
        parse_cents("1.005")


def test_cents_are_shown_with_two_decimals():
    assert format_cents(1205) == "12.05"


def test_a_refund_has_a_minus_sign():
    assert format_cents(-50) == "-0.50"
