"""The tree of a part of a file, with the offsets of the whole."""

import tree_sitter

from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import parser_language
from lacuna_ls.syntax.nodes import Node


def root_of_part(document: Document, part: Span, text: bytes | None = None) -> Node | None:
    """A root over the text of `part` alone; `None` if the document is not parsed at all.

    It is as in the document's own tree where `part` begins and ends between statements of the
    file, which the caller has to know. `text` stands for the text of the part, as long as that.
    """
    if document.language is None or not document.has_tree:
        return None
    data = document.data
    if text is not None:
        data = b"".join((data[: part.start], text, data[part.end :]))
    start, end = (_point(data, offset) for offset in (part.start, part.end))
    only = tree_sitter.Range(start, end, part.start, part.end)
    parser = tree_sitter.Parser(parser_language(document.language), included_ranges=[only])
    return parser.parse(data).root_node


def _point(data: bytes, offset: int) -> tree_sitter.Point:
    return tree_sitter.Point(
        data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset) - 1
    )
