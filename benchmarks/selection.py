"""Whether the tests that a save runs are those that its change breaks, and how many come first.

    python benchmarks/selection.py --json FILE [--mutants N] [--only NAME ...]

Three of the suites of `parity.py`, each with 300 tests or more; `flask`, `marshmallow` and
`humanize` re-export their modules in `__init__`. A mutant is one function with one condition
negated or one result thrown away, chosen at random with a fixed seed. All tests run with it as the
terminal runs them, and those that fail with it but not without it must be among the tests that a
save of the mutated file would run. A mutant that no test notices says nothing and is not counted.

Keys of the result: `mutants`, `missed` (failing tests that no part of the selection has),
`median_share` (tests run before the first report, of all), `median_reached` (those that run once
the background part is done, of all) and `first_sees` (mutants that a first report shows).
"""

import argparse
import ast
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_path
from lacuna_ls.test_runs.import_graph import ImportGraph, refreshed
from lacuna_ls.test_runs.pytest_config import read_pytest_config
from lacuna_ls.test_runs.selection import NEAREST, affected_tests, targets_of

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.parity import Suite, prepared, read_suites, run_in_terminal

_SUITES = Path(__file__).with_name("parity_suites.toml")
_SOURCES = {"flask": "src/flask", "marshmallow": "src/marshmallow", "humanize": "src/humanize"}
_SEED = 20


@dataclass(frozen=True, slots=True)
class Mutant:
    """`text` is the whole file with one function changed."""

    path: Path
    function: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one mutant; shares are of all tests."""

    suite: str
    file: str
    function: str
    failing: int
    missed: tuple[str, ...]
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
    for suite in read_suites(_SUITES):
        if suite.name in options.only:
            root, python = prepared(suite)
            with tempfile.TemporaryDirectory() as folder:
                # What is cut short must not leave a mutant behind for the other benchmark.
                copy = shutil.copytree(root, Path(folder).resolve() / root.name)
                seen += _measured(suite, copy, python, options.mutants)
    result = _figures(seen)
    print(json.dumps(result))
    if options.json:
        report = {**result, "by_mutant": [asdict(each) for each in seen]}
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


def _measured(suite: Suite, root: Path, python: Path, most: int) -> Iterator[Seen]:
    """The first `most` mutants that some test notices."""
    # What is installed beside the tests is a copy, which no mutant reaches.
    os.environ["PYTHONPATH"] = str(root / "src")
    sound = run_in_terminal(suite, root, python)
    green = {test for test, outcome in sound.items() if outcome == "passed"}
    counted = 0
    for mutant in _mutants(root / _SOURCES[suite.name]):
        if counted == most:
            return
        original = mutant.path.read_bytes()
        mutant.path.write_bytes(mutant.text)
        try:
            outcomes = run_in_terminal(suite, root, python)
            first, reached = _selected(mutant, root)
        finally:
            mutant.path.write_bytes(original)
        broken = {t for t, outcome in outcomes.items() if outcome in ("failed", "error")}
        failing = (broken & green) or broken - sound.keys()
        if failing:
            counted += 1
            yield _seen(suite, mutant, root, sorted(sound), failing, first, reached)


def _seen(
    suite: Suite,
    mutant: Mutant,
    root: Path,
    tests: list[str],
    failing: set[str],
    first: tuple[str, ...],
    reached: tuple[str, ...],
) -> Seen:
    in_first = {test for test in tests if _is_in(test, first)}
    in_any = in_first | {test for test in tests if _is_in(test, reached)}
    seen = Seen(
        suite.name,
        mutant.path.relative_to(root).as_posix(),
        mutant.function,
        len(failing),
        tuple(sorted(t for t in failing if not _is_in(t, (*first, *reached)))),
        len(in_first) / len(tests),
        len(in_any) / len(tests),
        any(_is_in(test, first) for test in failing),
    )
    print(
        f"{seen.suite:12} {seen.file}:{seen.function} {seen.failing} fail, "
        f"{len(seen.missed)} missed, first {seen.first_share:.2f}, all {seen.reached_share:.2f}",
        flush=True,
    )
    return seen


def _selected(mutant: Mutant, root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The test files of the first report, and those that run behind it."""
    language = by_path(mutant.path)
    assert language is not None
    files = WorkspaceFiles([root])
    document = open_document(mutant.path.as_uri(), 1, language, mutant.text)
    graph = refreshed(ImportGraph(root, language), files)
    reached = affected_tests(mutant.path, graph, read_pytest_config(root, files))
    own = targets_of(mutant.path, root, document, files).paths
    return own or reached[:NEAREST], reached


def _is_in(test: str, files: Iterable[str]) -> bool:
    """Whether a test, by its address in a JUnit file, is in one of these files."""
    modules = [file.removesuffix(".py").replace("/", ".") for file in files]
    name = test.partition("::")[0] or test.rpartition("::")[2]
    return any(name == module or name.startswith(module + ".") for module in modules)


def _mutants(package: Path) -> Iterator[Mutant]:
    """All single-function mutants of a package, in a random order that is always the same."""
    found = [m for path in sorted(package.rglob("*.py")) for m in _mutants_of(path)]
    # One a function, so that large ones do not stand for all.
    chance = random.Random(_SEED)
    chance.shuffle(found)
    functions: set[tuple[Path, str]] = set()
    for mutant in found:
        if (mutant.path, mutant.function) not in functions:
            functions.add((mutant.path, mutant.function))
            yield mutant


def _mutants_of(path: Path) -> Iterator[Mutant]:
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
                yield Mutant(path, name, data[:start] + new + data[end:])


def _figures(seen: list[Seen]) -> dict[str, float | int | None]:
    return {
        "mutants": len(seen),
        "missed": sum(len(each.missed) for each in seen),
        "median_share": round(statistics.median(s.first_share for s in seen), 4) if seen else None,
        "median_reached": (
            round(statistics.median(s.reached_share for s in seen), 4) if seen else None
        ),
        "first_sees": sum(each.first_sees for each in seen),
    }


if __name__ == "__main__":
    sys.exit(main())
