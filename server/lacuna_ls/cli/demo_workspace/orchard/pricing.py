"""What the lines of an order cost."""

CASE_SIZE = 12
CASE_DISCOUNT_PERCENT = 10


def full_cases(quantity: int) -> int:
    """How many cases a quantity fills."""
    return quantity // CASE_SIZE


def line_total(unit_cents: int, quantity: int) -> int:
    """Cents for one line of an order; from a full case on it is ten percent off."""
    total = unit_cents * quantity
    if quantity > CASE_SIZE:
        total -= total * CASE_DISCOUNT_PERCENT // 100
    return total
