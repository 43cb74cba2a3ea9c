"""Source text with a selection between `«` and `»`, or a cursor as `|`, written in it."""

from lacuna_ls.domain.text import Span, encode


def read_marks(marked: str) -> tuple[bytes, Span]:
    """The text without its marks, and the selected bytes (empty at a cursor).

    `|` is a cursor only where there is no selection, so a selection may hold a bitwise or.

    Raises:
        ValueError: there is not exactly one selection or one cursor.
    """
    if "«" in marked or "»" in marked:
        before, opening, rest = marked.partition("«")
        selected, closing, after = rest.partition("»")
        if not (opening and closing) or any(m in before + selected + after for m in "«»"):
            raise ValueError(f"not exactly one selection in {marked!r}")
        start = len(encode(before))
        return encode(before + selected + after), Span(start, start + len(encode(selected)))
    if marked.count("|") != 1:
        raise ValueError(f"not exactly one cursor in {marked!r}")
    before, _, after = marked.partition("|")
    start = len(encode(before))
    return encode(before + after), Span(start, start)
