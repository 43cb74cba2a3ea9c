"""The quiet search for a fix after a red run, one in each workspace root.

It ends with the next edit of what it searches and with the next save in its root, because what it
has confirmed so far was confirmed against other files.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

from lacuna_ls.domain.test_result import RunStatus
from lacuna_ls.lsp.save_run import Run, Save, SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.repair.engine import search
from lacuna_ls.repair.fix import Budget, Fix, Problem, in_words

# What ends its own process, or has no tests, gives a search nothing to compare with.
_SEARCHED = (RunStatus.COMPLETED, RunStatus.COLLECTION_ERROR, RunStatus.TIMED_OUT)


class FixSearches:
    """Started for red runs; confirmed fixes go into the tools' store as they come.

    `started` makes a task that somebody owns, `note` is told how a search ended.
    """

    def __init__(
        self,
        server: LacunaServer,
        tools: SaveTools,
        started: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        note: Callable[[str], None],
    ) -> None:
        self._server = server
        self._tools = tools
        self._started = started
        self._note = note
        self._searches: dict[Path, tuple[asyncio.Task[None], frozenset[str]]] = {}

    def start(
        self, save: Save, run: Run, after: asyncio.Task[None] | None
    ) -> asyncio.Task[None] | None:
        """Search when `after` is done; `None` if the run leaves nothing to search."""
        problems = tuple(self._problems(save, run))
        if not problems or run.report.status not in _SEARCHED:
            return None
        task = self._started(self._search(problems, after))
        uris = frozenset(problem.document.uri for problem in problems)
        self._searches[save.root] = (task, uris)
        return task

    def running(self, root: Path) -> asyncio.Task[None] | None:
        return self._searches.get(root, (None, frozenset()))[0]

    def end(self, root: Path) -> None:
        task, _ = self._searches.pop(root, (None, frozenset()))
        if task is not None:
            task.cancel()

    def edited(self, uri: str) -> None:
        """The text of an open document changed."""
        for task, uris in self._searches.values():
            if uri in uris:
                task.cancel()

    def _problems(self, save: Save, run: Run) -> Iterator[Problem]:
        """The saved document first, then the clean open ones that the tracebacks lead through."""
        frames = {
            frame.path
            for result in run.report.failures
            if result.failure is not None
            for frame in result.failure.frames
        }
        for each in sorted(run.clean, key=lambda each: each.path != save.path):
            if (each.path == save.path or each.path in frames) and self._is_newest(each):
                yield Problem(each.document, each.path, run.request, run.report)

    def _is_newest(self, save: Save) -> bool:
        """Whether editor, snapshot and disk agree byte by byte: a candidate replaces all three."""
        newest = self._server.documents.get(save.document.uri)
        return newest is save.document and self._tools.files.read(save.path) == newest.data

    async def _search(
        self, problems: tuple[Problem, ...], after: asyncio.Task[None] | None
    ) -> None:
        """Search document after document until one has a fix, when nothing else runs tests here."""
        if after is not None:
            await asyncio.wait([after])
        for problem in problems:
            uri, version = problem.document.uri, problem.document.version
            shown_at = [finding.span for finding in self._server.diagnostics.shown(uri)]
            fixes: list[Fix] = []

            def confirmed(
                fix: Fix,
                uri: str = uri,
                version: int = version,
                fixes: list[Fix] = fixes,
                shown_at: list[Any] = shown_at,
            ) -> None:
                fixes.append(fix)
                self._tools.finished.put(uri, version, fixes, shown_at)

            budget = Budget(wall_s=self._server.settings.actions_time_budget_s)
            result = await search(problem, self._tools.runner, self._tools.clock, budget, confirmed)
            self._note(f"{problem.path.name}: {in_words(result)}")
            if result.fixes:
                # They came in the order in which they were confirmed; these are the best first.
                self._tools.finished.put(uri, version, result.fixes, shown_at)
                return
