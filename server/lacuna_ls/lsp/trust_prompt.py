"""Which folders may run code, in this session: asked in the editor, kept by the server.

Three sources: the user's record (`TrustStore`), the folders that the editor itself trusts (for
this session only), and the answer to a question that is put once per folder and session.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from lacuna_ls.domain.errors import StoreError
from lacuna_ls.lsp.errors import RequestRefusedError
from lacuna_ls.ports.trust import TrustStore

if TYPE_CHECKING:
    from lacuna_ls.lsp.server import LacunaServer

log = logging.getLogger(__name__)

_YES, _NO = "Trust", "Not now"


@dataclass(frozen=True, slots=True)
class SessionTrust:
    """A `TrustStore`: the user's record, joined with the folders of this session."""

    record: TrustStore
    session_folders: set[Path]
    never: Callable[[], bool]

    def trusted(self, path: Path) -> bool:
        if self.never():
            return False
        real = path.resolve()
        in_session = any(real.is_relative_to(folder) for folder in self.session_folders)
        return in_session or self.record.trusted(path)

    def grant(self, folder: Path) -> None:
        self.record.grant(folder)

    def withdraw(self, folder: Path) -> None:
        self.session_folders.discard(folder.resolve())
        self.record.withdraw(folder)


class FolderTrust:
    """Asks; and remembers for the session what was asked and what the editor said."""

    def __init__(self, server: "LacunaServer") -> None:
        self._server = server
        self._session_folders: set[Path] = set()
        self._asked: dict[Path, asyncio.Task[bool]] = {}

    def trust_for_session(self, folders: Iterable[Path]) -> None:
        self._session_folders.update(folders)

    def joined(self, record: TrustStore) -> SessionTrust:
        """What the services are to consult."""
        never = lambda: self._server.settings.trust == "never"  # noqa: E731
        return SessionTrust(record, self._session_folders, never)

    async def ask(self, folder: Path) -> bool:
        """True if the folder is trusted, or the user now says so; asks once for each folder."""
        services = await self._server.services()
        if services.trust.trusted(folder):
            return True
        if self._server.settings.trust == "never":
            return False
        # Shielded: a cancelled save must not take back the question.
        await asyncio.shield(self._question(folder, services.trust))
        return services.trust.trusted(folder)

    def _question(self, folder: Path, trust: TrustStore) -> asyncio.Task[bool]:
        real = folder.resolve()
        if real not in self._asked:
            self._asked[real] = asyncio.ensure_future(self._put_question(real, trust))
        return self._asked[real]

    async def _put_question(self, folder: Path, trust: TrustStore) -> bool:
        message = (
            f"Trust “{folder.name}”? Lacuna would run its tests, which is running its code, "
            "and run them again with small edits of it when it looks for a fix."
        )
        actions = [types.MessageActionItem(title=title) for title in (_YES, _NO)]
        params = types.ShowMessageRequestParams(
            type=types.MessageType.Info, message=message, actions=actions
        )
        try:
            answer = await self._server.protocol.send_request_async(
                types.WINDOW_SHOW_MESSAGE_REQUEST, params
            )
        except RequestRefusedError:
            log.info("the client cannot be asked about trust")
            self._server.tell(
                f"Lacuna runs no tests in “{folder.name}” until you run: lacuna-ls trust PATH",
                types.MessageType.Info,
            )
            return False
        if answer is None or answer.title != _YES:
            return False
        try:
            trust.grant(folder)
        except StoreError as error:
            self._session_folders.add(folder)
            self._server.tell(f"Lacuna trusts “{folder.name}” until it ends: {error}")
        self._server.status_changed()
        return True
