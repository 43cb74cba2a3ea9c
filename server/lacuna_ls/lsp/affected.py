"""The tests that a save can affect beyond the file's own: one queue a root, run when it is quiet.

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
from lacuna_ls.ports.files import Files
from lacuna_ls.syntax.languages import Language
from lacuna_ls.test_runs.import_graph import ImportGraph, refreshed
from lacuna_ls.test_runs.pytest_config import read_pytest_config
from lacuna_ls.test_runs.selection import affected_tests

log = logging.getLogger(__name__)

MOST_AT_ONCE = 8
"""Test files in one run: few enough that the first results come soon."""

# Runs some test files; False if they have to be run one by one, because together they took too
# long or one of them ended the process.
RunTests = Callable[[tuple[str, ...]], Awaitable[bool]]


@dataclass(slots=True)
class _Queue:
    """Test files of one root with what runs them, the next one first."""

    waiting: dict[str, RunTests] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class AffectedTests:
    """One per server; `start_task` keeps the tasks it is given until they have ended."""

    def __init__(
        self, files: Files, start_task: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    ) -> None:
        self._files = files
        self._start_task = start_task
        self._graphs: dict[tuple[Path, str], ImportGraph] = {}
        self._reading = asyncio.Lock()
        self._queues: dict[Path, _Queue] = {}

    async def of(self, path: Path, root: Path, language: Language) -> tuple[str, ...]:
        """The test files that a change of `path` can reach, nearest first."""
        key = root, language.name
        async with self._reading:
            graph = self._graphs.get(key) or ImportGraph(root, language)
            graph = await asyncio.to_thread(refreshed, graph, self._files)
            self._graphs[key] = graph
        return affected_tests(path, graph, read_pytest_config(root, self._files))

    def interrupt(self, root: Path) -> None:
        """End what runs in `root`; it stays in the queue."""
        queue = self._queues.get(root)
        if queue is not None and queue.task is not None:
            queue.task.cancel()

    def done(self, root: Path, tests: Iterable[str]) -> None:
        """These have run otherwise."""
        queue = self._queues.get(root, _Queue())
        for test in tests:
            queue.waiting.pop(test, None)

    def start(self, root: Path, tests: Iterable[str], run: RunTests) -> None:
        """Run `tests`, then what is left of earlier ones."""
        queue = self._queues.setdefault(root, _Queue())
        new = dict.fromkeys(tests, run)
        queue.waiting = new | {t: r for t, r in queue.waiting.items() if t not in new}
        queue.alone -= new.keys()
        self.interrupt(root)
        if queue.waiting:
            queue.task = self._start_task(self._work(root, queue, queue.task))

    async def _work(self, root: Path, queue: _Queue, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        while queue.waiting:
            chunk, run = _next(queue)
            there = tuple(t for t in chunk if self._files.signature(root / t) is not None)
            try:
                whole = not there or await run(there)
            except LacunaError as error:
                log.warning("the affected tests were not run: %s", error)
                queue.waiting.clear()
                return
            if whole or len(there) == 1:
                for test in chunk:
                    queue.waiting.pop(test, None)
            else:
                queue.alone.update(chunk)


def _next(queue: _Queue) -> tuple[tuple[str, ...], RunTests]:
    """The next test files that can share a run."""
    first, run = next(iter(queue.waiting.items()))
    if first in queue.alone:
        return (first,), run
    together = [t for t, r in queue.waiting.items() if r is run and t not in queue.alone]
    return tuple(together[:MOST_AT_ONCE]), run
