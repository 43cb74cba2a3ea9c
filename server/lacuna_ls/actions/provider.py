"""The protocol of a code action: one file, a provider, and examples that are its tests.

To add an action, write a module in this package with a docstring (what it does, why, an example),
`EXAMPLES`, and `provider(...)` which returns a `CodeActionProvider`; then name it in `registry.py`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.syntax.document import Document
from lacuna_ls.verification.evidence import Evidence


class ActionKind(StrEnum):
    """The kinds of the protocol that Lacuna serves."""

    QUICK_FIX = "quickfix"
    REFACTOR_EXTRACT = "refactor.extract"
    REFACTOR = "refactor"


@dataclass(frozen=True, slots=True)
class Command:
    """What an offer starts instead of an edit: a name of `workspace/executeCommand`, and texts."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileEdits:
    """Edits to another file, whose text is `data`; `version` is that of an open document."""

    uri: str
    data: bytes
    edits: tuple[TextEdit, ...]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the menu.

    `title` already carries the evidence. `edits` are to the version `version` of the document
    that was asked about; an offer without edits has `command`, which starts a search, or `disabled`,
    the reason why it cannot be done. `elsewhere` are edits to other files, alone or besides.
    `later` makes the edits once the offer was chosen: it gives the offer that has them, or raises
    `LacunaError`.
    `rename_at` is the byte offset, after the edits, of a new name that the user may want to change.
    """

    title: str
    kind: ActionKind
    version: int
    edits: tuple[TextEdit, ...] = ()
    evidence: Evidence = Evidence()
    disabled: str | None = None
    rename_at: int | None = None
    preferred: bool = False
    command: Command | None = None
    elsewhere: tuple[FileEdits, ...] = ()
    later: Callable[[], Awaitable["Offer"]] | None = None


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """What the menu was opened on. `asked` is true if the user chose the kind, false on automatic triggers."""

    document: Document
    span: Span
    asked: bool = False


class CodeActionProvider(Protocol):
    """`offers` answers from what is already known, within 20 ms, and never raises for user code."""

    @property
    def kind(self) -> ActionKind: ...

    def offers(self, request: ActionRequest) -> Sequence[Offer]: ...


@dataclass(frozen=True, slots=True)
class Example:
    """Text before, with the selection between `«` and `»` (or the cursor as `|`), and after.

    `title` is the example's heading in the manual. `after` is the text that the first offer which
    can be done makes; `None` where the action refuses, and then `refusal` is a part of the reason
    that some offer gives, or empty if the action offers nothing at all. `files` are further files
    of the example's workspace, as path and text, such as the tests of a fix.
    """

    title: str
    before: str
    after: str | None
    refusal: str = ""
    files: tuple[tuple[str, str], ...] = ()
    language_id: str = "python"
