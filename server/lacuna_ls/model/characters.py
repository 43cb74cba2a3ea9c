"""Spelling of tokens that no corpus has seen: characters drawn independently.

A token's length is geometric; its characters are printable ASCII nearly always. Sums to 1 over all
texts that are not empty.
"""

import sys

_GOES_ON = 0.85
_ASCII = 0.98 / 128
_OTHER = 0.02 / (sys.maxunicode + 1 - 128)


def probability(text: str) -> float:
    """Probability of exactly this text; 0 if it is below what a float can hold."""
    return starting(text) * (1.0 - _GOES_ON)


def starting(text: str) -> float:
    """Probability of a text that starts with `text` (not empty)."""
    ascii_count = len(text) if text.isascii() else sum(c < "\x80" for c in text)
    return float(
        _GOES_ON ** (len(text) - 1) * _ASCII**ascii_count * _OTHER ** (len(text) - ascii_count)
    )
