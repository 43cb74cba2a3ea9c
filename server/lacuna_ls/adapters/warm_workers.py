"""Supervisors kept between runs, with what their runs will need already imported.

One serves one run at a time. It is found again by interpreter, root, hash seed and environment; it
tells itself when what it has imported is no longer what is installed. What earlier runs imported
is imported ahead in those that are kept, except for modules that were seen to leave traces.
"""

import asyncio
import weakref
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from lacuna_ls.adapters.worker_process import WorkerProcess
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.worker import messages

_MAX_IDLE = 6
_IDLE_S = 600.0
_MAX_ATTEMPTS = 3
_MAX_MODULES = 2000
# Not to be imported ahead: then nothing is, as if each run were the first.
_NOTHING_AHEAD = "pytest"

# Waits for the end of a run, and gives what it has imported.
Rest = Callable[[], Awaitable[Mapping[str, str] | None]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs can share a process. `tier` is the candidates' sandbox, `None` for no candidates."""

    interpreter: Path
    root: Path
    hash_seed: int | None
    tier: str | None


@dataclass(slots=True)
class _Imports:
    """What runs of one interpreter in one root import (name to origin), and what must wait.

    Where `threaded` modules are imported ahead, a process cannot fork.
    """

    modules: dict[str, str] = field(default_factory=dict)
    avoid: set[str] = field(default_factory=set)
    threaded: set[str] = field(default_factory=set)

    def avoided(self, place: Place) -> set[str]:
        """Candidates are forks, always: each is held by what its supervisor has set up."""
        return self.avoid if place.tier is None else self.avoid | self.threaded


class WarmWorkers:
    """Hands processes out and takes them back."""

    def __init__(self) -> None:
        self._idle: list[tuple[Place, WorkerProcess]] = []
        self._coming: defaultdict[Place, list[asyncio.Task[WorkerProcess]]] = defaultdict(list)
        self._handed_out: Counter[Place] = Counter()
        self._imports: defaultdict[tuple[Path, Path], _Imports] = defaultdict(_Imports)
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[int, asyncio.TimerHandle] = {}
        # Those of an owner that is dropped without `close`, at the end of the program at the latest.
        weakref.finalize(self, _end_now, self._idle)

    async def take(
        self, place: Place, environment: Mapping[str, str], task: messages.Request
    ) -> WorkerProcess:
        """A process that has begun with `task`.

        Raises:
            RunnerError: no process could be started.
        """
        for _ in range(_MAX_ATTEMPTS):
            process = await self._next(place, environment)
            try:
                begun = await process.begin(task)
            except BaseException:
                await process.end()
                raise
            if begun:
                self._handed_out[place] += 1
                return process
            await process.end()
        raise RunnerError(f"{place.interpreter} is being changed: its tests cannot run now")

    def expect(self, place: Place, environment: Mapping[str, str]) -> None:
        """Start a process that will soon be taken, unless there is one, at work or not."""
        if self._coming[place] or self._handed_out[place]:
            return
        if any(kept == place for kept, _ in self._idle):
            return
        self._expect(place, asyncio.create_task(self._started(place, environment)))

    async def ready(self, place: Place, environment: Mapping[str, str]) -> None:
        """Have a process that waits; it is started if there is none.

        Raises:
            RunnerError: it could not be started.
        """
        self.expect(place, environment)
        if coming := self._coming[place]:
            await asyncio.shield(coming[-1])

    def give_back(
        self, place: Place, process: WorkerProcess, loaded: Mapping[str, str] | None = None
    ) -> None:
        """Keep it for the next run; `loaded` is what the last one imported."""
        self._handed_out[place] -= 1
        if self._learn(place, process, loaded or {}):
            self._keep(place, process)
        else:
            self._expect(place, asyncio.create_task(self._prepared(place, process)))

    async def end(self, place: Place, process: WorkerProcess) -> None:
        """It takes no other run."""
        self._handed_out[place] -= 1
        await process.end()

    def _learn(self, place: Place, process: WorkerProcess, loaded: Mapping[str, str]) -> bool:
        """Take in what a run has imported; whether the process has all that it should have."""
        imports = self._imports[place.interpreter, place.root]
        if len(imports.modules) < _MAX_MODULES:
            imports.modules.update(loaded)
        return imports.modules.keys() - imports.avoided(place) <= process.modules

    def give_back_later(
        self, place: Place, process: WorkerProcess, rest: Rest, afterwards: ExitStack
    ) -> None:
        """As `give_back`, when `rest` has told what was imported; `None` is the process's end.

        Then, or when that is given up, `afterwards` is closed.
        """
        self._handed_out[place] -= 1
        task = asyncio.create_task(self._when_done(place, process, rest))

        def done(task: "asyncio.Task[WorkerProcess]") -> None:
            if task.cancelled() or task.exception() is not None:
                _end_now([(place, process)])
            afterwards.close()

        task.add_done_callback(done)
        self._expect(place, task)

    async def _when_done(self, place: Place, process: WorkerProcess, rest: Rest) -> WorkerProcess:
        loaded = await rest()
        if loaded is None:
            await process.end()
            return await self._started(place, process.environment)
        known = self._learn(place, process, loaded)
        return process if known else await self._prepared(place, process)

    async def close(self) -> None:
        """End all that are not handed out."""
        coming = [task for tasks in self._coming.values() for task in tasks]
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, *self._tasks, return_exceptions=True)
        kept, self._idle[:] = [process for _, process in self._idle], []
        for process in kept:
            self._forget_timer(process)
        await asyncio.gather(*(process.end() for process in kept))

    async def _next(self, place: Place, environment: Mapping[str, str]) -> WorkerProcess:
        """One that waits, one that will in a moment, or a new one."""
        while True:
            process = self._kept(place) or await self._expected(place)
            if process is None:
                task = asyncio.create_task(self._started(place, environment))
                self._expect(place, task)
                continue
            if process.environment == environment and process.alive:
                return process
            await process.end()

    def _kept(self, place: Place) -> WorkerProcess | None:
        for index in reversed(range(len(self._idle))):
            if self._idle[index][0] == place:
                process = self._idle.pop(index)[1]
                self._forget_timer(process)
                return process
        return None

    async def _expected(self, place: Place) -> WorkerProcess | None:
        """What is being started or warmed; it goes on if the wait is cancelled."""
        if not self._coming[place]:
            return None
        task = self._coming[place].pop()
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                self._coming[place].append(task)
                self._keep_when_done(place, task)
            raise

    def _expect(self, place: Place, task: "asyncio.Task[WorkerProcess]") -> None:
        self._coming[place].append(task)
        self._keep_when_done(place, task)

    def _keep_when_done(self, place: Place, task: "asyncio.Task[WorkerProcess]") -> None:
        def done(task: "asyncio.Task[WorkerProcess]") -> None:
            # Else somebody waits for it, and gets it.
            if task in self._coming[place]:
                self._coming[place].remove(task)
                if not task.cancelled() and task.exception() is None:
                    self._keep(place, task.result())

        task.add_done_callback(done)

    def _keep(self, place: Place, process: WorkerProcess) -> None:
        self._idle.append((place, process))
        timer = asyncio.get_running_loop().call_later(_IDLE_S, self._drop, process)
        self._timers[id(process)] = timer
        if len(self._idle) > _MAX_IDLE:
            self._drop(self._idle[0][1])

    def _drop(self, process: WorkerProcess) -> None:
        """End it if it still waits for work."""
        if any(kept is process for _, kept in self._idle):
            self._forget_timer(process)
            self._idle[:] = [(place, kept) for place, kept in self._idle if kept is not process]
            task = asyncio.create_task(process.end())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _forget_timer(self, process: WorkerProcess) -> None:
        timer = self._timers.pop(id(process), None)
        if timer is not None:
            timer.cancel()

    async def _started(self, place: Place, environment: Mapping[str, str]) -> WorkerProcess:
        return await self._prepared(
            place, WorkerProcess(place.interpreter, place.root, environment, place.tier)
        )

    async def _prepared(self, place: Place, process: WorkerProcess) -> WorkerProcess:
        """The process, or one in its place, with all that it should have imported."""
        imports = self._imports[place.interpreter, place.root]
        for attempt in range(_MAX_ATTEMPTS + 1):
            if attempt == _MAX_ATTEMPTS:
                imports.avoid.add(_NOTHING_AHEAD)
            avoid = imports.avoided(place)
            ahead = {n: o for n, o in imports.modules.items() if n not in avoid}
            threaded = bool(imports.threaded - avoid) and _NOTHING_AHEAD not in avoid
            spare = place.tier is None and threaded
            try:
                word = await process.prepare(ahead, avoid, spare=spare)
            except BaseException:
                await process.end()
                raise
            if not word.spoilt_by:
                return process
            (imports.threaded if word.threads else imports.avoid).add(word.spoilt_by)
            await process.end()
            process = WorkerProcess(place.interpreter, place.root, process.environment, place.tier)
        raise AssertionError("a process that imports nothing is spoilt by nothing")


def _end_now(idle: list[tuple[Place, WorkerProcess]]) -> None:
    for _, process in idle:
        process.cut()
    for _, process in idle:
        process.end_now()
