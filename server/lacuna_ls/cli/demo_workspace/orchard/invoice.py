"""Invoices as plain text."""

from datetime import timedelta

from orchard.money import format_cents
from orchard.orders import Order

TAX_PERCENT = 7
BASE_SHIPPING = 490
FRAGILE_SURCHARGE = 150
FREE_SHIPPING_FROM = 5000
FRAGILE = {"peach", "apricot", "fig"}
DAYS_TO_PAY = 14
WIDTH = 40


def render_invoice(order: Order, prices: dict[str, int]) -> str:
    """The invoice of one order; `prices` are cents a piece."""
    rows = []
    subtotal = 0
    for line in order.lines:
        amount = prices[line.fruit] * line.quantity
        subtotal += amount
        label = f"{line.quantity} x {line.fruit}"
        rows.append(f"{label:<28}{format_cents(amount):>12}")

    shipping = 0
    if subtotal < FREE_SHIPPING_FROM:
        shipping = BASE_SHIPPING
        for line in order.lines:
            if line.fruit in FRAGILE:
                shipping += FRAGILE_SURCHARGE

    tax = (subtotal + shipping) * TAX_PERCENT // 100
    total = subtotal + shipping + tax
    due = order.placed + timedelta(days=DAYS_TO_PAY)
    rule = "-" * WIDTH
    text = [
        f"Invoice for {order.customer}, {order.placed.isoformat()}",
        rule,
        *rows,
        rule,
        f"{'Shipping':<28}{format_cents(shipping):>12}",
        f"{f'Tax ({TAX_PERCENT}%)':<28}{format_cents(tax):>12}",
        f"{'Total':<28}{format_cents(total):>12}",
        f"Please pay until {due.isoformat()}.",
    ]
    return "\n".join(text)
