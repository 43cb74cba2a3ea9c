"""What is known of the tests of each workspace root: their imports, and what they execute.

Reading, parsing and comparing happen in one thread, so that whoever gives up waiting disturbs nobody.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from lacuna_ls.domain.test_result import RunStatus, TestReport
from lacuna_ls.ports.context_store import ContextStore
from lacuna_ls.ports.files import Files
from lacuna_ls.syntax.languages import Language, by_path
from lacuna_ls.test_runs.code_now import CodeNow
from lacuna_ls.test_runs.contexts import Contexts, FileRun, Judged
from lacuna_ls.test_runs.import_graph import ImportGraph, refreshed
from lacuna_ls.test_runs.kept_contexts import from_bytes, to_bytes
from lacuna_ls.test_runs.plan import FileTests, first_tests, later_tests
from lacuna_ls.test_runs.pytest_config import read_pytest_config
from lacuna_ls.test_runs.selection import Targets, affected_tests, around
from lacuna_ls.test_runs.units import LOADING

log = logging.getLogger(__name__)

_CONFIGURING = (
    "pyproject.toml", "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "tox.ini",
    "setup.cfg",
)  # fmt: skip
_PATIENCE_S = 0.1
_Found = TypeVar("_Found")

_CLOCK_GRAIN_NS = 2_000_000_000
"""The coarsest that a file system tells time."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Files by their `signatures`, and the time since the epoch, as they were before a run."""

    signatures: Mapping[Path, tuple[int, int] | None]
    at_ns: int

    def is_still(self, path: Path, files: Files) -> bool:
        """Whether a file has not changed since; of one that is not there its folder tells."""
        if path in self.signatures:
            return self.signatures[path] == files.signature(path)
        place = next((p for p in (path, *path.parents) if files.changed_at_ns(p) is not None), None)
        changed_at_ns = None if place is None else files.changed_at_ns(place)
        return changed_at_ns is None or changed_at_ns + _CLOCK_GRAIN_NS < self.at_ns


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which tests run; what was recorded under others says nothing."""

    root: Path
    language: Language
    interpreter: Path
    arguments: tuple[str, ...]


@dataclass(slots=True)
class _Place:
    """One language in one root; `unheard` where runs do not tell what they execute.

    Those of `unwatchable` files did not come to their end when they were to tell.
    """

    conditions: Conditions
    graph: ImportGraph
    contexts: Contexts
    now: CodeNow
    reach: dict[str, str]
    changed: bool = False
    unheard: bool = False
    unwatchable: set[str] = field(default_factory=set)


class KnownContexts:
    """One per server; without a store nothing is recorded, and only imports are known."""

    def __init__(self, files: Files, store: ContextStore | None) -> None:
        self._files = files
        self._store = store
        self._places: dict[tuple[Path, str], _Place] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="contexts")
        self._last: asyncio.Future[Any] | None = None

    def records(self, root: Path, test: str) -> bool:
        """Whether a run of the test file can record what it executes."""
        language = by_path(Path(test))
        if self._store is None or language is None or not language.function_nodes:
            return False
        place = self._places.get((root, language.name))
        return place is None or not (place.unheard or test in place.unwatchable)

    def knows(self, root: Path) -> bool:
        """Whether anything has been recorded in a root."""
        places = self._places.values()
        return any(each.contexts.files for each in places if each.conditions.root == root)

    async def first(
        self, path: Path, own: Targets, conditions: Conditions, *, whole: bool
    ) -> tuple[tuple[FileTests, ...], Seen]:
        """See `plan.first_tests`. Reads no more of the workspace than was recorded of it."""
        at_ns = time.time_ns()
        place = self._places.get((conditions.root, conditions.language.name))
        known = place is not None and any(test in place.contexts.files for test in own.paths)
        if own.paths and not (known and await self._idle()):
            return tuple(map(FileTests, own.paths)), Seen({}, at_ns)

        def work(place: _Place) -> tuple[tuple[FileTests, ...], Seen]:
            nearest = partial(
                self._reached, place, path, fresh=not (own.paths and place.graph.modules)
            )
            found = first_tests(own, nearest, self._judge(place), whole=whole)
            return found, Seen(place.now.signatures(), at_ns)

        return await self._at(conditions, work)

    async def later(
        self, path: Path, first: tuple[FileTests, ...], conditions: Conditions
    ) -> tuple[FileTests, ...]:
        """See `plan.later_tests`."""

        def work(place: _Place) -> tuple[FileTests, ...]:
            reached = self._reached(place, path, fresh=True)
            for file in tuple(place.contexts.files):
                if self._files.signature(conditions.root / file) is None:
                    del place.contexts.files[file]
            judge = self._judge(place)
            # What is executed though no import leads to it, and what earlier saves still owe.
            others = (file for file in place.contexts.files if file not in reached)
            owed = (file for file in others if (known := judge(file)) and known.owed)
            return later_tests(first, [*reached, *owed], judge)

        return await self._at(conditions, work)

    def seen(self, conditions: Conditions) -> Seen:
        """The files as they were when the imports were last read."""
        place = self._places.get((conditions.root, conditions.language.name))
        modules = place.graph.modules if place else {}
        return Seen({path: each.signature for path, each in modules.items()}, time.time_ns())

    async def ran(
        self,
        tests: tuple[FileTests, ...],
        report: TestReport,
        conditions: Conditions,
        seen: Seen,
        *,
        watched: bool = False,
    ) -> None:
        """Take over a run on the files that were `seen`; one that was `watched` is of one file."""

        def work(place: _Place) -> None:
            place.changed = True
            if watched and report.status in (RunStatus.TIMED_OUT, RunStatus.CRASHED):
                place.unwatchable.update(each.file for each in tests)
            elif watched and report.results:
                place.unheard = not report.executions
            world = self._world(place)
            stayed = cache(lambda path: seen.is_still(path, self._files))
            for each in tests:
                run = FileRun(each.file, report, frozenset(each.only), stayed)
                take = place.contexts.watched if report.executions else place.contexts.ran
                take(run, world(each.file), place.now, conditions.root)

        await self._at(conditions, work)

    async def keep(self, root: Path) -> None:
        """Write down what is new in a root."""
        store = self._store
        if store is None:
            return

        def work() -> dict[str, bytes]:
            changed: dict[str, bytes] = {}
            for place in tuple(self._places.values()):
                if place.conditions.root == root and place.changed:
                    place.changed = False
                    place.contexts = place.contexts.compacted()
                    changed[_key(place.conditions)] = to_bytes(place.contexts)
            return changed

        for key, data in (await self._in_thread(work)).items():
            # The disk may be slow, and the next save wants the other thread.
            await asyncio.to_thread(store.save, key, data)

    async def _at(self, conditions: Conditions, work: Callable[[_Place], _Found]) -> _Found:
        return await self._in_thread(lambda: work(self._place(conditions)))

    async def _in_thread(self, work: Callable[[], _Found]) -> _Found:
        done = asyncio.get_running_loop().run_in_executor(self._thread, work)
        self._last = done
        return await asyncio.shield(done)

    async def _idle(self) -> bool:
        """Whether the thread is free, or will be so soon that a narrower choice is worth the wait."""
        if self._last is None:
            return True
        return bool((await asyncio.wait([self._last], timeout=_PATIENCE_S))[0])

    def _place(self, conditions: Conditions) -> _Place:
        key = conditions.root, conditions.language.name
        place = self._places.get(key)
        if place is None or place.conditions != conditions:
            graph = place.graph if place else ImportGraph(conditions.root, conditions.language)
            now = CodeNow(conditions.root, conditions.language, self._files)
            place = _Place(conditions, graph, self._loaded(conditions), now, {})
            self._places[key] = place
        return place

    def _loaded(self, conditions: Conditions) -> Contexts:
        data = self._store.load(_key(conditions)) if self._store is not None else None
        if data is None:
            return Contexts()
        try:
            return from_bytes(data)
        except ValueError as error:
            log.warning("%s: tests are watched anew", error)
            return Contexts()

    def _reached(self, place: _Place, path: Path, *, fresh: bool) -> tuple[str, ...]:
        """The test files that a change of `path` can reach, nearest first."""
        if fresh:
            self._refresh(place)
        config = read_pytest_config(place.conditions.root, self._files)
        return affected_tests(path, place.graph, config)

    def _refresh(self, place: _Place) -> None:
        before = place.graph
        place.graph = refreshed(before, self._files)
        if place.graph.importers is not before.importers:
            place.reach.clear()

    def _judge(self, place: _Place) -> Callable[[str], Judged | None]:
        if not place.contexts.files:
            return lambda file: None
        changed = place.contexts.changed_since(place.now, place.conditions.root)
        world = self._world(place)
        root, graph = place.conditions.root, place.graph
        distances = cache(lambda path: graph.dependents(root / path))

        def judge(file: str) -> Judged | None:
            judged = place.contexts.judge(file, world(file), changed)
            if judged is None:
                return None
            imported = {hit.path for hit in judged.hits.values() if hit.unit == LOADING}
            ways = {path: graph.between(root / file, distances(path)) for path in imported}
            return replace(judged, ways=ways)

        return judge

    def _world(self, place: _Place) -> Callable[[str], str]:
        """What must be the same for a record of a test file to hold, besides what it names."""
        conditions = place.conditions
        installed = self._store.installed(conditions.interpreter) if self._store else ""
        config = [(self._files.read(conditions.root / n) or b"").hex() for n in _CONFIGURING]
        of_all = _digest("\0".join((installed, *conditions.arguments, "", *config)))
        return lambda file: of_all + self._reach(place, file)

    def _reach(self, place: _Place, file: str) -> str:
        """The names of the files that a test file may come to import."""
        if file not in place.reach:
            root = place.conditions.root
            test = root / file
            reach = place.graph.dependencies([test, *around(test, place.graph)])
            names = sorted(path.relative_to(root).as_posix() for path in reach)
            place.reach[file] = _digest("\0".join(names))
        return place.reach[file]


def _key(conditions: Conditions) -> str:
    return f"{conditions.root}\0{conditions.language.name}\0{conditions.interpreter}"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
