"""Orders, and the text they arrive as."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class OrderLine:
    """One fruit of an order."""

    fruit: str
    quantity: int


@dataclass(frozen=True)
class Order:
    """What one customer ordered on one day."""

    placed: date
    customer: str
    lines: tuple[OrderLine, ...]


def parse_order(text: str) -> Order:
    """An order from a line such as "2026-03-02 Kaya: 12 apple, 3 pear".

    Raises:
        ValueError: the line has no date, no customer or a quantity that is not a number.
    """
    head, _, tail = text.partition(":")
    day, customer = head.split(maxsplit=1)
    lines = []
    for item in tail.split(","):
        quantity, fruit = item.split(maxsplit=1)
        lines.append(OrderLine(fruit.strip(), int(quantity)))
    return Order(date.fromisoformat(day), customer.strip(), tuple(lines))


def parse_orders(text: str) -> list[Order]:
    """All orders of a text; blank lines and lines that start with # do not count."""
    orders = []
    for line in text.splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            orders.append(parse_order(line))
    return orders
