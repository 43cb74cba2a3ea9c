"""Quiet hints: what is clearly worth extracting in an open file, as diagnostics of the lowest rank.

Looked for once the text has rested, in a thread, definition by definition, and given up as soon as
the text changes. A file outside the workspace's folders is nobody's to be improved, and neither is
one of an environment or a copy of somebody else's.
"""

import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lacuna_ls.lsp.uris import home_of
from lacuna_ls.syntax.document import Document

if TYPE_CHECKING:
    from lacuna_ls.extraction.quiet import Marks
    from lacuna_ls.lsp.server import LacunaServer

log = logging.getLogger(__name__)

REST_S = 1.0
# What each turn of the loop may wait for a thread that searches; five milliseconds otherwise.
_GIVES_WAY_AFTER_S = 0.0005
_NOT_THEIRS = frozenset(
    (
        *("site-packages", "dist-packages", "node_modules", "__pycache__", ".venv", "venv", ".tox"),
        *(".nox", "vendor", "vendored", "_vendor", "_vendored", "third_party", "thirdparty"),
        *("extern", "external", "generated", "migrations", "build", "dist"),
    )
)


class OpportunityHints:
    """One per server. `rest_s` is how long a text has to be left alone."""

    def __init__(self, server: "LacunaServer", rest_s: float = REST_S) -> None:
        self._server = server
        self._rest_s = rest_s
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._known: dict[str, Marks] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # One file after the other.
        self._turn = asyncio.Lock()

    @property
    def is_busy(self) -> bool:
        """Whether something is looked for, or will be."""
        return bool(self._timers or self._tasks)

    def touched(self, uri: str) -> None:
        """A document was opened or changed, or what is set for it may have."""
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()
        if self._server.client.quick_fix_diagnostics:
            loop = asyncio.get_running_loop()
            self._timers[uri] = loop.call_later(self._rest_s, self._rested, uri)

    def forget(self, uri: str) -> None:
        """A document was closed."""
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()
        self._known.pop(uri, None)

    def _rested(self, uri: str) -> None:
        self._timers.pop(uri, None)
        document = self._server.documents.get(uri)
        if document is not None:
            task = asyncio.ensure_future(self._look(document))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    async def _look(self, document: Document) -> None:
        await self._server.services()  # which has imported what follows
        from lacuna_ls.extraction.quiet import Marks, marks

        if not self._is_newest(document):
            return
        before = self._known.setdefault(document.uri, Marks())
        found = None
        async with self._turn:
            if self._may_be_improved(document):
                with _giving_way():
                    found = await asyncio.to_thread(
                        marks, document, before, lambda: not self._is_wanted(document)
                    )
        if self._is_newest(document):
            self._known[document.uri] = found or Marks()
            self._server.diagnostics.hint(document, found.found if found else ())

    def _may_be_improved(self, document: Document) -> bool:
        path = home_of(document.uri)
        root = self._server.root_of(path.resolve()) if path else None
        if path is None or root is None:
            return False
        if self._server.settings_in(root).extract_hints == "off":
            return False
        folders = path.resolve().relative_to(root).parts[:-1]
        return path.suffix != ".pyi" and _NOT_THEIRS.isdisjoint(folders)

    def _is_newest(self, document: Document) -> bool:
        return self._server.documents.get(document.uri) is document

    def _is_wanted(self, document: Document) -> bool:
        """Asked by the thread that searches: a server that ends does not wait for it."""
        return self._is_newest(document) and not self._server.is_stopping

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the search for what is worth extracting failed", exc_info=error)


@contextmanager
def _giving_way() -> Iterator[None]:
    """Until the end, threads hand over sooner: a keystroke needs several turns of the loop."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_GIVES_WAY_AFTER_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
