"""What the protocol needs from the rest of the house, built in the background after `initialized`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacuna_ls.actions.provider import CodeActionProvider, Offer
from lacuna_ls.completion.suggestion import CompletionOptions, Suggestion
from lacuna_ls.ports.trust import TrustStore
from lacuna_ls.syntax.document import Document

if TYPE_CHECKING:
    from lacuna_ls.lsp.server import LacunaServer
    from lacuna_ls.lsp.status import Sources

Complete = Callable[[Document, int, CompletionOptions], Awaitable[tuple[Suggestion, ...]]]


async def no_objection(document: Document, offer: Offer) -> str | None:
    """Where nothing is tried."""
    return None


@dataclass(frozen=True, slots=True)
class Services:
    """Engines and stores, ready for use.

    `complete` takes the byte offset of the cursor. `saved` does all that follows a save; a newer
    save of the same document cancels it. `commands` has what each of `lsp.server.COMMANDS` does.
    `edited` is told the URI of a document whose text changed
    and returns at once. `repository_settings` reads the table that a workspace folder's own files
    hold. `prepare` is awaited once, in the background, with the settings known. `close` ends what
    the services started, children included. `objection` says why a refactoring that was chosen is
    not to be applied, once it has been tried. `status` is what editors with a status item are told of.
    """

    complete: Complete
    actions: tuple[CodeActionProvider, ...]
    trust: TrustStore
    saved: Callable[[Document], Awaitable[None]]
    commands: Mapping[str, Callable[..., Awaitable[None]]]
    edited: Callable[[str], None]
    repository_settings: Callable[[Path], Mapping[str, Any]]
    prepare: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]
    objection: Callable[[Document, Offer], Awaitable[str | None]] = no_objection
    status: "Sources | None" = None


# Called in a thread, so that what it imports does not hold up the loop; must not touch the loop.
BuildServices = Callable[["LacunaServer"], Services]
