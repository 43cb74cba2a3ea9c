"""How much of a completion the file can take without parsing worse than before."""

from collections.abc import Iterator

from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.syntax.document import Document, edit_document
from lacuna_ls.syntax.nodes import Node, covering, preorder

_GOES_ON = (b"(", b"[", b"{", b".")
_MOST_CUTS = 12


def longest_that_parses(
    document: Document, offset: int, text: bytes, *, truncated: bool
) -> int | None:
    """Bytes of the longest beginning that adds no fault; `None` if there is none.

    What was truncated ends with one of its lines, or if it has but one with a closed node; anything
    else is whole, or ends with one of its lines.
    """
    allowed = _tolerated(document, offset)
    whole = inserted(document, offset, text)
    if not truncated and faults(whole) <= allowed:
        return len(text)
    is_line = b"\n" not in text.strip()
    closed = _closed(whole, Span(offset, offset + len(text))) if truncated and is_line else ()
    sizes: tuple[int, ...] = (*_lines(text), *closed)
    for size in sizes:
        if text[:size].strip() and faults(inserted(document, offset, text[:size])) <= allowed:
            return size
    return None


def inserted(document: Document, offset: int, text: bytes) -> Document:
    """The document with a text in it."""
    return edit_document(document, document.version, [TextEdit(Span(offset, offset), text)])


def faults(document: Document) -> int:
    """Number of error and missing nodes; parts of the tree without any are not walked."""
    assert document.tree is not None
    count = 0
    pending: list[Node] = [document.tree.root_node]
    while pending:
        node = pending.pop()
        if not node.has_error:
            continue
        count += node.is_error or node.is_missing
        pending += node.children
    return count


def _tolerated(document: Document, offset: int) -> int:
    """Faults that are not this line's: an unfinished line is to be mended by its completion."""
    if document.tree is None or not document.tree.root_node.has_error:
        return 0
    line = document.source.line_span(document.source.line_at(offset))
    blank = TextEdit(Span(line.start, max(line.end, offset)), b"")
    without_line = faults(edit_document(document, document.version, [blank]))
    return min(without_line, faults(document)) if without_line else 0


def _lines(text: bytes) -> Iterator[int]:
    """The ends of its lines but the last, from the bottom."""
    end = text.rfind(b"\n")
    while end > 0:
        yield len(text[:end].rstrip())
        end = text.rfind(b"\n", 0, end)


def _closed(document: Document, region: Span) -> Iterator[int]:
    """Where nodes inside the region end, the longest first, a few of them.

    What goes on with a bracket or a dot was more than the node that ends there.
    """
    assert document.tree is not None
    top = covering(document.tree.root_node, region, named=False)
    ends = {
        node.end_byte - region.start
        for node in preorder(top)
        if node.is_named and region.start <= node.start_byte and node.end_byte < region.end
    }
    text = document.data[region.start : region.end]
    sizes = (end for end in ends if end > 0 and text[end : end + 1] not in _GOES_ON)
    yield from sorted(sizes, reverse=True)[:_MOST_CUTS]
