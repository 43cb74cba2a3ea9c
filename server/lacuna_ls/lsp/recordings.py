"""The values that failing tests leave, recorded by one more run, for editors that can show them.

It runs beside the search for a fix, which neither waits for it nor is slowed by it: the user's own
tests run one after the other in a root, and those that the search runs first go first.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from lacuna_ls.domain.test_result import TestResult
from lacuna_ls.lsp.fix_search import NICENESS
from lacuna_ls.lsp.save_run import Run, Save, SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.test_runs.facts import recording


class Recordings:
    """One for each saved file, until a newer save ends it.

    `started` makes a task that somebody owns, `turn` is the lock that the runs of a root's own
    tests take, `came` is told the failing tests whose values are known.
    """

    def __init__(
        self,
        server: LacunaServer,
        tools: SaveTools,
        started: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        turn: Callable[[Path], asyncio.Lock],
        came: Callable[[Save, Run, tuple[TestResult, ...]], None],
    ) -> None:
        self._server = server
        self._tools = tools
        self._started = started
        self._turn = turn
        self._came = came
        self._recordings: dict[str, tuple[Path, asyncio.Task[None]]] = {}

    def start(self, save: Save, run: Run, after: asyncio.Event) -> asyncio.Task[None] | None:
        """Run the first failing tests once more after `after`; `None` if nobody would see it."""
        client = self._server.client
        asked = recording(run.request, run.report, tuple(each.path for each in run.clean))
        if asked is None or not (client.hover or client.inlay_hints):
            return None
        task = self._started(self._record(save, run, asked, after))
        self._recordings[save.document.uri] = save.root, task
        return task

    def end(self, uri: str) -> None:
        """The file's tests have run anew."""
        _, task = self._recordings.pop(uri, (None, None))
        if task is not None:
            task.cancel()

    def end_in(self, root: Path) -> None:
        """A file of this root was saved."""
        for uri, (recorded, _) in tuple(self._recordings.items()):
            if recorded == root:
                self.end(uri)

    async def _record(self, save: Save, run: Run, asked: TestRequest, after: asyncio.Event) -> None:
        await after.wait()
        limits = replace(asked.limits, niceness=NICENESS)
        async with self._turn(save.root):
            report = await self._tools.runner.run(replace(asked, limits=limits))
        known = tuple(result for result in report.failures if result.facts)
        self._server.observed.recorded([each.document.uri for each in run.clean], known)
        self._came(save, run, known)
