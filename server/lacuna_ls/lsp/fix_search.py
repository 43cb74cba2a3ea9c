"""The quiet searches for fixes after red runs: one for each saved file, a few at a time.

A search ends with the next edit of what it searches, and with the next save in its root, because
what it has confirmed so far was confirmed against other files. After that save's own tests it is
made again, for a file that has stayed as it was.

Searches let others go first, and the user's own tests run one after the other in a root, those that
a search runs once more included.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lacuna_ls.domain.observation import Observation
from lacuna_ls.domain.test_result import RunStatus, TestReport
from lacuna_ls.lsp.save_run import Run, Save, SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.ports.code_runner import Candidates, CodeRunner, ObserveRequest, TestRequest
from lacuna_ls.repair.apart import judges
from lacuna_ls.repair.engine import search
from lacuna_ls.repair.fix import Budget, Fix, Problem, in_words

MOST_AT_ONCE = 2
NICENESS = 10

# What ends its own process, or has no tests, gives a search nothing to compare with.
_SEARCHED = (RunStatus.COMPLETED, RunStatus.COLLECTION_ERROR, RunStatus.TIMED_OUT)


@dataclass(slots=True)
class _Search:
    """One search; `found` is true if it has confirmed something."""

    save: Save
    run: Run
    uris: frozenset[str]
    task: asyncio.Task[None]
    found: bool = False


class FixSearches:
    """Started for red runs; confirmed fixes go into the tools' store as they come.

    `started` makes a task that somebody owns, `note` is told how a search ended, `turn` is the lock
    that the runs of a root's own tests take.
    """

    def __init__(
        self,
        server: LacunaServer,
        tools: SaveTools,
        started: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        note: Callable[[str], None],
        turn: Callable[[Path], asyncio.Lock],
    ) -> None:
        self._server = server
        self._tools = tools
        self._started = started
        self._note = note
        self._turn = turn
        self._searches: dict[str, _Search] = {}
        self._outdated: dict[str, _Search] = {}
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)

    def start(
        self,
        save: Save,
        run: Run,
        after: asyncio.Task[None] | None,
        reproduced: Callable[[], None] = lambda: None,
    ) -> asyncio.Task[None] | None:
        """Search when `after` is done; `None` if the run leaves nothing to search.

        `reproduced` is called once the search has run the failing tests once more, or does not do
        so for the time being.
        """
        uri = save.document.uri
        self.forget(uri)
        problems = tuple(self._problems(save, run))
        if not problems or run.report.status not in _SEARCHED:
            return None
        task = self._started(self._search(uri, problems, after, reproduced))
        task.add_done_callback(lambda _: reproduced())
        uris = frozenset(problem.document.uri for problem in problems)
        self._searches[uri] = _Search(save, run, uris, task)
        return task

    def running(self, root: Path) -> tuple[asyncio.Task[None], ...]:
        """The searches in this root that have not ended."""
        return tuple(each.task for each in self._in(root) if not each.task.done())

    def end(self, root: Path) -> None:
        """A file of this root was saved: what was confirmed in it says nothing any more."""
        for each in tuple(self._in(root)):
            uri = each.save.document.uri
            self.forget(uri)
            if each.found or not each.task.done():
                self._outdated[uri] = each
            each.task.cancel()

    def resume(self, root: Path) -> tuple[asyncio.Task[None], ...]:
        """Make again what the last save outdated, of files that nobody has changed since."""
        outdated = [each for each in self._outdated.values() if each.save.root == root]
        tasks = [self.start(each.save, each.run, each.task) for each in outdated]
        return tuple(task for task in tasks if task is not None)

    def forget(self, uri: str) -> None:
        """End the search of the file, for good."""
        self._outdated.pop(uri, None)
        search = self._searches.pop(uri, None)
        if search is not None:
            search.task.cancel()

    def edited(self, uri: str) -> None:
        """The text of an open document changed."""
        for each in self._searches.values():
            if uri in each.uris:
                each.task.cancel()

    def problems_of(self, uri: str) -> tuple[Problem, ...]:
        """What is red and concerns the document, as far as nothing has changed since it ran."""
        for each in self._searches.values():
            if uri == each.save.document.uri or uri in each.uris:
                return tuple(self._problems(each.save, each.run))
        return ()

    def step_aside(self, uri: str) -> None:
        """End what runs for the document now; what is known of its red tests stays."""
        for each in self._searches.values():
            if uri == each.save.document.uri or uri in each.uris:
                each.task.cancel()

    def in_turn(self, root: Path, runner: CodeRunner) -> CodeRunner:
        """`runner`, whose runs of the user's own tests wait for others in the root."""
        return _InTurn(runner, self._turn(root))

    def _in(self, root: Path) -> Iterator[_Search]:
        return (each for each in self._searches.values() if each.save.root == root)

    def _problems(self, save: Save, run: Run) -> Iterator[Problem]:
        """The saved document first, then the clean open ones that the tracebacks lead through."""
        frames = {
            frame.path
            for result in run.report.failures
            if result.failure is not None
            for frame in result.failure.frames
        }
        limits = replace(run.request.limits, niceness=NICENESS)
        request = replace(run.request, limits=limits)
        for each in sorted(run.clean, key=lambda each: each.path != save.path):
            if (each.path == save.path or each.path in frames) and self._is_newest(each):
                tests = judges(request, self._tools.files.read)
                yield Problem(each.document, each.path, request, run.report, tests)

    def _is_newest(self, save: Save) -> bool:
        """Whether editor, snapshot and disk agree byte by byte: a candidate replaces all three."""
        newest = self._server.documents.get(save.document.uri)
        return newest is save.document and self._tools.files.read(save.path) == newest.data

    async def _search(
        self,
        saved: str,
        problems: tuple[Problem, ...],
        after: asyncio.Task[None] | None,
        reproduced: Callable[[], None],
    ) -> None:
        """Search document after document until one has a fix."""
        if after is not None:
            await asyncio.wait([after])
        if self._slots.locked():
            reproduced()
        async with self._slots:
            for problem in problems:
                if await self._found(saved, problem, reproduced):
                    return

    async def _found(self, saved: str, problem: Problem, reproduced: Callable[[], None]) -> bool:
        uri = problem.document.uri
        fixes: list[Fix] = []

        def confirmed(fix: Fix) -> None:
            fixes.append(fix)
            self._searches[saved].found = True
            self._put(problem, fixes)
            if fix.evidence.unsandboxed:
                self._server.observed.ran_unsandboxed(uri)

        budget = Budget(wall_s=self._server.settings_of(uri).actions_time_budget_s)
        runner = _InTurn(self._tools.runner, self._turn(problem.request.root), reproduced)
        result = await search(problem, runner, self._tools.clock, budget, confirmed)
        label = ", unsandboxed" if any(f.evidence.unsandboxed for f in result.fixes) else ""
        self._note(f"{problem.path.name}: {in_words(result)}{label}")
        if result.fixes:
            # They came in the order in which they were confirmed; these are the best first.
            self._put(problem, result.fixes)
        return bool(result.fixes)

    def _put(self, problem: Problem, fixes: Sequence[Fix]) -> None:
        uri, version = problem.document.uri, problem.document.version
        shown_at = [finding.span for finding in self._server.diagnostics.shown(uri)]
        self._tools.finished.put(uri, version, fixes, shown_at)


@dataclass(frozen=True, slots=True)
class _InTurn:
    """A `CodeRunner` that runs the user's own tests only when no others run in their root.

    `ran` is called after each of these runs.
    """

    runner: CodeRunner
    turn: asyncio.Lock
    ran: Callable[[], None] = lambda: None

    async def run(self, request: TestRequest) -> TestReport:
        if request.overlays:
            return await self.runner.run(request)
        try:
            async with self.turn:
                return await self.runner.run(request)
        finally:
            self.ran()

    def screen(self, request: TestRequest, candidates: Candidates) -> AsyncIterator[TestReport]:
        return self.runner.screen(request, candidates)

    async def observe(self, request: ObserveRequest) -> Observation:
        return await self.runner.observe(request)
