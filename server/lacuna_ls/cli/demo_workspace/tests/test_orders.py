from datetime import date

from orchard.orders import OrderLine, parse_order, parse_orders


def test_an_order_has_a_day_a_customer_and_lines():
    order = parse_order("2026-03-02 Kaya: 12 apple, 3 pear")
    assert order.placed == date(2026, 3, 2)
    assert order.customer == "Kaya"
    assert order.lines == (OrderLine("apple", 12), OrderLine("pear", 3))


def test_comments_and_blank_lines_are_no_orders():
    text = """
    # Monday
    2026-03-02 Kaya: 1 fig

    2026-03-02 Bo: 2 fig
    """
    assert [order.customer for order in parse_orders(text)] == ["Kaya", "Bo"]
