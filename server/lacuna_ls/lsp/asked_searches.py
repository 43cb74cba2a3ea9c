"""What searches in one document have in common: one at a time, and finds of one version."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Generic, TypeVar

from lsprotocol import types

from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.syntax.document import Document

log = logging.getLogger(__name__)

Find = TypeVar("Find")


class AskedSearches(Generic[Find]):
    """At most one in a document at a time; what is found is of exactly the version searched in."""

    def __init__(self, server: LacunaServer) -> None:
        self._server = server
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._found: dict[str, tuple[int, tuple[Find, ...]]] = {}

    def found(self, document: Document) -> Sequence[Find]:
        """What is known of exactly this version."""
        version, found = self._found.get(document.uri, (-1, ()))
        return found if version == document.version else ()

    def edited(self, uri: str) -> None:
        """The text of an open document changed: what was found in it is of another."""
        task = self._tasks.get(uri)
        if task is not None:
            task.cancel()
        self._found.pop(uri, None)

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def begin(self, document: Document, search: Coroutine[None, None, None]) -> None:
        """Start it, unless one runs there: some clients wait for a command's end before anything else."""
        running = self._tasks.get(document.uri)
        if running is not None and not running.done():
            search.close()
            return
        task = asyncio.create_task(search)
        self._tasks[document.uri] = task
        task.add_done_callback(_log_failure)

    def keep(self, document: Document, found: Sequence[Find]) -> None:
        """All that is known of this version."""
        self._found[document.uri] = (document.version, tuple(found))

    def tell(self, message: str) -> None:
        self._server.tell(f"Lacuna: {message}", types.MessageType.Info)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a search that was asked for failed", exc_info=error)
