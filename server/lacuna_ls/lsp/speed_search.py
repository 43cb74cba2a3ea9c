"""The searches for a speed-up that a user asks for; what they find is shown, and waits in the menu."""

import logging
from pathlib import Path

from lacuna_ls.actions.speed_up import Found, title_of
from lacuna_ls.domain.errors import LacunaError, RunnerError
from lacuna_ls.domain.text import Span
from lacuna_ls.lsp.asked_searches import AskedSearches
from lacuna_ls.lsp.diagnostics import Note
from lacuna_ls.lsp.progress import Progress, progress
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.lsp.search_longer import Drafting
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import path_of, uri_of
from lacuna_ls.optimization.candidates import candidates, function_named
from lacuna_ls.optimization.engine import (
    MAX_CANDIDATES,
    Faster,
    NothingFaster,
    Target,
    search,
)
from lacuna_ls.optimization.model_search import search_with_model
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.ports.code_timer import TimedRunner
from lacuna_ls.ports.trust import TrustStore
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.selection import targets_of
from lacuna_ls.verification.asking import Asking

log = logging.getLogger(__name__)

# A model on this machine takes its time, and who asked can cancel.
_MODEL_SHARE = 6.0
_MAX_TOKENS, _REPLY_TOKENS = 48_000, 2_000


class SpeedSearches(AskedSearches[Found]):
    """At most one in a document at a time."""

    def __init__(
        self,
        server: LacunaServer,
        tools: SaveTools,
        trust: TrustStore,
        runner: TimedRunner,
        drafting: Drafting,
    ) -> None:
        super().__init__(server)
        self._tools = tools
        self._trust = trust
        self._runner = runner
        self._drafting = drafting

    async def start(self, document: Document, name: str) -> None:
        """Begin, and return at once: some clients wait for a command's end before anything else."""
        self.begin(document, self._search(document, name))

    async def _search(self, document: Document, name: str) -> None:
        path = path_of(document.uri)
        if path is None:
            return
        try:
            async with progress(self._server, f"Searching for a speed-up of {name}") as bar:
                target = self._target(document, path.resolve(), name)
                if isinstance(target, str):
                    self.tell(f"could not search for a speed-up of {name}: {target}")
                    return
                result = await self._searched(target, bar)
        except LacunaError as error:
            self.tell(f"could not search for a speed-up of {name}: {error}")
            return
        if isinstance(result, NothingFaster):
            self.tell(f"found no speed-up of {name}: {result.reason}")
        else:
            self._keep(document, name, result)

    async def _searched(self, target: Target, bar: Progress) -> Faster | NothingFaster:
        """By idioms, and where the user has named a model, by what it writes as well."""
        model, runner = self._drafting.model(), self._drafting.runner
        if model is None or self._drafting.shown(target.path) is None:
            return await search(target, self._runner, bar.report)
        assert isinstance(runner, TimedRunner)
        uri = uri_of(target.path)
        wall_s = _MODEL_SHARE * self._server.settings_of(uri).actions_time_budget_s
        clock = self._tools.clock
        asking = Asking(model, clock, clock.monotonic_s() + wall_s, _MAX_TOKENS, _REPLY_TOKENS)
        known = candidates(target.data, target.name, target.language, MAX_CANDIDATES)
        try:
            return await search_with_model(target, asking, runner, known, bar.report)
        except RunnerError as error:
            log.info("no model is asked: %s", error)
            return await search(target, self._runner, bar.report)

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
        self.keep(document, (*others, found))
        notes = [
            Note(each.span, f"{title_of(each)}: {each.faster.summary}") for each in (*others, found)
        ]
        self._server.diagnostics.note(document, notes)


def _first_line(document: Document, name: str) -> Span:
    assert document.tree is not None
    assert document.language is not None
    function = function_named(document.tree.root_node, name, document.language)
    start = 0 if function is None else function.start_byte
    line = document.source.line_span(document.source.line_at(start))
    return Span(start, line.end)
