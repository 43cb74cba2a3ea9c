"""Between the protocol's positions and byte offsets: the only place that knows encodings.

Positions count code units of the negotiated encoding from the start of a line. What a client may
get wrong is mended, never refused: a line or character beyond the end means the end, a position
inside a character or a surrogate pair means its start.

Lone surrogates, which JSON can carry, are three bytes each (see `domain.text`). Where the client
counts in UTF-16, two halves that an edit brings together are one character for it, so they are
joined here and the stored text never holds a split pair.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from lsprotocol.types import (
    Position,
    Range,
    TextDocumentContentChangePartial,
    TextDocumentContentChangeWholeDocument,
)

from lacuna_ls.domain.text import Source, Span, TextEdit, apply_edits, decode, encode


class Encoding(StrEnum):
    """Position encodings, best first: UTF-8 needs no conversion."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def negotiated(offered: Sequence[str] | None) -> Encoding:
    """The encoding to speak: UTF-8 if the client can, else its first that is known, else UTF-16."""
    known = [Encoding(name) for name in offered or () if name in set(Encoding)]
    if Encoding.UTF8 in known:
        return Encoding.UTF8
    return known[0] if known else Encoding.UTF16


def offset_at(source: Source, position: Position, encoding: Encoding) -> int:
    """Byte offset of a position; always at the start of a character or at a line's end."""
    if position.line >= len(source.line_starts):
        return len(source.data)
    line = source.line_span(position.line)
    if encoding is Encoding.UTF8:
        return _character_start(source.data, line, line.start + position.character)
    return line.start + _bytes_of(source.data[line.start : line.end], position.character, encoding)


def position_at(source: Source, offset: int, encoding: Encoding) -> Position:
    """Position of a byte offset, which is first moved back to the start of its character."""
    line = source.line_at(min(offset, len(source.data)))
    span = source.line_span(line)
    end = _character_start(source.data, span, offset)
    if encoding is Encoding.UTF8:
        return Position(line, end - span.start)
    return Position(line, _units(source.data[span.start : end], encoding))


def span_of(source: Source, range_: Range, encoding: Encoding) -> Span:
    """A range as a span; a reversed range means the text between its ends."""
    ends = (offset_at(source, range_.start, encoding), offset_at(source, range_.end, encoding))
    return Span(min(ends), max(ends))


def range_of(source: Source, span: Span, encoding: Encoding) -> Range:
    return Range(position_at(source, span.start, encoding), position_at(source, span.end, encoding))


def text_of(text: str, encoding: Encoding) -> bytes:
    """A text as bytes; where the client counts in UTF-16, halves that meet are one character."""
    data = encode(text)
    if encoding is Encoding.UTF16 and _SPLIT_PAIR.search(data):
        return encode(_utf16(text).decode("utf-16-le", "surrogatepass"))
    return data


def edit_of(
    source: Source,
    change: TextDocumentContentChangePartial | TextDocumentContentChangeWholeDocument,
    encoding: Encoding,
) -> TextEdit:
    """One content change as an edit of the text that the change before it left."""
    if isinstance(change, TextDocumentContentChangeWholeDocument):
        return TextEdit(Span(0, len(source.data)), text_of(change.text, encoding))
    span = span_of(source, change.range, encoding)
    new = text_of(change.text, encoding)
    if encoding is not Encoding.UTF16:
        return TextEdit(span, new)
    return _with_halves_joined(source, TextEdit(span, new))


def on_whole_lines(source: Source, edits: Sequence[TextEdit]) -> list[TextEdit]:
    """The same change by edits with no end behind a character that encodings count differently.

    For clients that name no encoding: UTF-16 is the rule for them, and some count bytes or
    characters all the same. An end behind other text than ASCII goes to a line's start, where
    nothing is counted; only in a last line without a line break there is none to go to.
    """
    regions: list[tuple[Span, list[TextEdit]]] = []
    for edit in sorted(edits, key=lambda each: (each.span.start, each.span.end)):
        span = Span(_before(source, edit.span.start), _behind(source, edit.span.end))
        if regions and span.start < regions[-1][0].end:
            first, inside = regions[-1]
            regions[-1] = (Span(first.start, max(first.end, span.end)), [*inside, edit])
        else:
            regions.append((span, [edit]))
    return [_in_one(source, span, inside) for span, inside in regions]


def _in_one(source: Source, region: Span, edits: Sequence[TextEdit]) -> TextEdit:
    at = region.start
    moved = [TextEdit(Span(edit.span.start - at, edit.span.end - at), edit.new) for edit in edits]
    return TextEdit(region, apply_edits(source.data[at : region.end], moved))


def _before(source: Source, offset: int) -> int:
    start = source.line_span(source.line_at(offset)).start
    return offset if source.data[start:offset].isascii() else start


def _behind(source: Source, offset: int) -> int:
    line = source.line_at(offset)
    if source.data[source.line_span(line).start : offset].isascii():
        return offset
    is_last = line + 1 == len(source.line_starts)
    return len(source.data) if is_last else source.line_starts[line + 1]


# A high and a low surrogate, three bytes each: two UTF-16 units that are one character.
_SPLIT_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_HALF_BYTES = 3
_CONTINUATION = bytes(range(0x80, 0xC0))
_LEADS_OF_FOUR = bytes(range(0xF0, 0xF8))
_WALKED_BYTES = 64


def _with_halves_joined(source: Source, edit: TextEdit) -> TextEdit:
    """The edit, widened by the surrogate next to it where the two become one character."""
    start, end = edit.span.start, edit.span.end
    before = _half_at(source.data, start - _HALF_BYTES)
    after = _half_at(source.data, end)
    joined = before + edit.new + after
    if not (before or after) or not _SPLIT_PAIR.search(joined):
        return edit
    text = joined.decode("utf-8", "surrogatepass")
    return TextEdit(Span(start - len(before), end + len(after)), text_of(text, Encoding.UTF16))


def _half_at(data: bytes, at: int) -> bytes:
    half = data[max(at, 0) : at + _HALF_BYTES]
    return half if _HALF.fullmatch(half) else b""


def _bytes_of(line: bytes, units: int, encoding: Encoding) -> int:
    """How many bytes the first `units` code units are, without half a character."""
    if line.isascii():
        return min(units, len(line))
    low, high = 0, len(line)
    while high - low > _WALKED_BYTES:
        middle = _character_start(line, Span(0, len(line)), (low + high) // 2)
        before = _units(line[low:middle], encoding)
        if before <= units:
            low, units = middle, units - before
        else:
            high = middle
    for character in decode(line[low:high]):
        units -= 2 if encoding is Encoding.UTF16 and ord(character) > 0xFFFF else 1
        if units < 0:
            break
        low += len(encode(character))
    return low


def _units(data: bytes, encoding: Encoding) -> int:
    """Code units of whole characters, UTF-16 or UTF-32."""
    characters = len(data.translate(None, _CONTINUATION))
    if encoding is Encoding.UTF32:
        return characters
    return characters + len(data) - len(data.translate(None, _LEADS_OF_FOUR))


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _character_start(data: bytes, line: Span, offset: int) -> int:
    """`offset` inside `line`, moved back over continuation bytes."""
    if offset >= line.end:
        return line.end
    while offset > line.start and data[offset] & 0xC0 == 0x80:
        offset -= 1
    return offset
