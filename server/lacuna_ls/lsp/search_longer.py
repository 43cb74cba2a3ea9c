"""The search that a user asks for: with progress, and with a model where there is one.

It takes the place of the quiet search of the same file, and ends like that with the next edit of what
it searches, and with the next save in its root.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types

from lacuna_ls.domain.errors import LacunaError, RunnerError
from lacuna_ls.domain.text import Span
from lacuna_ls.lsp.fix_search import FixSearches
from lacuna_ls.lsp.progress import Progress, progress
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.ports.code_runner import CodeRunner
from lacuna_ls.ports.language_model import LanguageModel
from lacuna_ls.repair.engine import search, searchable
from lacuna_ls.repair.fix import Budget, Fix, Problem
from lacuna_ls.repair.fix import in_words as search_in_words
from lacuna_ls.repair.model_loop.joined import joined, told_apart
from lacuna_ls.repair.model_loop.loop import LoopBudget, refine_with_model, refused_in_words
from lacuna_ls.syntax.document import Document
from lacuna_ls.verification.evidence import titled

log = logging.getLogger(__name__)

_MOST_CANDIDATES = 20_000
# A model on this machine takes its time, and who asked for more can cancel.
_MODEL_SHARE = 6.0


@dataclass(frozen=True, slots=True)
class Drafting:
    """What drafts are made and run with.

    `model` is the one that the user has named, if any. `runner` runs code that nobody has read.
    `shown` gives the files of which a model may see something.
    """

    model: Callable[[], LanguageModel | None]
    runner: CodeRunner
    shown: Callable[[Path], bytes | None]


@dataclass(frozen=True, slots=True)
class _Search:
    """A search in `root` for a fix of one of the documents `uris`."""

    task: asyncio.Task[None]
    uris: frozenset[str]
    root: Path


class LongerSearches:
    """At most one for a document at a time."""

    def __init__(
        self, server: LacunaServer, tools: SaveTools, quiet: FixSearches, drafting: Drafting
    ) -> None:
        self._server = server
        self._tools = tools
        self._quiet = quiet
        self._drafting = drafting
        self._searches: list[_Search] = []

    def places(self, document: Document) -> tuple[Span, ...]:
        """Where a longer search is offered: at what is red, and in the functions that it judges."""
        if not any(map(searchable, self._quiet.problems_of(document.uri))):
            return ()
        shown = tuple(finding.span for finding in self._server.diagnostics.shown(document.uri))
        starts = document.source.line_starts
        judged = tuple(
            Span(starts[each.definition.first_line], document.source.line_span(last).end)
            for each in self._server.observed.judged(document.uri)
            if any(result.red for result in each.results)
            and (last := each.definition.last_line) < len(starts)
        )
        return shown + judged

    async def start(self, document: Document) -> None:
        """Begin, and return at once: some clients wait for a command's end before anything else."""
        problems = [p for p in self._quiet.problems_of(document.uri) if searchable(p)]
        if not problems:
            self._tell("nothing to search: no failing test concerns what was saved last")
            return
        uris = frozenset(problem.document.uri for problem in problems)
        if any(uris & each.uris for each in self._searches):
            return
        self._quiet.step_aside(document.uri)
        task = asyncio.create_task(self._search(problems))
        self._searches.append(_Search(task, uris, problems[0].request.root))
        task.add_done_callback(self._ended)

    def edited(self, uri: str) -> None:
        """The text of an open document changed: what is searched in it is not there any more."""
        for each in self._searches:
            if uri in each.uris:
                each.task.cancel()

    def saved(self, document: Document) -> None:
        """A file was saved: what was confirmed in its root was confirmed against another one."""
        path = path_of(document.uri)
        for each in self._searches:
            if path is not None and path.resolve().is_relative_to(each.root):
                each.task.cancel()

    async def close(self) -> None:
        tasks = [each.task for each in self._searches]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _search(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            name = problem.path.name
            try:
                async with progress(self._server, f"Searching longer for a fix in {name}") as bar:
                    fixes, words = await self._one(problem, bar)
            except LacunaError as error:
                self._tell(f"{name}: the search ended: {error}")
                return
            self._tell(f"{name}: {words}")
            if fixes:
                return

    async def _one(self, problem: Problem, bar: Progress) -> tuple[Sequence[Fix], str]:
        clock, root = self._tools.clock, problem.request.root
        budget_s = self._server.settings_of(problem.document.uri).actions_time_budget_s
        started_s = clock.monotonic_s()
        kept = _Kept(self._server, self._tools, problem)
        bar.report("small changes")
        budget = Budget(wall_s=budget_s, max_candidates=_MOST_CANDIDATES)
        runner = self._quiet.in_turn(root, self._tools.runner)
        result = await search(problem, runner, clock, budget, kept.found)
        kept.found_all(result.fixes)
        tried, words = result.candidates_tried, ""
        model = self._drafting.model()
        if model is not None:
            bar.report(f"{search_in_words(result)}; asking {model.capabilities.model_id}")
            drafted, reason = await self._drafted(problem, model, budget_s * _MODEL_SHARE, kept)
            tried += drafted
            words = f", {drafted} of them by {model.capabilities.model_id}"
            words += f"; {reason}" if reason else ""
            await kept.told_apart(self._quiet.in_turn(root, self._drafting.runner))
        fixes = kept.fixes()
        took = f"{clock.monotonic_s() - started_s:.1f} s ({tried} candidates tried{words})"
        if not fixes:
            return fixes, f"found nothing in {took}"
        best = titled(fixes[0].candidate.summary, fixes[0].evidence)
        more = f" and {len(fixes) - 1} more" if len(fixes) > 1 else ""
        return fixes, f"in the menu after {took}: {best}{more}"

    async def _drafted(
        self, problem: Problem, model: LanguageModel, wall_s: float, kept: "_Kept"
    ) -> tuple[int, str]:
        """How many drafts were tried, and what stood in the way of more."""
        shown = self._drafting.shown
        if shown(problem.path) is None:
            return 0, "this file is kept from models, by its name or by an ignore rule"
        runner = self._quiet.in_turn(problem.request.root, self._drafting.runner)
        budget = LoopBudget(wall_s=wall_s)
        try:
            result = await refine_with_model(
                problem, model, runner, self._tools.clock, shown, budget, kept.drafted
            )
        except RunnerError as error:
            return 0, str(error)
        log.info("%s: %s, %s", problem.path.name, result.end, refused_in_words(result.refused))
        return result.drafts_tried, result.reason

    def _tell(self, message: str) -> None:
        self._server.tell(f"Lacuna: {message}", types.MessageType.Info)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._searches = [each for each in self._searches if each.task is not task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a longer search failed", exc_info=error)


class _Kept:
    """The fixes of one search, in the menu as they come."""

    def __init__(self, server: LacunaServer, tools: SaveTools, problem: Problem) -> None:
        self._problem = problem
        self._tools = tools
        self._shown_at = [f.span for f in server.diagnostics.shown(problem.document.uri)]
        self._found: tuple[Fix, ...] = ()
        self._drafted: tuple[Fix, ...] = ()
        self._ranked: tuple[Fix, ...] = ()

    def found(self, fix: Fix) -> None:
        self.found_all((*self._found, fix))

    def found_all(self, fixes: Sequence[Fix]) -> None:
        self._found = tuple(fixes)
        self._put()

    def drafted(self, fix: Fix) -> None:
        self._drafted = (*self._drafted, fix)
        self._put()

    def fixes(self) -> tuple[Fix, ...]:
        return self._ranked or joined(self._problem.document.data, self._found, self._drafted)

    async def told_apart(self, runner: CodeRunner) -> None:
        """Rank all of them by what they do, if a model has drafted some."""
        if self._drafted:
            self._ranked = await told_apart(self._problem, self.fixes(), runner)
            self._put()

    def _put(self) -> None:
        uri, version = self._problem.document.uri, self._problem.document.version
        self._tools.finished.put(uri, version, self.fixes(), self._shown_at)
