"""The searches for a speed-up that a user asks for; what they find is shown, and waits in the menu."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types

from lacuna_ls.actions.speed_up import Found, title_of
from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.domain.text import Span
from lacuna_ls.lsp.diagnostics import Note
from lacuna_ls.lsp.progress import progress
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.optimization.candidates import function_named
from lacuna_ls.optimization.engine import Faster, NothingFaster, Target, search
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.ports.code_timer import TimedRunner
from lacuna_ls.ports.trust import TrustStore
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.selection import targets_of

log = logging.getLogger(__name__)


class SpeedSearches:
    """At most one in a document at a time."""

    def __init__(
        self, server: LacunaServer, tools: SaveTools, trust: TrustStore, runner: TimedRunner
    ) -> None:
        self._server = server
        self._tools = tools
        self._trust = trust
        self._runner = runner
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._found: dict[str, tuple[int, tuple[Found, ...]]] = {}

    def found(self, document: Document) -> Sequence[Found]:
        """What is known of exactly this version."""
        version, found = self._found.get(document.uri, (-1, ()))
        return found if version == document.version else ()

    async def start(self, document: Document, name: str) -> None:
        """Begin, and return at once: some clients wait for a command's end before anything else."""
        running = self._tasks.get(document.uri)
        if running is not None and not running.done():
            return
        task = asyncio.create_task(self._search(document, name))
        self._tasks[document.uri] = task
        task.add_done_callback(_log_failure)

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

    async def _search(self, document: Document, name: str) -> None:
        path = path_of(document.uri)
        if path is None:
            return
        try:
            async with progress(self._server, f"Searching for a speed-up of {name}") as bar:
                target = self._target(document, path.resolve(), name)
                if isinstance(target, str):
                    self._tell(f"could not search for a speed-up of {name}: {target}")
                    return
                result = await search(target, self._runner, bar.report)
        except LacunaError as error:
            self._tell(f"could not search for a speed-up of {name}: {error}")
            return
        if isinstance(result, NothingFaster):
            self._tell(f"found no speed-up of {name}: {result.reason}")
        else:
            self._keep(document, name, result)

    def _target(self, document: Document, path: Path, name: str) -> Target | str:
        """What is to be made faster, or why that cannot be tried."""
        root = self._server.root_of(path)
        if root is None or self._tools.files.read(path) != document.data:
            return "its file has to be saved first, in a folder that is open"
        if not self._trust.trusted(root):
            return f"{root.name} is not trusted: `lacuna-ls trust PATH` lets its tests run"
        targets = targets_of(path, root, document, self._tools.files)
        if not targets.paths:
            return "it has no tests to compare by"
        if document.language is None or document.tree is None:
            return "there is nothing for its language"
        request = TestRequest(
            root,
            self._tools.interpreter(root, path),
            targets.paths,
            arguments=self._server.settings.tests_arguments,
        )
        return Target(document.data, path, name, document.language, request)

    def _keep(self, document: Document, name: str, faster: Faster) -> None:
        if self._server.documents.get(document.uri) is not document:
            return
        others = [each for each in self.found(document) if each.name != name]
        found = Found(_first_line(document, name), name, faster)
        self._found[document.uri] = (document.version, (*others, found))
        notes = [
            Note(each.span, f"{title_of(each)}: {each.faster.summary}") for each in (*others, found)
        ]
        self._server.diagnostics.note(document, notes)

    def _tell(self, message: str) -> None:
        self._server.tell(f"Lacuna: {message}", types.MessageType.Info)


def _first_line(document: Document, name: str) -> Span:
    assert document.tree is not None
    assert document.language is not None
    function = function_named(document.tree.root_node, name, document.language)
    start = 0 if function is None else function.start_byte
    line = document.source.line_span(document.source.line_at(start))
    return Span(start, line.end)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a search for a speed-up failed", exc_info=error)
