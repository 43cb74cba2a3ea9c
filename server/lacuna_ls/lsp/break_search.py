"""The attempts to break a function that a user asks for; what they find waits in the menu."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from lsprotocol import types

from lacuna_ls.actions.break_function import Found
from lacuna_ls.actions.provider import FileEdits
from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.domain.text import Span
from lacuna_ls.lsp.progress import progress
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import path_of, uri_of
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.ports.trust import TrustStore
from lacuna_ls.repair.proposers.template import templates_of
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import preorder, span_of
from lacuna_ls.test_runs.selection import targets_of
from lacuna_ls.verification.breaking import Broken, Target, in_words, try_to_break
from lacuna_ls.verification.callables import Callable as Function
from lacuna_ls.verification.callables import callable_at

log = logging.getLogger(__name__)


class BreakSearches:
    """At most one in a document at a time; `before` gives a file's bytes in the last commit."""

    def __init__(
        self,
        server: LacunaServer,
        tools: SaveTools,
        trust: TrustStore,
        before: Callable[[Path], Awaitable[bytes | None]],
    ) -> None:
        self._server = server
        self._tools = tools
        self._trust = trust
        self._before = before
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
        task = asyncio.create_task(self._attempt(document, name))
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

    async def _attempt(self, document: Document, name: str) -> None:
        function, path = _function(document, name), path_of(document.uri)
        if function is None or path is None:
            return
        try:
            async with progress(self._server, f"Trying to break {name}"):
                target = await self._target(document, path.resolve(), function)
                if isinstance(target, str):
                    self._tell(f"could not try to break {name}: {target}")
                    return
                budget_s = self._server.settings_of(document.uri).actions_time_budget_s
                result = await try_to_break(target, self._tools.runner, self._tools.clock, budget_s)
        except LacunaError as error:
            self._tell(f"could not try to break {name}: {error}")
            return
        more = ""
        if isinstance(result, Broken):
            self._keep(document, target, result)
            more = "; a test that fails because of it is in the menu"
        self._tell(in_words(name, result) + more)

    async def _target(self, document: Document, path: Path, function: Function) -> Target | str:
        """What is to be broken, or why that cannot be tried."""
        root = self._server.root_of(path)
        if root is None or self._tools.files.read(path) != document.data:
            return "its file has to be saved first, in a folder that is open"
        if not self._trust.trusted(root):
            return f"{root.name} is not trusted: `lacuna-ls trust PATH` lets its tests run"
        targets = targets_of(path, root, document, self._tools.files)
        tests = next((root / each for each in targets.paths), None)
        if tests is None:
            return "it has no tests to learn from"
        text = self._tools.files.read(tests)
        if text is None or self._unsaved(tests, text):
            return f"{tests.name} has to be saved first"
        request = TestRequest(
            root,
            self._tools.interpreter(root, path),
            targets.paths,
            arguments=self._server.settings.tests_arguments,
        )
        before = await self._before(path)
        return Target(document, path, function, request, tests, text, before)

    def _unsaved(self, path: Path, text: bytes) -> bool:
        document = self._server.documents.get(uri_of(path))
        return document is not None and document.data != text

    def _keep(self, document: Document, target: Target, broken: Broken) -> None:
        elsewhere = None
        if target.test_path != target.path:
            uri = uri_of(target.test_path)
            opened = self._server.documents.get(uri)
            version = opened.version if opened is not None else None
            elsewhere = FileEdits(uri, target.test_text, (broken.test.edit,), version)
        found = Found(_first_line(document, target.function), broken, elsewhere)
        self._found[document.uri] = (document.version, (*self.found(document), found))

    def _tell(self, message: str) -> None:
        self._server.tell(f"Lacuna: {message}", types.MessageType.Info)


def _function(document: Document, name: str) -> Function | None:
    templates = templates_of(document.language)
    if templates is None or document.tree is None:
        return None
    root = document.tree.root_node
    for node in preorder(root):
        if node.type in templates.function_types:
            found = callable_at(root, span_of(node), templates.function_types)
            if found is not None and found.name == name:
                return found
    return None


def _first_line(document: Document, function: Function) -> Span:
    line = document.source.line_at(function.node.start_byte)
    return document.source.line_span(line)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("an attempt to break a function failed", exc_info=error)
