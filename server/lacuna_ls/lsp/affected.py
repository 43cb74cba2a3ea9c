"""The tests that a save can affect: which of them run, and one queue a root for the background.

A save ends what runs; what had not come to its end stays in the queue, behind what the new save
can affect, so that no test is skipped silently.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.lsp.known_contexts import Conditions, KnownContexts, Seen
from lacuna_ls.ports.context_store import ContextStore
from lacuna_ls.ports.files import Files
from lacuna_ls.test_runs.plan import FileTests
from lacuna_ls.test_runs.selection import Targets

log = logging.getLogger(__name__)

MOST_AT_ONCE = 8
"""Test files in one run where nothing is recorded: few enough that the first results come soon."""

# Runs some tests; False if their files have to be run one by one, because together they took too
# long or one of them ended the process.
RunTests = Callable[[tuple[FileTests, ...]], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class SaveOf:
    """A save of `path`, and the files as they were `seen` when its tests were chosen."""

    path: Path
    conditions: Conditions
    seen: Seen


@dataclass(slots=True)
class _Queue:
    """Test files of one root with what runs them, the next one first."""

    waiting: dict[str, tuple[FileTests, RunTests]] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class AffectedTests:
    """One per server; `start_task` keeps the tasks it is given until they have ended."""

    def __init__(
        self,
        files: Files,
        start_task: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        store: ContextStore | None = None,
    ) -> None:
        self._files = files
        self._start_task = start_task
        self._known = KnownContexts(files, store)
        self._queues: dict[Path, _Queue] = {}

    async def first(
        self, path: Path, own: Targets, conditions: Conditions, *, whole: bool
    ) -> "tuple[tuple[FileTests, ...], SaveOf]":
        """The tests of the first report on a save of `path`, which has `own` tests."""
        tests, seen = await self._known.first(path, own, conditions, whole=whole)
        return tests, SaveOf(path, conditions, seen)

    async def start_later(
        self, save: SaveOf, first: tuple[FileTests, ...], report: TestReport | None, run: RunTests
    ) -> bool:
        """Take over the first report, and run what else the save can affect, if anything."""
        root = save.conditions.root
        later = await self._known.later(save.path, first, save.conditions)
        # Those without a reason run once more, to be recorded; red ones do when they are green again.
        green = report is not None and report.green
        later = tuple(t for t in later if t.why or (green and self.watches(root, (t,))))
        if report is not None:
            await self._known.ran(first, report, save.conditions, save.seen)
        self.start(root, later, run)
        return bool(later)

    def knows(self, root: Path) -> bool:
        """Whether anything has been recorded of the tests of `root`."""
        return self._known.knows(root)

    def watches(self, root: Path, tests: tuple[FileTests, ...]) -> bool:
        """Whether a run of these can record what they execute."""
        return len(tests) == 1 and self._known.records(root, tests[0].file)

    def seen(self, conditions: Conditions) -> Seen:
        """To be asked before a run in the background."""
        return self._known.seen(conditions)

    async def ran(
        self,
        tests: tuple[FileTests, ...],
        report: TestReport,
        conditions: Conditions,
        seen: Seen,
        *,
        watched: bool,
    ) -> None:
        """Take over what a run in the background says about what its tests execute."""
        await self._known.ran(tests, report, conditions, seen, watched=watched)

    def interrupt(self, root: Path) -> None:
        """End what runs in `root`; it stays in the queue."""
        queue = self._queues.get(root)
        if queue is not None and queue.task is not None:
            queue.task.cancel()

    def done(self, root: Path, tests: Iterable[FileTests]) -> None:
        """These have run otherwise."""
        queue = self._queues.get(root, _Queue())
        for each in tests:
            owed, run = queue.waiting.pop(each.file, (None, None))
            left = [test for test in owed.only if test not in each.only] if owed else []
            if owed and run and each.only and (left or not owed.only):
                queue.waiting[each.file] = FileTests(each.file, tuple(left), owed.why), run

    def start(self, root: Path, tests: Iterable[FileTests], run: RunTests) -> None:
        """Run `tests`, then what is left of earlier ones."""
        queue = self._queues.setdefault(root, _Queue())
        new = {each.file: (each, run) for each in tests}
        for file, (owed, _) in queue.waiting.items():
            if file in new:
                new[file] = _both(new[file][0], owed), run
        queue.waiting = new | {f: w for f, w in queue.waiting.items() if f not in new}
        queue.alone -= new.keys()
        self.interrupt(root)
        if queue.waiting:
            queue.task = self._start_task(self._work(root, queue, queue.task))

    async def _work(self, root: Path, queue: _Queue, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            await self._drain(root, queue)
        finally:
            await asyncio.shield(self._known.keep(root))

    async def _drain(self, root: Path, queue: _Queue) -> None:
        while queue.waiting:
            chunk, run = self._next(root, queue)
            there = tuple(t for t in chunk if self._files.signature(root / t.file) is not None)
            try:
                whole = not there or await run(there)
            except LacunaError as error:
                log.warning("the affected tests were not run: %s", error)
                queue.waiting.clear()
                return
            if whole or len(there) == 1:
                for test in chunk:
                    queue.waiting.pop(test.file, None)
            else:
                queue.alone.update(test.file for test in chunk)

    def _next(self, root: Path, queue: _Queue) -> tuple[tuple[FileTests, ...], RunTests]:
        """The next test files that can share a run."""
        first, run = next(iter(queue.waiting.values()))
        if first.file in queue.alone or self.watches(root, (first,)):
            return (first,), run
        together = [t for t, r in queue.waiting.values() if r is run and t.file not in queue.alone]
        return tuple(together[:MOST_AT_ONCE]), run


def _both(new: FileTests, owed: FileTests) -> FileTests:
    """What either of them wants of a file."""
    only = tuple(dict.fromkeys((*new.only, *owed.only))) if new.only and owed.only else ()
    return FileTests(new.file, only, {**owed.why, **new.why})
