"""When an order reaches the customer's door."""

from datetime import date, timedelta


def delivery_day(ordered: date, working_days: int) -> date:
    """The day an order arrives; the van does not drive on weekends."""
    day = ordered
    remaining = working_days
    while remaining > 0:
        day += timedelta(days=1)
        if day.weekday() < 6:
            remaining -= 1
    return day
