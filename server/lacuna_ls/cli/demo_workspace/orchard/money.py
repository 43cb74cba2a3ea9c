"""Money as whole cents."""


def parse_cents(text: str) -> int:
    """Cents of a price such as "4.50" or "12".

    Raises:
        ValueError: the text is not a price.
    """
    units, _, fraction = text.strip().partition(".")
    if len(fraction) > 2:
        raise ValueError(f"more than two decimals: {text!r}")
    return int(units) * 100 + int(fraction.ljust(2, "0"))


def format_cents(cents: int) -> str:
    """A price with its two decimals, a refund with a minus sign."""
    sign = "-" if cents < 0 else ""
    units, rest = divmod(abs(cents), 100)
    return f"{sign}{units}.{rest:02d}"
