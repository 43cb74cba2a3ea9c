"""The attempts to break a function that a user asks for; what they find waits in the menu."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from lacuna_ls.actions.break_function import Found
from lacuna_ls.actions.provider import FileEdits
from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.domain.text import Span
from lacuna_ls.lsp.asked_searches import AskedSearches
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


class BreakSearches(AskedSearches[Found]):
    """At most one in a document at a time; `before` gives a file's bytes in the last commit."""

    def __init__(
        self,
        server: LacunaServer,
        tools: SaveTools,
        trust: TrustStore,
        before: Callable[[Path], Awaitable[bytes | None]],
    ) -> None:
        super().__init__(server)
        self._tools = tools
        self._trust = trust
        self._before = before

    async def start(self, document: Document, name: str) -> None:
        """Begin, and return at once: some clients wait for a command's end before anything else."""
        self.begin(document, self._attempt(document, name))

    async def _attempt(self, document: Document, name: str) -> None:
        function, path = _function(document, name), path_of(document.uri)
        if function is None or path is None:
            return
        try:
            async with progress(self._server, f"Trying to break {name}"):
                target = await self._target(document, path.resolve(), function)
                if isinstance(target, str):
                    self.tell(f"could not try to break {name}: {target}")
                    return
                budget_s = self._server.settings_of(document.uri).actions_time_budget_s
                result = await try_to_break(target, self._tools.runner, self._tools.clock, budget_s)
        except LacunaError as error:
            self.tell(f"could not try to break {name}: {error}")
            return
        more = ""
        if isinstance(result, Broken):
            self._keep(document, target, result)
            more = "; a test that fails because of it is in the menu"
        self.tell(in_words(name, result) + more)

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
        self.keep(document, (*self.found(document), found))


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
