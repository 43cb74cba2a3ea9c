"""What each test executed when it was last watched, and what of that has changed since.

A test is *hit* by a change of something that it executed: a function's body, what a file does when
it is loaded, a file that it read. It is *not proven* where the record says that it depends on more,
where it was red, or where it ran since without being watched. A file of tests is unaffected only if
none of its tests is hit or unproven: tests share a process, so what one calls another may find
called already.

The recorder is `worker/contexts.py`. Departs from Ekstazi (Gligoric, Eloussi, Marinov, ISSTA 2015),
which tracks files, in that functions are told apart within a file; the safety argument is the same:
a test whose dependencies have equal digests behaves as it did.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePath

from lacuna_ls.domain.execution import Execution
from lacuna_ls.domain.test_result import RunStatus, TestReport, TestResult
from lacuna_ls.test_runs.code_now import TEXT, CodeNow
from lacuna_ls.test_runs.units import LOADING

FAILED = "it failed when it last ran"
UNRECORDED = "what it executes could not be recorded"
UNWATCHED = "what it calls was not recorded when it last ran"
ITS_FILE = "tests beside it execute what changed"
CHANGED = "what it executes changed while it ran"
CAN_WAIT = (UNWATCHED, ITS_FILE)
"""Doubts that one more run ends."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A unit of a file, relative to the workspace root, as it was."""

    path: str
    unit: str
    digest: str


@dataclass(frozen=True, slots=True)
class TestContext:
    """Numbers of dependencies; `unproven`, a clause, is empty if they are all there are."""

    dependencies: "array[int]"
    unproven: str = ""


TestContext.__test__ = False  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class FileContext:
    """The tests of one file by their ids, as they were under the conditions `world`."""

    world: str
    tests: Mapping[str, TestContext]


@dataclass(frozen=True, slots=True)
class Judged:
    """The tests of one file; each is in one of the three. `hits` say what of each changed.

    `ways` are the files through which what changed, by its path, is imported.
    """

    hits: Mapping[str, Dependency]
    unproven: Mapping[str, str]
    untouched: tuple[str, ...]
    ways: Mapping[str, Sequence[PurePath]] = field(default_factory=dict)

    @property
    def affected(self) -> bool:
        return bool(self.hits or self.unproven)

    @property
    def owed(self) -> bool:
        """Whether a run is due whatever is saved."""
        return bool(self.hits) or any(w in (*CAN_WAIT, CHANGED) for w in self.unproven.values())


@dataclass(frozen=True, slots=True)
class FileRun:
    """What a report says of one file of tests. Where `only` names tests, others were left out.

    `stayed` tells of a file whether it is as it was before the run.
    """

    file: str
    report: TestReport
    only: frozenset[str] = frozenset()
    stayed: Callable[[Path], bool] = lambda path: True

    @property
    def results(self) -> Iterator[TestResult]:
        """Those of the file."""
        mine = self.file + "::"
        return (r for r in self.report.results if r.test_id.startswith(mine))

    def asks_for(self, test: str) -> bool:
        """Whether the test was to run."""
        return not self.only or test in self.only


@dataclass(slots=True)
class Contexts:
    """All that is known of one workspace root in one interpreter."""

    dependencies: list[Dependency] = field(default_factory=list)
    files: dict[str, FileContext] = field(default_factory=dict)
    _numbers: dict[Dependency, int] = field(default_factory=dict)
    _by_path: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def judge(self, file: str, world: str, changed: Collection[int]) -> Judged | None:
        """What `changed`, of `changed_since`, means for a file; `None` if too little is known."""
        known = self.files.get(file)
        if known is None or known.world != world:
            return None
        hits: dict[str, Dependency] = {}
        unproven: dict[str, str] = {}
        untouched: list[str] = []
        for test, context in known.tests.items():
            hit = next((n for n in context.dependencies if n in changed), None)
            if hit is not None:
                hits[test] = self._most_telling(context, changed)
            elif context.unproven:
                unproven[test] = context.unproven
            else:
                untouched.append(test)
        return Judged(hits, unproven, tuple(untouched))

    def changed_since(self, now: CodeNow, root: Path) -> frozenset[int]:
        """The dependencies that are not as they were."""
        changed: set[int] = set()
        for path, numbers in self._by_path.items():
            digests = now.digests(root / path)
            for number in numbers:
                each = self.dependencies[number]
                if digests(each.unit) != each.digest:
                    changed.add(number)
        return frozenset(changed)

    def watched(self, run: "FileRun", world: str, now: CodeNow, root: Path) -> None:
        """Take over a run that recorded what it did, in a process of its own."""
        if run.report.status not in (RunStatus.COMPLETED, RunStatus.NO_TESTS):
            self.files.pop(run.file, None)
            return
        recorded: defaultdict[str, set[int]] = defaultdict(set)
        unproven: dict[str, str] = {}
        for each in run.report.executions:
            recorded[each.test_id].update(self._numbered(each, now, root))
            if each.unproven:
                unproven[each.test_id] = each.unproven
        shared = recorded.get("", set())
        tests: dict[str, TestContext] = {}
        for result in run.results:
            test = result.test_id
            why = FAILED if result.red else unproven.get("") or unproven.get(test, "")
            if not why and not {"", test} <= recorded.keys():
                why = UNRECORDED
            tests[test] = TestContext(array("I", sorted(recorded.get(test, set()) | shared)), why)
        self._take(run, world, tests, root)

    def ran(self, run: "FileRun", world: str, now: CodeNow, root: Path) -> None:
        """Take over a run that was not watched: its tests have seen what is there now."""
        known = self.files.get(run.file)
        if known is None or known.world != world:
            return
        if any(result.test_id not in known.tests for result in run.results):
            del self.files[run.file]
            return
        seen: dict[int, int] = {}
        tests: dict[str, TestContext] = {}
        for result in run.results:
            before = known.tests[result.test_id]
            numbers = {self._as_it_is(n, seen, now, root) for n in before.dependencies}
            dependencies = array("I", sorted(numbers))
            why = before.unproven
            if result.red:
                why = FAILED
            elif why != UNRECORDED and (
                dependencies != before.dependencies or why in (FAILED, CHANGED)
            ):
                why = UNWATCHED
            tests[result.test_id] = TestContext(dependencies, why)
        self._take(run, world, tests, root)

    def _take(self, run: "FileRun", world: str, tests: dict[str, TestContext], root: Path) -> None:
        """Tests that did not come though they were to run are those that are no more.

        Those that were not to run have not met what these executed for the first time.
        """
        stayed = cache(lambda number: run.stayed(root / self.dependencies[number].path))
        for test, context in tests.items():
            if not all(map(stayed, context.dependencies)):
                tests[test] = replace(context, unproven=CHANGED)
        before = self.files.get(run.file)
        if before is not None and before.world == world:
            cut_short = run.report.status is not RunStatus.COMPLETED
            kept = {t: c for t, c in before.tests.items() if cut_short or not run.asks_for(t)}
            if any(t in before.tests and c != before.tests[t] for t, c in tests.items()):
                kept = {t: replace(c, unproven=c.unproven or ITS_FILE) for t, c in kept.items()}
            tests = {**kept, **tests}
        self.files[run.file] = FileContext(world, tests)

    def compacted(self) -> "Contexts":
        """The same without dependencies that no test has any more."""
        fresh = Contexts()
        for file, context in self.files.items():
            tests = {
                test: replace(each, dependencies=fresh._renumbered(each.dependencies, self))
                for test, each in context.tests.items()
            }
            fresh.files[file] = replace(context, tests=tests)
        return fresh

    def _renumbered(self, numbers: Iterable[int], other: "Contexts") -> "array[int]":
        return array("I", sorted(self.number(other.dependencies[number]) for number in numbers))

    def number(self, dependency: Dependency) -> int:
        """The number of a dependency, a new one where it is new."""
        number = self._numbers.setdefault(dependency, len(self.dependencies))
        if number == len(self.dependencies):
            self.dependencies.append(dependency)
            self._by_path[dependency.path].append(number)
        return number

    def _as_it_is(self, number: int, seen: dict[int, int], now: CodeNow, root: Path) -> int:
        if number not in seen:
            each = self.dependencies[number]
            seen[number] = self.number(
                replace(each, digest=now.digests(root / each.path)(each.unit))
            )
        return seen[number]

    def _numbered(self, execution: Execution, now: CodeNow, root: Path) -> set[int]:
        units: defaultdict[Path, set[str]] = defaultdict(set)
        for code in execution.code:
            # Whoever runs a function has run what made it.
            units[code.path] |= {now.unit_at(code.path, code.line), LOADING}
        for path in execution.opened:
            units[path].add(TEXT)
        found: set[int] = set()
        for path, names in units.items():
            if path.is_relative_to(root):
                place, digest = path.relative_to(root).as_posix(), now.digests(path)
                found.update(self.number(Dependency(place, n, digest(n))) for n in names)
        return found

    def _most_telling(self, context: TestContext, changed: Collection[int]) -> Dependency:
        """A function that changed says more than what is run at an import."""
        hits = [self.dependencies[n] for n in context.dependencies if n in changed]
        return min(hits, key=lambda each: (each.unit in (LOADING, TEXT), each.path, each.unit))


def in_words(changed: Dependency, through: Sequence[PurePath] = ()) -> str:
    """Why a test ran that depends on what changed: a clause, `it calls orders.total, ...`.

    A file that is imported is so `through` others.
    """
    if changed.unit == TEXT:
        return f"it reads {changed.path}, which changed"
    module = _module(PurePath(changed.path))
    if changed.unit == LOADING and through:
        others = ", ".join(map(_module, through))
        return (
            f"it imports {module} through {others}, and {module} changed outside of its functions"
        )
    if changed.unit == LOADING:
        return f"it imports {module}, which changed outside of its functions"
    return f"it calls {module}.{changed.unit}, which changed"


def _module(path: PurePath) -> str:
    return path.parent.name if path.stem == "__init__" else path.stem
