"""How much of a completion the file can take without parsing worse than before."""

from collections.abc import Iterator

from lacuna_ls.completion.postprocess import closed_sizes, faults, inserted, tolerated_faults
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.document import Document

_MOST_CUTS = 12


def longest_that_parses(
    document: Document, offset: int, text: bytes, *, truncated: bool
) -> int | None:
    """Bytes of the longest beginning that adds no fault; `None` if there is none.

    What was truncated ends with one of its lines, or if it has but one with a closed node; anything
    else is whole, or ends with one of its lines.
    """
    allowed = tolerated_faults(document, offset)
    whole = inserted(document, offset, text)
    if not truncated and faults(whole) <= allowed:
        return len(text)
    is_line = b"\n" not in text.strip()
    closed: list[int] = []
    if truncated and is_line:
        closed = closed_sizes(whole, Span(offset, offset + len(text)))[:_MOST_CUTS]
    for size in (*_lines(text), *closed):
        if text[:size].strip() and faults(inserted(document, offset, text[:size])) <= allowed:
            return size
    return None


def _lines(text: bytes) -> Iterator[int]:
    """The ends of its lines but the last, from the bottom."""
    end = text.rfind(b"\n")
    while end > 0:
        yield len(text[:end].rstrip())
        end = text.rfind(b"\n", 0, end)
