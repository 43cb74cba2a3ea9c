"""The order book of a small fruit farm."""
