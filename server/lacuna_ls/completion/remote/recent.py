"""What was edited last, in any open document: what comes next is often more of it."""

from dataclasses import dataclass, field

from lacuna_ls.domain.text import Source, Span, changed_span, decode
from lacuna_ls.syntax.document import Document

_MOST = 6
_AROUND_LINES = 2
_SAME_PLACE_BYTES = 400


@dataclass(frozen=True, slots=True)
class Edit:
    """The lines around a change, as they were right after it."""

    uri: str
    offset: int
    text: str


@dataclass(slots=True)
class RecentEdits:
    """The newest edits, one for each place. Told of every version of every document."""

    _texts: dict[str, bytes] = field(default_factory=dict)
    _edits: list[Edit] = field(default_factory=list)

    def opened(self, document: Document) -> None:
        """The text that a document was opened with, which is no edit."""
        self._texts.setdefault(document.uri, document.data)

    def seen(self, document: Document) -> None:
        """A document has this text now, or is open with it."""
        before = self._texts.get(document.uri)
        self._texts[document.uri] = document.data
        if before is None or before == document.data:
            return
        start = changed_span(before, document.data).start
        edit = Edit(document.uri, start, _lines_around(document.source, start))
        apart = [each for each in self._edits if not _same_place(each, edit)]
        self._edits = [*apart, edit][-_MOST:]

    def closed(self, uri: str) -> None:
        self._texts.pop(uri, None)

    def elsewhere(self, uri: str, offset: int) -> tuple[Edit, ...]:
        """Those that are not at the cursor, the oldest first."""
        here = Edit(uri, offset, "")
        return tuple(edit for edit in self._edits if not _same_place(edit, here))


def _same_place(one: Edit, other: Edit) -> bool:
    return one.uri == other.uri and abs(one.offset - other.offset) < _SAME_PLACE_BYTES


def _lines_around(source: Source, offset: int) -> str:
    line = source.line_at(min(offset, len(source.data)))
    first = max(line - _AROUND_LINES, 0)
    last = min(line + _AROUND_LINES, len(source.line_starts) - 1)
    span = Span(source.line_starts[first], source.line_span(last).end)
    return decode(source.data[span.start : span.end])
