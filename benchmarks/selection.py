"""Whether the tests that a save runs are those that its change breaks, and how many come first.

    python benchmarks/selection.py --json FILE [--mutants N] [--only NAME ...]

Three of the suites of `parity.py`, each with 300 tests or more; `flask`, `marshmallow` and
`humanize` re-export their modules in `__init__`. What each test executes has been recorded by one
earlier run of everything, as the background part of a user's save records it. A mutant is one
function with one condition negated or one result thrown away, chosen at random with a fixed seed.
All tests run with it as the terminal runs them, and those that fail with it but not without it must
be among the tests that a save of the mutated file would run. A mutant that no test notices, or with
which the run does not end or begin, says nothing and is not counted. What the terminal says of a mutant is kept in the user's cache folder.

Keys of the result: `mutants`, `missed` (failing tests that no part of the selection has),
`median_share` (tests run before the first report, of all), `mean_share`, `median_reached` (those
that have run once the background part is done, of all), `mean_reached`, `first_sees` (mutants that
a first report shows), `unstable` (tests that do not fail again with the same mutant; left out),
`recording_cost` (processor time of the recording run over that of the same runs without it).
"""

import argparse
import ast
import asyncio
import json
import os
import queue
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path

from lacuna_ls.adapters.index_files import cache_folder
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.ports.code_runner import Limits, TestRequest
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import Language, by_path
from lacuna_ls.test_runs.code_now import CodeNow
from lacuna_ls.test_runs.contexts import Contexts, FileRun, Judged
from lacuna_ls.test_runs.import_graph import ImportGraph, refreshed
from lacuna_ls.test_runs.plan import FileTests, first_tests, later_tests
from lacuna_ls.test_runs.pytest_config import read_pytest_config
from lacuna_ls.test_runs.selection import affected_tests, all_test_files, targets_of

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.parity import Suite, address, prepared, read_suites, run_in_terminal

_SUITES = Path(__file__).with_name("parity_suites.toml")
_SOURCES = {"flask": "src/flask", "marshmallow": "src/marshmallow", "humanize": "src/humanize"}
_SEED = 20
_AT_ONCE = 2
_WORLD = "one"
_TIMEOUT_S = 120.0
_LIMITS = Limits(wall_s=300.0, cpu_s=300.0)


@dataclass(frozen=True, slots=True)
class Mutant:
    """`text` is the whole file with one function changed; `path` is relative to the project."""

    path: str
    function: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What the terminal says: the tests that only fail with the mutant, and those that come and go."""

    failing: tuple[str, ...]
    unstable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one mutant; shares are of all tests."""

    suite: str
    file: str
    function: str
    failing: int
    missed: tuple[str, ...]
    unstable: int
    first_share: float
    reached_share: float
    first_sees: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mutants", type=int, default=34, help="of each package")
    parser.add_argument("--only", nargs="*", default=list(_SOURCES))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    seen: list[Seen] = []
    costs: list[float] = []
    for suite in read_suites(_SUITES):
        if suite.name in options.only:
            root, python = prepared(suite)
            with tempfile.TemporaryDirectory() as folder:
                # What is cut short must not leave a mutant behind for the other benchmark.
                home = Path(folder).resolve()
                copies = [shutil.copytree(root, home / f"{n}" / root.name) for n in range(_AT_ONCE)]
                workspace = Workspace(suite, copies[0], python)
                costs.append(workspace.record())
                seen += _measured(workspace, copies, options.mutants)
    result = {**_figures(seen), "recording_cost": round(statistics.mean(costs), 2)}
    print(json.dumps(result))
    if options.json:
        report = {**result, "by_mutant": [asdict(each) for each in seen]}
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


class Workspace:
    """A project as a server sees it that has once run all of its tests in the background."""

    def __init__(self, suite: Suite, root: Path, python: Path) -> None:
        self.suite, self.root, self.python = suite, root, python
        self._files = WorkspaceFiles([root])
        self._language = _language(root / "x.py")
        self._graph = refreshed(ImportGraph(root, self._language), self._files)
        self._contexts = Contexts()
        self._now = CodeNow(root, self._language, self._files)

    def record(self) -> float:
        """Run every file of tests with a record; how much that costs."""
        config = read_pytest_config(self.root, self._files)
        tests = all_test_files(self._graph, config)
        os.environ["PYTHONPATH"] = str(self.root / "src")
        plain_s = _cpu_s(lambda: asyncio.run(self._run_all(tests, contexts=False)))
        return _cpu_s(lambda: asyncio.run(self._run_all(tests, contexts=True))) / plain_s

    def chosen(self, mutant: Mutant) -> tuple[tuple[FileTests, ...], tuple[FileTests, ...]]:
        """What a save of the mutant, which lies there, runs for its first report, and behind it."""
        path = self.root / mutant.path
        document = open_document(path.as_uri(), 1, self._language, mutant.text)
        config = read_pytest_config(self.root, self._files)
        graph = refreshed(self._graph, self._files)
        reached = affected_tests(path, graph, config)
        own = targets_of(path, self.root, document, self._files)
        changed = self._contexts.changed_since(self._now, self.root)

        def judge(file: str) -> Judged | None:
            return self._contexts.judge(file, _WORLD, changed)

        first = first_tests(own, lambda: reached, judge)
        return first, later_tests(first, reached, judge)

    async def _run_all(self, tests: Iterable[str], *, contexts: bool) -> None:
        pool = WorkerPool(_Trusting())
        for test in tests:
            request = TestRequest(self.root, self.python, (test,), self.suite.arguments)
            report = await pool.run(replace(request, limits=_LIMITS, contexts=contexts))
            if contexts:
                run = FileRun(test, report)
                self._contexts.watched(run, _WORLD, self._now, self.root)
        await pool.close()


def _measured(workspace: Workspace, copies: list[Path], most: int) -> Iterator[Seen]:
    """The first `most` mutants that some test notices."""
    terminal = Terminal(workspace.suite, workspace.python, copies)
    tests = sorted(terminal.sound)
    mutants = _mutants(workspace.root, _SOURCES[workspace.suite.name])
    counted = 0
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        asked: deque[tuple[Mutant, Future[Told]]] = deque()
        while counted < most:
            # Always so many ahead that no interpreter waits.
            for mutant in islice(mutants, 2 * _AT_ONCE - len(asked)):
                asked.append((mutant, threads.submit(terminal.told, mutant)))
            if not asked:
                return
            mutant, answer = asked.popleft()
            if answer.result().failing:
                counted += 1
                yield _seen(workspace, mutant, tests, answer.result())


def _seen(workspace: Workspace, mutant: Mutant, tests: list[str], told: Told) -> Seen:
    with _put(mutant, workspace.root):
        first, later = workspace.chosen(mutant)
    known = {*tests, *told.failing}
    in_first = _selected(first, known)
    in_any = in_first | _selected(later, known)
    seen = Seen(
        workspace.suite.name,
        mutant.path,
        mutant.function,
        len(told.failing),
        tuple(sorted(t for t in told.failing if t not in in_any)),
        len(told.unstable),
        len(in_first & {*tests}) / len(tests),
        len(in_any & {*tests}) / len(tests),
        any(test in in_first for test in told.failing),
    )
    print(
        f"{seen.suite:12} {seen.file}:{seen.function} {seen.failing} fail, "
        f"{len(seen.missed)} missed, first {seen.first_share:.3f}, all {seen.reached_share:.2f}",
        flush=True,
    )
    return seen


class Terminal:
    """What `pytest` says of the mutants of a suite; asked once for each, then read from a file."""

    def __init__(self, suite: Suite, python: Path, copies: list[Path]) -> None:
        self._suite, self._python = suite, python
        self._copies: queue.Queue[Path] = queue.Queue()
        # The first copy is where the selection is made.
        self._folder = cache_folder() / "benchmarks" / "mutants" / suite.project
        self._folder.mkdir(parents=True, exist_ok=True)
        self.sound = self._run(copies[0])
        for copy in copies:
            other = shutil.copytree(copy, copy.parent / "terminal" / copy.name)
            self._copies.put(other)

    def told(self, mutant: Mutant) -> Told:
        """The verdict; runs again where it cannot be due to the mutant alone."""
        kept = self._folder / f"{sha256(mutant.path.encode() + mutant.text).hexdigest()[:32]}.json"
        if kept.exists():
            fields = json.loads(kept.read_text(encoding="utf-8"))
            return Told(tuple(fields["failing"]), tuple(fields["unstable"]))
        copy = self._copies.get()
        try:
            with _put(mutant, copy):
                failing = self._failing(copy)
                again = self._failing(copy) if failing else failing
        finally:
            self._copies.put(copy)
        told = Told(tuple(sorted(failing & again)), tuple(sorted(failing ^ again)))
        kept.write_text(json.dumps(asdict(told)), encoding="utf-8")
        return told

    def _failing(self, copy: Path) -> set[str]:
        try:
            outcomes = self._run(copy)
        except (subprocess.TimeoutExpired, SystemExit):
            return set()  # it does not end or does not begin, and says nothing of single tests
        green = {test for test, outcome in self.sound.items() if outcome == "passed"}
        broken = {t for t, outcome in outcomes.items() if outcome in ("failed", "error")}
        return (broken & green) or broken - self.sound.keys()

    def _run(self, copy: Path) -> dict[str, str]:
        # What is installed beside the tests is a copy, which no mutant reaches.
        environment = {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        return run_in_terminal(self._suite, copy, self._python, environment, _TIMEOUT_S)


class _put:  # noqa: N801 -- used as a function
    """The mutant in the place of the original."""

    def __init__(self, mutant: Mutant, root: Path) -> None:
        self._path, self._text = root / mutant.path, mutant.text

    def __enter__(self) -> None:
        self._original = self._path.read_bytes()
        self._path.write_bytes(self._text)

    def __exit__(self, *error: object) -> None:
        self._path.write_bytes(self._original)


class _Trusting:
    def trusted(self, path: Path) -> bool:
        return True

    def grant(self, folder: Path) -> None: ...

    def withdraw(self, folder: Path) -> None: ...


def _selected(chosen: Iterable[FileTests], tests: Iterable[str]) -> set[str]:
    """The addresses, as in a JUnit file, of the tests that are chosen."""
    found: set[str] = set()
    for each in chosen:
        found |= {address(test) for test in each.only}
        # A file that cannot be loaded has a test's place, without a class, and any of its tests
        # shows it.
        found |= {
            test
            for test in tests
            if (not each.only or test.startswith("::")) and _is_in(test, each.file)
        }
    return found


def _is_in(test: str, file: str) -> bool:
    """Whether a test, by its address in a JUnit file, is in a file; a whole file is named last."""
    module = file.removesuffix(".py").replace("/", ".")
    name = test.partition("::")[0] or test.rpartition("::")[2]
    return name == module or name.startswith(module + ".")


def _mutants(root: Path, package: str) -> Iterator[Mutant]:
    """All single-function mutants of a package, in a random order that is always the same."""
    paths = sorted((root / package).rglob("*.py"))
    found = [mutant for path in paths for mutant in _mutants_of(path, root)]
    # One a function, so that large ones do not stand for all.
    chance = random.Random(_SEED)
    chance.shuffle(found)
    functions: set[tuple[str, str]] = set()
    for mutant in found:
        if (mutant.path, mutant.function) not in functions:
            functions.add((mutant.path, mutant.function))
            yield mutant


def _mutants_of(path: Path, root: Path) -> Iterator[Mutant]:
    data = path.read_bytes()
    lines = [0]
    for line in data.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    for function in ast.walk(ast.parse(data)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.If):
                changed, form = node.test, b"(not (%s))"
            elif isinstance(node, ast.Return) and node.value is not None:
                changed, form = node.value, b"None"
            else:
                continue
            assert changed.end_lineno is not None
            assert changed.end_col_offset is not None
            start = lines[changed.lineno - 1] + changed.col_offset
            end = lines[changed.end_lineno - 1] + changed.end_col_offset
            new = form.replace(b"%s", data[start:end])
            if new != data[start:end]:
                name = f"{function.name}:{function.lineno}"
                yield Mutant(
                    path.relative_to(root).as_posix(), name, data[:start] + new + data[end:]
                )


def _language(path: Path) -> Language:
    found = by_path(path)
    assert found is not None
    return found


def _cpu_s(work: Callable[[], None]) -> float:
    """Processor time of the processes that `work` starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _figures(seen: list[Seen]) -> dict[str, float | int | None]:
    def middle(of: Callable[[list[float]], float], values: list[float]) -> float | None:
        return round(of(values), 4) if values else None

    first = [each.first_share for each in seen]
    reached = [each.reached_share for each in seen]
    return {
        "mutants": len(seen),
        "missed": sum(len(each.missed) for each in seen),
        "median_share": middle(statistics.median, first),
        "mean_share": middle(statistics.mean, first),
        "median_reached": middle(statistics.median, reached),
        "mean_reached": middle(statistics.mean, reached),
        "first_sees": sum(each.first_sees for each in seen),
        "unstable": sum(each.unstable for each in seen),
    }


if __name__ == "__main__":
    sys.exit(main())
