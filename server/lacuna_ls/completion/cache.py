"""Proposals that still hold: typing along a suggestion, going away and coming back."""

from collections import OrderedDict
from dataclasses import dataclass

from lacuna_ls.completion.proposal import Proposal
from lacuna_ls.syntax.document import Document

_ENTRIES = 16


@dataclass(frozen=True, slots=True)
class Hit:
    """An earlier proposal, of which the user has typed `typed` bytes since."""

    proposal: Proposal
    typed: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What was proposed at byte `offset` of `data`."""

    uri: str
    data: bytes
    offset: int
    proposal: Proposal

    def typed(self, document: Document, offset: int) -> int | None:
        """How much of the text stands before the cursor, if nothing else has changed."""
        count = offset - self.offset
        grown = len(document.data) - len(self.data)
        if document.uri != self.uri or count != grown or count < 0:
            return None
        proposed = self.proposal.text + self.proposal.block
        same = (
            proposed.startswith(document.data[self.offset : offset])
            and document.data[: self.offset] == self.data[: self.offset]
            and document.data[offset:] == self.data[self.offset :]
        )
        return count if same else None


class CompletionCache:
    """The newest proposals of all documents, by the text around them and not by version.

    Other documents play no part: an edit elsewhere does not make a shown suggestion disappear.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, int, int], Entry] = OrderedDict()

    def get(self, document: Document, offset: int) -> Hit | None:
        for name, entry in reversed(self._entries.items()):
            typed = entry.typed(document, offset)
            if typed is not None:
                self._entries.move_to_end(name)
                return Hit(entry.proposal, typed)
        return None

    def put(self, document: Document, offset: int, proposal: Proposal) -> None:
        name = (document.uri, offset, len(document.data))
        self._entries[name] = Entry(document.uri, document.data, offset, proposal)
        self._entries.move_to_end(name)
        if len(self._entries) > _ENTRIES:
            self._entries.popitem(last=False)

    def taken(self, uri: str) -> list[Entry]:
        """A document's proposals, which are no longer kept."""
        names = [name for name, entry in self._entries.items() if entry.uri == uri]
        return [self._entries.pop(name) for name in names]
