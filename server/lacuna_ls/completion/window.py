"""The part of a long file that is parsed for one completion.

A parse of the whole file for every guess costs most of a request, and all of it where an unfinished
line makes an error that reaches to the end of the file. So a guess is judged within the paragraphs
around the cursor: text between blank lines after which something stands at the margin. What is taken
depends on the text alone. A window that cuts a long string or bracket in two parses badly, and then
nothing becomes solid.

While a line is typed everything else in its window stays as it is. So the window without the line is
parsed once, and what is made of it by putting something on the line is parsed from there.
"""

import re
from dataclasses import replace
from functools import lru_cache

from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.syntax.document import Document, edit_document, open_document
from lacuna_ls.syntax.languages import Language

_MARGIN_BYTES = 1_500
_REACH_BYTES = 1 << 16
_NEAR_BYTES = 1 << 12
_LINES_KEPT = 8
_PARAGRAPH = re.compile(rb"\n[ \t]*\r?\n(?=[^\s)\]}])")


def around(document: Document, offset: int) -> tuple[Document, int]:
    """A document of the paragraphs near `offset`'s line, and where the cursor is in it.

    All of the text, if it is short or has no paragraphs. `document` has a language and a tree.
    """
    assert document.language is not None
    data = document.data
    line = document.source.line_span(document.source.line_at(offset))
    line = Span(line.start, max(line.end, offset))
    start = _start(data, line.start - _MARGIN_BYTES)
    end = _end(data, line.end + _MARGIN_BYTES)
    rest = parsed_once(document.language, data[start : line.start] + data[line.end : end])
    if rest.has_errors:
        # From a tree with errors a parse that finds errors again costs twice.
        near = open_document(document.uri, document.version, document.language, data[start:end])
        return near, offset - start
    at = line.start - start
    content = TextEdit(Span(at, at), data[line.start : line.end])
    near = edit_document(rest, document.version, [content])
    return replace(near, uri=document.uri), offset - start


@lru_cache(_LINES_KEPT)
def parsed_once(language: Language, data: bytes) -> Document:
    """A text with its tree, the same one as long as it is among the last that were asked for."""
    document = open_document("", 0, language, data)
    assert document.tree is not None
    return document


def _start(data: bytes, latest: int) -> int:
    """The last beginning of a paragraph up to `latest`, 0 if none is within reach."""
    for reach in (_NEAR_BYTES, _REACH_BYTES):
        start = 0
        for match in _PARAGRAPH.finditer(data, max(0, latest - reach), max(0, latest + 1)):
            start = match.end() if match.end() <= latest else start
        if start:
            return start
    return 0


def _end(data: bytes, earliest: int) -> int:
    match = _PARAGRAPH.search(data, earliest, earliest + _REACH_BYTES)
    return match.end() if match else len(data)
