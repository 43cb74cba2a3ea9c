"""What becomes of suggestions: told from the text alone, because no editor says it in the same way.

A suggestion counts as accepted when one edit puts it where it was shown, and as accepted in part when
one edit puts its beginning there; a character at a time it was typed. What of it is retained is what
still stands near that place when the document is saved.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from lacuna_ls.completion.suggestion import Suggestion
from lacuna_ls.domain.record import Tally
from lacuna_ls.domain.text import changed_span, decode, encode
from lacuna_ls.syntax.document import Document

_NEAR_BYTES = 600
_SHORTEST_MATCH = 3


@dataclass(frozen=True, slots=True)
class _Shown:
    """`text` was shown at byte `offset` of `data`; `typed` bytes of it stand there by now."""

    data: bytes
    offset: int
    text: bytes
    typed: int = 0

    def now_typed(self, data: bytes) -> int | None:
        """How much of the text stands there in `data`; `None` if something else has changed."""
        grown = len(data) - len(self.data)
        end = self.offset + grown
        if grown < 0 or data[end:] != self.data[self.offset :]:
            return None
        before = self.data[: self.offset]
        if data[: self.offset] == before and self.text.startswith(data[self.offset : end]):
            return grown
        # With an import above, as an item brings it, it can only have come as a whole.
        is_whole = data[:end].endswith(self.text)
        return len(self.text) if is_whole and _grew(before, data[: end - len(self.text)]) else None


def _grew(before: bytes, after: bytes) -> bool:
    """Whether something was put into a text, and nothing else changed."""
    return len(after) >= len(before) and not changed_span(before, after)


class Acceptances:
    """For all documents. `record` is told what to add; `accepted` where the next text may be wanted."""

    def __init__(
        self, record: Callable[[Tally], None], accepted: Callable[[Document, int], None]
    ) -> None:
        self._record = record
        self._accepted = accepted
        self._shown: dict[str, _Shown] = {}
        self._kept: dict[str, list[tuple[int, str]]] = {}

    def shown(self, document: Document, offset: int, suggestion: Suggestion) -> None:
        """A suggestion goes to the editor; the rest of one that is typed along is no other one."""
        text = encode(suggestion.text)
        before = self._shown.get(document.uri)
        goes_on = (
            before is not None
            and (typed := before.now_typed(document.data)) is not None
            and before.text[typed:] == text
        )
        if not goes_on:
            self._shown[document.uri] = _Shown(document.data, offset, text)
            self._record(Tally(shown=1))

    def edited(self, document: Document) -> None:
        """A document has another text."""
        shown = self._shown.get(document.uri)
        if shown is None:
            return
        typed = shown.now_typed(document.data)
        if typed is None:
            del self._shown[document.uri]
            return
        added = typed - shown.typed
        whole = typed == len(shown.text)
        if added > 1 or (whole and len(shown.text) == 1):
            text = decode(shown.text[shown.typed : typed])
            self._kept.setdefault(document.uri, []).append((shown.offset + shown.typed, text))
            self._record(
                Tally(
                    accepted=int(whole), accepted_in_part=int(not whole), accepted_chars=len(text)
                )
            )
            self._accepted(document, shown.offset + typed)
        if whole:
            del self._shown[document.uri]
        else:
            self._shown[document.uri] = replace(shown, typed=typed)

    def saved(self, document: Document) -> None:
        """What was accepted since the last save is compared with what stands there now."""
        for offset, text in self._kept.pop(document.uri, ()):
            near = decode(document.data[max(0, offset - _NEAR_BYTES) : offset + _NEAR_BYTES])
            blocks = SequenceMatcher(None, text, near, autojunk=False).get_matching_blocks()
            kept = sum(block.size for block in blocks if block.size >= _SHORTEST_MATCH)
            self._record(Tally(retained_chars=min(kept, len(text))))

    def closed(self, uri: str) -> None:
        """Nothing more will be heard of a document."""
        self._shown.pop(uri, None)
        self._kept.pop(uri, None)
