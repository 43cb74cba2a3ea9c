"""What a box of fruit costs. One of its tests fails: save the file to see which."""

BOX_SIZE = 12
DISCOUNT_PERCENT = 10


def total(unit_cents: int, quantity: int) -> int:
    """Cents for some pieces; from a full box on, it is ten percent off."""
    cents = unit_cents * quantity
    if quantity > BOX_SIZE:
        cents -= cents * DISCOUNT_PERCENT // 100
    return cents


def receipt(prices: dict[str, int], bought: dict[str, int]) -> str:
    """The bill of one customer, a line for each fruit."""
    lines = []
    subtotal = 0
    for fruit, quantity in bought.items():
        amount = total(prices[fruit], quantity)
        subtotal += amount
        lines.append(f"{quantity:>3} {fruit:<12} {amount / 100:>8.2f}")

    delivery = 0
    if subtotal < 5000:
        delivery = 490
        if "peach" in bought:
            delivery += 150

    lines.append(f"    {'delivery':<12} {delivery / 100:>8.2f}")
    lines.append(f"    {'total':<12} {(subtotal + delivery) / 100:>8.2f}")
    return "\n".join(lines)
