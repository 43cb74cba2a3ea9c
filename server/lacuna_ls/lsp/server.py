"""One connection: what the client can do, its open documents, and the way to the services."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

import lacuna_ls
from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.lsp.client_features import ClientFeatures
from lacuna_ls.lsp.convert import Encoding
from lacuna_ls.lsp.protocol import EdgeProtocol
from lacuna_ls.lsp.trust_prompt import FolderTrust
from lacuna_ls.lsp.uris import home_of
from lacuna_ls.settings import Settings

if TYPE_CHECKING:
    from lacuna_ls.lsp.diagnostics import Diagnostics
    from lacuna_ls.lsp.observed import Observations
    from lacuna_ls.lsp.opportunity_hints import OpportunityHints
    from lacuna_ls.lsp.services import BuildServices, Services
    from lacuna_ls.lsp.untouched import Untouched
    from lacuna_ls.syntax.store import DocumentStore

log = logging.getLogger(__name__)

# The commands; the first argument of each is the URI of an open document. The function that is to be
# broken, or made faster, is named by the second, as it is called in its module.
RUN_TESTS = "lacuna.runTests"
SEARCH_LONGER = "lacuna.searchLonger"
BREAK_FUNCTION = "lacuna.breakFunction"
SPEED_UP = "lacuna.speedUp"
COMMANDS = (RUN_TESTS, SEARCH_LONGER, BREAK_FUNCTION, SPEED_UP)
_CLOSE_TIMEOUT_S = 1.5


class LacunaServer(LanguageServer):
    """The state of one connection. Written by `lifecycle` and `text_sync`, read by everyone.

    `settings` are the user's own; `folder_settings` those that hold in each root, where its
    repository may have set some.
    """

    protocol: EdgeProtocol
    documents: "DocumentStore"
    diagnostics: "Diagnostics"
    observed: "Observations"
    opportunity_hints: "OpportunityHints"
    untouched: "Untouched"

    def __init__(self, build_services: "BuildServices") -> None:
        super().__init__("lacuna-ls", lacuna_ls.__version__, protocol_cls=EdgeProtocol)
        self.build_services = build_services
        self.client = ClientFeatures()
        self.encoding = Encoding.UTF16
        self.roots: tuple[Path, ...] = ()
        self.settings = Settings()
        self.folder_settings: Mapping[Path, Settings] = {}
        self.trust = FolderTrust(self)
        self.status_changed: Callable[[], None] = lambda: None
        self.progress_tasks: dict[str, asyncio.Task[Any]] = {}
        self._services: asyncio.Future[Services] | None = None
        self._stopped: asyncio.Future[int] | None = None

    def root_of(self, path: Path) -> Path | None:
        """The innermost root that holds a real path."""
        roots = (root for root in self.roots if path.is_relative_to(root))
        return max(roots, key=lambda root: len(root.parts), default=None)

    def settings_in(self, root: Path | None) -> Settings:
        """What holds in a root; outside of all of them it is what the user has set."""
        return self.settings if root is None else self.folder_settings.get(root, self.settings)

    def settings_of(self, uri: str) -> Settings:
        """What holds for a document."""
        path = home_of(uri)
        return self.settings_in(None if path is None else self.root_of(path.resolve()))

    async def services(self) -> "Services":
        """The services; a request that comes before they are built waits here.

        Raises:
            LacunaError: they could not be built, which the user has been told.
        """
        if self._services is None:
            self._services = asyncio.ensure_future(self._build())
        # Shielded: one cancelled request must not stop the building for all.
        return await asyncio.shield(self._services)

    async def _build(self) -> "Services":
        try:
            return await asyncio.to_thread(self.build_services, self)
        except Exception as error:
            log.exception("the engines could not be built")
            self.tell("Lacuna could not start its engines; its log has the details")
            raise LacunaError("the engines could not be built") from error

    def built_services(self) -> "Services | None":
        """The services, if they are built."""
        building = self._services
        if building is None or not building.done() or building.cancelled() or building.exception():
            return None
        return building.result()

    async def run(self) -> int:
        """Serve until `stop`; the exit status."""
        self._stopped = asyncio.get_running_loop().create_future()
        status = await self._stopped
        self.protocol.cancel_requests()
        services = self.built_services()
        if services is not None:
            await _closed(services)
        return status

    def on(self, method: str, handler: Callable[..., Any]) -> None:
        """Serve `method`. The handler is called on receipt, and may return an awaitable."""
        self.protocol.handlers[method] = handler

    def stop(self, status: int) -> None:
        """End `run`. The first status counts."""
        if self._stopped is not None and not self._stopped.done():
            self._stopped.set_result(status)

    @property
    def is_stopping(self) -> bool:
        """Whether `run` is about to end."""
        return self._stopped is not None and self._stopped.done()

    def report_server_error(self, error: Exception, source: Any) -> None:
        log.error("%s", type(error).__name__)

    def tell(self, message: str, kind: types.MessageType = types.MessageType.Warning) -> None:
        """Show one sentence to the user."""
        self.window_show_message(types.ShowMessageParams(type=kind, message=message))

    def note(self, message: str) -> None:
        """Write one sentence to the client's log."""
        params = types.LogMessageParams(type=types.MessageType.Info, message=message)
        self.window_log_message(params)


async def _closed(services: "Services") -> None:
    """Children are gone when this returns; if they resist, the process ends without waiting."""
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await services.close()
    except Exception:
        log.exception("the engines did not close")
