"""The part of a long file that is parsed for one completion.

A parse of the whole file for every guess costs most of a request, and all of it where an unfinished
line makes an error that reaches to the end of the file. So a guess is judged within the paragraphs
around the cursor: text between blank lines after which something stands at the margin. What is taken
depends on the text alone. A window that cuts a long string or bracket in two parses badly, and then
nothing becomes solid.
"""

import re

from lacuna_ls.syntax.document import Document, open_document

_MARGIN_BYTES = 1_500
_REACH_BYTES = 1 << 16
_PARAGRAPH = re.compile(rb"\n[ \t]*\r?\n(?=[^\s)\]}])")


def around(document: Document, offset: int) -> tuple[Document, int]:
    """A document of the paragraphs near `offset`, and where the cursor is in it.

    The document itself, if it is short or has no paragraphs.
    """
    data = document.data
    start = _start(data, offset - _MARGIN_BYTES)
    end = _end(data, offset + _MARGIN_BYTES)
    if (start, end) == (0, len(data)):
        return document, offset
    near = open_document(document.uri, document.version, document.language, data[start:end])
    return near, offset - start


def _start(data: bytes, latest: int) -> int:
    """The last beginning of a paragraph up to `latest`, 0 if none is within reach."""
    start = 0
    if latest > 0:
        for match in _PARAGRAPH.finditer(data, max(0, latest - _REACH_BYTES), latest + 1):
            start = match.end()
    return start if start <= latest else 0


def _end(data: bytes, earliest: int) -> int:
    match = _PARAGRAPH.search(data, earliest, earliest + _REACH_BYTES)
    return match.end() if match else len(data)
