"""What the farm sold."""

from collections import Counter

from orchard.orders import Order


def fruit_sold(orders: list[Order]) -> Counter:
    """Pieces sold of each fruit."""
    sold = Counter()
    for order in orders:
        for line in order.lines:
            sold[line.fruit] += line.quantity
    return sold


def best_sellers(orders: list[Order], count: int) -> list[str]:
    """The `count` fruits that sold most, numbered, the best first."""
    ranked = fruit_sold(orders).most_common()
    lines = []
    for rank in range(1, min(count, len(ranked))):
        fruit, quantity = ranked[rank - 1]
        lines.append(f"{rank}. {fruit} ({quantity})")
    return lines
