"""From what a model said to what may be shown, or to nothing.

What is shown is always one slice of what was said, so that every token keeps its place and its
log-probability. A completion is the rest of one line. It is cut where the text behind the cursor
already says the same, and dropped when it repeats a neighbouring line, when it would make the
file parse worse, or when it holds characters that a reader cannot see.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lacuna_ls.completion.window import parsed_once
from lacuna_ls.domain.completion import Completion, FinishReason
from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.syntax.document import Document, edit_document
from lacuna_ls.syntax.nodes import Node, covering, preorder

_CLOSERS = {")": "(", "]": "[", "}": "{"}
_OPEN_REST = re.compile(r"[\s)\]}'\"`,;:>]*")
_BLOCK_OPENER = re.compile(r"[:({\[]\s*(#.*|//.*)?$")
_REPEATED = re.compile(r"(\S.{3,}?)\1{2,}")
_GOES_ON = (b"(", b"[", b"{", b".")
_MAX_CUTS = 8
_BRACKET = re.compile(rb"[()\[\]{}]")
_CLOSER_OF = {b"(": b")", b"[": b"]", b"{": b"}"}
_LONG_QUOTES = (b'"""', b"'''", b"`")
_MAY_END_A_LINE = (b"(", b"[", b"{", b",")


@dataclass(frozen=True, slots=True)
class Shown:
    """`kept` is the slice of the completion's bytes that is shown.

    `document` has it inserted, and closing brackets behind its line if without them it does not parse.
    """

    kept: Span
    document: Document


def open_for_completion(document: Document, offset: int) -> bool:
    """True where the rest of a line can be offered: only closing characters stand behind the cursor."""
    source = document.source
    rest = source.text(Span(offset, max(offset, source.line_span(source.line_at(offset)).end)))
    return _OPEN_REST.fullmatch(rest) is not None


def shown(document: Document, offset: int, completion: Completion) -> Shown | None:
    """The part of a completion that may be shown at `offset`, `None` if none may.

    Args:
        document: With a tree; the completion is not in it.
        offset: Where it would be inserted, in bytes.
        completion: As the model gave it.
    """
    source = document.source
    line = source.line_at(offset)
    before = source.text(Span(source.line_starts[line], offset))
    rest = source.text(Span(offset, max(offset, source.line_span(line).end)))
    kept = _first_line(completion.text)
    kept = _without_repetition(completion.text, kept)
    kept = _without_suffix(completion.text, kept, rest.strip())
    kept = _without_margin(completion.text, kept, before, _line_above(document, line))
    text = completion.text[kept.start : kept.end]
    if not text or hides_something(text):
        return None
    if _repeats_neighbour(before + text + rest, document, line):
        return None
    start = len(encode(completion.text[: kept.start]))
    size = len(encode(text))
    truncated = completion.finish is not FinishReason.STOP and kept.end == len(completion.text)
    return _parsed(
        document, offset, encode(completion.text)[start : start + size], start, truncated
    )


def beginnings(
    document: Document, offset: int, completion: Completion, whole: Span, ends: Iterable[int]
) -> Iterator[Shown]:
    """Beginnings of `whole`, a slice of the completion, that parse no worse than nothing.

    `ends` are in bytes of the completion; space at the end of a beginning is left out.
    """
    check = ParseCheck(document, offset)
    text = encode(completion.text)
    last = len(text[whole.start : whole.end].rstrip())
    for end in ends:
        size = len(text[whole.start : end].rstrip())
        if not 0 < size < last:
            continue
        last = size
        shorter = check.passed(text[whole.start : whole.start + size], ends=False)
        if shorter is not None:
            yield Shown(Span(whole.start, whole.start + size), shorter)


def hides_something(text: str) -> bool:
    """True for text with characters that reorder, hide or control what a reader sees.

    These are format (bidirectional, zero-width, tag), control, surrogate, private-use and
    replacement characters.
    """
    return any(
        char == "\ufffd"
        or (char != "\t" and unicodedata.category(char) in ("Cf", "Cc", "Cs", "Co"))
        for char in text
    )


def _first_line(text: str) -> Span:
    end = re.search(r"[\r\n]", text)
    return Span(0, len(text[: end.start()].rstrip()) if end else len(text.rstrip()))


def _without_repetition(text: str, kept: Span) -> Span:
    """Cut after the first of three or more equal pieces in a row."""
    match = _REPEATED.search(text, kept.start, kept.end)
    return Span(kept.start, match.start() + len(match.group(1).rstrip())) if match else kept


def _without_suffix(text: str, kept: Span, rest: str) -> Span:
    """Cut what stands behind the cursor already: a closing bracket, or the tail of the line.

    A bracket that closes one of the completion's own is never cut.
    """
    if not rest:
        return kept
    opened: list[str] = []
    own_end = kept.start
    for index in range(kept.start, kept.end):
        char = text[index]
        if char in _CLOSERS.values():
            opened.append(char)
        elif char in _CLOSERS and opened and opened[-1] == _CLOSERS[char]:
            opened.pop()
            own_end = index + 1
        elif char in _CLOSERS and rest.startswith(char):
            return _stripped(text, Span(kept.start, index))
    longest = 0 if opened else min(len(rest), kept.end - own_end)
    for size in range(longest, 0, -1):
        if text.endswith(rest[:size], kept.start, kept.end):
            return _stripped(text, Span(kept.start, kept.end - size))
    return kept


def _without_margin(text: str, kept: Span, before: str, above: str) -> Span:
    """Drop indentation that the line has already, and a space that would be doubled."""
    margin = len(text[kept.start : kept.end]) - len(text[kept.start : kept.end].lstrip())
    if not margin:
        return kept
    bare = Span(kept.start + margin, kept.end)
    if before.strip():
        return bare if before[-1].isspace() else kept
    deeper_is_due = _BLOCK_OPENER.search(above) and _indent(above) >= len(before)
    return kept if deeper_is_due else bare


def _line_above(document: Document, line: int) -> str:
    for number in range(line - 1, -1, -1):
        text = document.source.text(document.source.line_span(number))
        if text.strip():
            return text
    return ""


def _line_below(document: Document, line: int) -> str:
    for number in range(line + 1, len(document.source.line_starts)):
        text = document.source.text(document.source.line_span(number))
        if text.strip():
            return text
    return ""


def _repeats_neighbour(line_text: str, document: Document, line: int) -> bool:
    """The line would be the one above or the one below once more, and says something."""
    words = len(re.findall(r"\w", line_text))
    neighbours = (_line_above(document, line), _line_below(document, line))
    return words >= 4 and line_text.rstrip() in [text.rstrip() for text in neighbours]


def _parsed(
    document: Document, offset: int, text: bytes, start: int, truncated: bool
) -> Shown | None:
    """The longest beginning that parses no worse than nothing; whole unless it was truncated."""
    check = ParseCheck(document, offset)
    if not truncated:
        whole = check.passed(text, ends=True)
        return Shown(Span(start, start + len(text)), whole) if whole is not None else None
    sizes = closed_sizes(inserted(document, offset, text), Span(offset, offset + len(text)))
    for size in sizes[:_MAX_CUTS]:
        shorter = check.passed(text[:size], ends=False)
        if shorter is not None:
            return Shown(Span(start, start + size), shorter)
    return None


class ParseCheck:
    """Says whether a text at a cursor makes its surroundings parse worse.

    A line that ends with a bracket it opens is begun well, and what is not closed yet above it is not
    its fault: text that does not parse as it stands is parsed with what is open closed.
    """

    def __init__(self, document: Document, offset: int) -> None:
        self._document = document
        self._offset = offset
        self._without_line = without_line(document, offset)
        self._closed_below = (
            _closed_below(document, offset) if self._without_line.has_errors else None
        )
        self._allowed: int | None = None

    def passed(self, text: bytes, *, ends: bool) -> Document | None:
        """The document with a text in it, and with closing brackets behind that if they are missing.

        `None` if it parses worse than without. `ends` says that nothing more belongs to the text's
        last line.
        """
        if self._closed_below is not None:
            completed = inserted(self._closed_below, self._offset, text)
            if not completed.has_errors:
                return completed
        plain = inserted(self._document, self._offset, text)
        if not plain.has_errors:
            return plain
        closed = self._closed(plain, self._offset + len(text), ends=ends)
        if closed is not None:
            return closed
        return plain if self._is_no_worse(plain) else None

    def _is_no_worse(self, completed: Document) -> bool:
        if not self._without_line.has_errors:
            return False
        found = faults(completed)
        if found > faults(self._without_line):
            return False
        if self._allowed is None:
            self._allowed = faults(self._document)
        return found <= self._allowed

    def _closed(self, plain: Document, end: int, *, ends: bool) -> Document | None:
        """The same with what closes it behind the line; `None` if that does not parse either."""
        start = plain.source.line_span(plain.source.line_at(self._offset)).start
        end = max(end, plain.source.line_span(plain.source.line_at(end)).end)
        own = plain.data[start:end]
        if closers_of(own) and not (ends and own.rstrip().endswith(_MAY_END_A_LINE)):
            return None
        closers = closers_of(plain.data)
        if not closers:
            return None
        closed = edit_document(plain, plain.version, [TextEdit(Span(end, end), closers)])
        return None if closed.has_errors else closed


def _closed_below(document: Document, offset: int) -> Document | None:
    """The document with brackets or a string closed behind the cursor's line that begin above it.

    `None` where that would not mend what stands around the line.
    """
    assert document.language is not None
    line = document.source.line_span(document.source.line_at(offset))
    line = Span(line.start, max(line.end, offset))
    above, below = document.data[: line.start], document.data[line.end :]
    around = above + below
    quotes = (quote for quote in _LONG_QUOTES if around.count(quote) % 2)
    for closers in (closers_of(around), *quotes):
        rest = parsed_once(document.language, above + closers + below) if closers else None
        if rest is not None and not rest.has_errors:
            content = TextEdit(Span(line.start, line.start), document.data[line.start : line.end])
            return edit_document(rest, document.version, [content])
    return None


def closers_of(data: bytes) -> bytes:
    """What closes the brackets that a text leaves open; one that closes what it did not open is none."""
    missing: list[bytes] = []
    for match in _BRACKET.finditer(data):
        if match[0] in _CLOSER_OF:
            missing.append(_CLOSER_OF[match[0]])
        elif missing and missing[-1] == match[0]:
            missing.pop()
    return b"".join(reversed(missing))


def inserted(document: Document, offset: int, text: bytes) -> Document:
    """The document with a text in it."""
    return edit_document(document, document.version, [TextEdit(Span(offset, offset), text)])


def closed_sizes(document: Document, region: Span) -> list[int]:
    """Where nodes inside the region end, from its start on, the longest first.

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
    closed = (end for end in ends if end > 0 and text[end : end + 1] not in _GOES_ON)
    return sorted(closed, reverse=True)


def tolerated_faults(document: Document, offset: int) -> int:
    """Faults that are not this line's: an unfinished line is to be mended by its completion."""
    rest = without_line(document, offset)
    if not rest.has_errors or not document.has_errors:
        return 0
    return min(faults(rest), faults(document))


def without_line(document: Document, offset: int) -> Document:
    """The document with nothing on the cursor's line."""
    line = document.source.line_span(document.source.line_at(offset))
    data = document.data
    assert document.language is not None
    return parsed_once(document.language, data[: line.start] + data[max(line.end, offset) :])


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


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _stripped(text: str, kept: Span) -> Span:
    return Span(kept.start, kept.start + len(text[kept.start : kept.end].rstrip()))
