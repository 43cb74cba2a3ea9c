"""Whether a run gives the verdict that the terminal gives, test by test, on real suites.

    python benchmarks/parity.py --json FILE [--record FILE] [--only NAME ...] [--suites FILE]

The suites of `parity_suites.toml` are fetched with pip as source distributions and kept in the
user's cache folder, each with an environment of its own. One arm is `python -m pytest TARGETS` as
in a terminal, judged by the JUnit file that pytest itself writes; the other is the runner behind a
save, with the same targets in the same folder and interpreter.

Keys of the result: `suites`, `tests`, `agreement` (the share of tests with the same outcome in
both arms; a test that only one arm has disagrees) and `false_red` (red in ours, not in the
terminal's). Tests on which the terminal does not agree with itself, when it is asked again because
the arms differ, have no verdict to be compared with and are left out of all four; they are counted
as unstable in the line that is printed of each suite. So are the tests that one arm alone has of a
function whose tests the terminal itself names in another way each time (by the time of day).

With `--record` each suite that has been compared is a line of that file, differences included, and
is not compared again: so a run that was cut short goes on where it was.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.index_files import cache_folder
from lacuna_ls.adapters.trust_store import TrustStore
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import Outcome, TestReport
from lacuna_ls.ports.code_runner import Limits, TestRequest

_SUITES = Path(__file__).with_name("parity_suites.toml")
_LIMITS = Limits(wall_s=400.0, cpu_s=400.0)
_AGAIN = 2
_ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Suite:
    """`project` is a pinned requirement; `install` are further ones; `targets` what pytest gets."""

    name: str
    project: str
    targets: tuple[str, ...]
    install: tuple[str, ...] = ()
    extras: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One suite in both arms; `differing` maps a test to (terminal's outcome, ours)."""

    suite: str
    tests: int
    unstable: int
    false_red: int
    terminal_s: float
    ours_s: float
    status: str
    differing: Mapping[str, tuple[str, str]]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--suites", type=Path, default=_SUITES)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    known = _recorded(options.record)
    compared: list[Comparison] = []
    for suite in read_suites(options.suites):
        if options.only and suite.name not in options.only:
            continue
        found = known.get(suite.project)
        if found is None:
            root, python = prepared(suite)
            found = compare(suite, root, python)
            _record(options.record, suite, found)
        compared.append(found)
        _print(found)
    result = figures(compared)
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


def _recorded(path: Path | None) -> dict[str, Comparison]:
    """What earlier runs have compared, by pinned project."""
    if path is None or not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row.pop("project"): Comparison(**row) for row in rows}


def _record(path: Path | None, suite: Suite, found: Comparison) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"project": suite.project, **asdict(found)}) + "\n")


def _print(found: Comparison) -> None:
    said = f"{found.tests} tests, {len(found.differing)} differ, {found.unstable} unstable"
    times = f"{found.terminal_s:.1f} s and {found.ours_s:.1f} s"
    print(f"{found.suite:16} {said}, {times}, {found.status}", flush=True)
    for test, pair in list(found.differing.items())[:5]:
        print(f"    {test}: {pair[0]} in the terminal, {pair[1]} here", flush=True)


def read_suites(path: Path) -> list[Suite]:
    tables: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return [_suite(name, table) for name, table in tables.items()]


def _suite(name: str, table: Mapping[str, Any]) -> Suite:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    return Suite(name, **fields)


def prepared(suite: Suite) -> tuple[Path, Path]:
    """The unpacked project and the interpreter of its environment, made on first use."""
    home = cache_folder().resolve() / "benchmarks" / "suites" / suite.project
    python = home / "env" / "bin" / "python"
    if not (home / "ready").exists():
        home.mkdir(parents=True, exist_ok=True)
        _unpack(suite, home)
        _quietly(sys.executable, "-m", "venv", "--clear", str(home / "env"))
        (root,) = (home / "project").iterdir()
        wanted = [f"{root}{suite.extras}", "pytest", *suite.install]
        _quietly(str(python), "-m", "pip", "install", "-q", *wanted)
        (home / "ready").touch()
    (root,) = (home / "project").iterdir()
    return root, python


def compare(suite: Suite, root: Path, python: Path) -> Comparison:
    """Both arms; the terminal again where they differ."""
    started_s = time.monotonic()
    terminal = run_in_terminal(suite, root, python)
    terminal_s = time.monotonic() - started_s
    report = asyncio.run(_run_here(suite, root, python))
    ours = _ours(report)
    differing = _differing(terminal, ours)
    unstable: set[str] = set()
    for _ in range(_AGAIN):
        if differing.keys() - unstable:
            unstable |= _unstable(terminal, run_in_terminal(suite, root, python), differing)
    real = {test: pair for test, pair in differing.items() if test not in unstable}
    return Comparison(
        suite.name,
        len((terminal.keys() | ours.keys()) - unstable),
        len(unstable),
        sum(_is_red(ours) and not _is_red(theirs) for theirs, ours in real.values()),
        terminal_s,
        report.elapsed_s,
        report.status,
        real,
    )


def figures(compared: Iterable[Comparison]) -> dict[str, float | int | None]:
    rows = list(compared)
    tests = sum(row.tests for row in rows)
    differing = sum(len(row.differing) for row in rows)
    return {
        "suites": len(rows),
        "tests": tests,
        "agreement": round(1 - differing / tests, 5) if tests else None,
        "false_red": sum(row.false_red for row in rows),
    }


def run_in_terminal(
    suite: Suite,
    root: Path,
    python: Path,
    environment: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
) -> dict[str, str]:
    """Outcomes by address, from the file that pytest writes; `environment` is added to ours.

    Raises:
        TimeoutExpired: it was not written in time.
    """
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "junit.xml"
        arguments = [f"--junitxml={written}", *suite.arguments, *suite.targets]
        run = subprocess.run(
            [str(python), "-m", "pytest", *arguments],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env={**os.environ, **(environment or {})},
            timeout=timeout_s,
        )
        if not written.exists():
            raise SystemExit(f"{suite.name}: {run.stdout[-2000:]!r} {run.stderr[-2000:]!r}")
        return _outcomes_of(ET.parse(written))


def _outcomes_of(junit: "ET.ElementTree[Any]") -> dict[str, str]:
    found: dict[str, str] = {}
    for case in junit.iter("testcase"):
        address = f"{case.get('classname')}::{case.get('name')}"
        outcome = _outcome_of(case)
        if outcome == "skipped" and not case.get("classname"):
            continue  # a module that is skipped as a whole: none of its tests was collected
        # What fails in its body and again when it is torn down comes twice.
        if found.get(address) != "failed":
            found[address] = outcome
    return found


def _outcome_of(case: ET.Element) -> str:
    if case.find("failure") is not None:
        return "failed"
    if case.find("error") is not None:
        return "error"
    skipped = case.find("skipped")
    if skipped is None:
        return "passed"
    return "xfailed" if skipped.get("type") == "pytest.xfail" else "skipped"


async def _run_here(suite: Suite, root: Path, python: Path) -> TestReport:
    with tempfile.TemporaryDirectory() as folder:
        trust = TrustStore(Path(folder))
        trust.grant(root)
        request = TestRequest(root, python, suite.targets, suite.arguments, limits=_LIMITS)
        return await WorkerPool(trust).run(request)


def _ours(report: TestReport) -> dict[str, str]:
    as_junit = {Outcome.XPASSED: "passed"}
    return {address(r.test_id): as_junit.get(r.outcome, r.outcome.value) for r in report.results}


def address(test_id: str) -> str:
    """A test's class name and name in a JUnit file, where characters that XML lacks are escaped."""
    path, bracket, parameters = test_id.partition("[")
    file, *names = path.split("::")
    parts = [re.sub(r"\.py$", "", file.replace("/", ".")), *names]
    return f"{'.'.join(parts[:-1])}::{parts[-1]}{bracket}{parameters}"


def _differing(terminal: dict[str, str], ours: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {
        test: (terminal.get(test, _ABSENT), ours.get(test, _ABSENT))
        for test in sorted(terminal.keys() | ours.keys())
        if terminal.get(test) != ours.get(test)
    }


def _unstable(
    one: dict[str, str], other: dict[str, str], differing: Iterable[str]
) -> frozenset[str]:
    """The tests that have no verdict, given that two runs in the terminal gave these."""
    found = _differing(one, other)
    renamed = {_function(test) for test, pair in found.items() if _ABSENT in pair}
    absent = {test for test in differing if test not in one and _function(test) in renamed}
    return frozenset(found.keys() | absent)


def _function(test: str) -> str:
    return test.partition("[")[0]


def _is_red(outcome: str) -> bool:
    return outcome in ("failed", "error")


def _unpack(suite: Suite, home: Path) -> None:
    name = suite.project.partition("==")[0]
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", name]
    if not any(home.glob("*.tar.gz")):
        _quietly(*command, "-d", str(home), suite.project)
    (archive,) = home.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(home / "project", filter="data")


def _quietly(*command: str) -> None:
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=_bare())
    if run.returncode:
        raise SystemExit(f"{' '.join(command)}: {run.stderr[-2000:]}")


def _bare() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}


if __name__ == "__main__":
    sys.exit(main())
