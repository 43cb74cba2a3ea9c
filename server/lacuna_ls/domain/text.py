"""Text as bytes: spans, edits, and the lines of the Language Server Protocol.

All offsets are byte offsets into UTF-8. A lone surrogate, which JSON can carry and UTF-8 cannot,
is kept as its three bytes (`surrogatepass`), so every text a client can send has a form here.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Self

_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of byte offsets, `start <= end`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def contains(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """True if the spans share at least one byte."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the bytes of `span` by `new`."""

    span: Span
    new: bytes


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    """Text of bytes that `encode` made; foreign bytes become U+FFFD."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def apply_edits(data: bytes, edits: Iterable[TextEdit]) -> bytes:
    """Apply edits that all refer to `data` and do not overlap.

    Raises:
        ValueError: two edits overlap or one lies outside the text.
    """
    parts: list[bytes] = []
    position = 0
    for edit in sorted(edits, key=lambda e: e.span):
        if edit.span.start < position or edit.span.end > len(data):
            raise ValueError(f"edit {edit.span} overlaps another or leaves the text")
        parts += (data[position : edit.span.start], edit.new)
        position = edit.span.end
    return b"".join((*parts, data[position:]))


def changed_span(before: bytes, after: bytes) -> Span:
    """The bytes of `before` between what the two texts have in common at their ends.

    Both ends of the span are starts of characters.
    """
    most = min(len(before), len(after))
    head = _common_head(before, after, most)
    while head and _inside_character(before, after, head, head):
        head -= 1
    tail = _common_head(before[::-1], after[::-1], most - head)
    while tail and _inside_character(before, after, len(before) - tail, len(after) - tail):
        tail -= 1
    return Span(head, len(before) - tail)


def _inside_character(before: bytes, after: bytes, i: int, j: int) -> bool:
    return (i < len(before) and before[i] & 0xC0 == 0x80) or (
        j < len(after) and after[j] & 0xC0 == 0x80
    )


def _common_head(a: bytes, b: bytes, most: int) -> int:
    """Length of the common prefix, by halving: comparing slices is faster than looping."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(frozen=True, slots=True)
class Source:
    r"""Bytes and where their lines start. Lines end at `\n`, `\r\n` or `\r`, and nowhere else."""

    data: bytes
    line_starts: tuple[int, ...]

    @classmethod
    def of(cls, data: bytes) -> Self:
        return cls(data, (0, *_ends(data, 0, len(data))))

    def replaced(self, edit: TextEdit) -> Self:
        """The source after one edit; only lines next to the edit are scanned again."""
        start, end = edit.span.start, edit.span.end
        data = b"".join((self.data[:start], edit.new, self.data[end:]))
        starts = self.line_starts
        # One line of margin on each side: the edit may split or join a "\r\n" there.
        first = max(self.line_at(start) - 1, 0)
        after = self.line_at(end) + 2
        shift = len(edit.new) - len(edit.span)
        stop = starts[after] + shift if after < len(starts) else len(data)
        scanned = _ends(data, starts[first], stop)
        tail = starts[after + 1 :] if after < len(starts) else ()
        if shift:
            tail = tuple([s + shift for s in tail])
        return type(self)(data, (*starts[: first + 1], *scanned, *tail))

    def line_at(self, offset: int) -> int:
        """Zero-based line that holds the byte offset."""
        return bisect_right(self.line_starts, offset) - 1

    def line_span(self, line: int) -> Span:
        """Span of a line without its line end.

        Raises:
            IndexError: there is no such line.
        """
        start = self.line_starts[line]
        if line + 1 == len(self.line_starts):
            return Span(start, len(self.data))
        end = self.line_starts[line + 1] - 1
        if end > start and self.data[end - 1 : end + 1] == b"\r\n":
            end -= 1
        return Span(start, end)

    def line_end(self) -> bytes:
        r"""The line end that the text uses first, `\n` if it has none."""
        match = _LINE_END.search(self.data)
        return match.group() if match else b"\n"

    def text(self, span: Span) -> str:
        return decode(self.data[span.start : span.end])


def _ends(data: bytes, start: int, stop: int) -> tuple[int, ...]:
    """Where the line ends between two offsets end."""
    lines = data[start:stop].splitlines(keepends=True)
    if lines and lines[-1][-1] not in b"\r\n":
        lines.pop()
    return tuple(islice(accumulate(map(len, lines), initial=start), 1, None))
