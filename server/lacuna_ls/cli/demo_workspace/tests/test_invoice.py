from orchard.invoice import render_invoice
from orchard.orders import parse_order

PRICES = {"apple": 50, "pear": 60, "fig": 90}


def lines(order: str) -> list[str]:
    """The invoice's lines, columns one space apart."""
    invoice = render_invoice(parse_order(order), PRICES)
    return [" ".join(line.split()) for line in invoice.splitlines()]


def test_every_line_of_the_order_has_its_amount():
    rows = lines("2026-03-02 Kaya: 3 apple, 2 pear")
    assert rows[2:4] == ["3 x apple 1.50", "2 x pear 1.20"]


def test_shipping_costs_a_base_fee():
    assert "Shipping 4.90" in lines("2026-03-02 Kaya: 3 apple")


def test_fragile_fruit_costs_more_to_ship():
    assert "Shipping 6.40" in lines("2026-03-02 Kaya: 3 fig")


def test_large_orders_ship_for_free():
    assert "Shipping 0.00" in lines("2026-03-02 Kaya: 100 apple")


def test_the_total_includes_shipping_and_tax():
    assert "Total 6.84" in lines("2026-03-02 Kaya: 3 apple")


def test_payment_is_due_after_two_weeks():
    assert lines("2026-03-02 Kaya: 1 apple")[-1] == "Please pay until 2026-03-16."
