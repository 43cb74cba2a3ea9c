"""Whether the first item of the menu is right, on real packages with small mistakes planted in them.

    python benchmarks/mutants.py --json FILE [--record FILE] [--limit N] [--only NAME ...]

Five of the suites of `parity.py`, whose packages no template was made on. Each mutant
(`mutation.py`) is typed into a file that is open in the real server over stdio and saved, in a copy
of the package. It is detected if a report names a test that passes without it; more reports are
waited for until none has come for four seconds. Then the menu is asked for at the first diagnostic
until it lists a fix; when the search has ended, its first item is applied, in memory only.

That fix is right if its text has the syntax tree of the original. Else it has to give the original's
outcome in every test of the package's whole suite, of which the search saw the file's own, and to do
what the original does on inputs that no test has: made from those of the tests and from annotations,
on which both run in the sandbox; ten of them at least, and no difference in one.

Keys of the result: `mutants`, `detected` (their share), `fixed_rank1` (the share of the detected
whose first fix is right) and `save_to_menu_s_p50` (over those that got a fix). With `--record` each
mutant is a line of that file and is not tried again. The spin loop tells how busy the machine was.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.trust_store import TrustStore
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.observation import InputKind
from lacuna_ls.domain.text import encode
from lacuna_ls.lsp.client import Client, OpenFile
from lacuna_ls.ports.code_runner import Limits, ObserveRequest, TestRequest

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.latency import spin
from benchmarks.mutation import Mutant, mutants, same_program
from benchmarks.parity import Suite, address, prepared, read_suites, run_in_terminal

_SUITES = Path(__file__).with_name("parity_suites.toml")
_SOURCES = {
    "cachetools": "src/cachetools",
    "humanize": "src/humanize",
    "marshmallow": "src/marshmallow",
    "toolz": "toolz",
    "voluptuous": "voluptuous",
}
_SEED = 4
_PATIENCE_S = 60.0
_BUDGET_S = 10
_NEW_INPUTS = 10
_REPORTED = re.compile(r"\d (passed|failed|broken|skipped)|could not be loaded|did not end within")
# What a save can affect beyond the file's own tests is reported as it comes.
_QUIET_S = 4.0
# Suite, file, kind, function, line.
Key = tuple[str, str, str, str, int]

_NEW = (InputKind.MUTATED, InputKind.GENERATED, InputKind.EDGE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one mutant; `menu_s` is `None` where no fix was listed."""

    suite: str
    file: str
    kind: str
    function: str
    line: int
    detected: bool = False
    menu_s: float | None = None
    title: str = ""
    right: bool = False
    judged: str = ""

    @property
    def key(self) -> Key:
        return self.suite, self.file, self.kind, self.function, self.line


@dataclass(frozen=True, slots=True)
class Bench:
    """One package: its copy, its environment, the server, and the outcomes without a mutant."""

    suite: Suite
    root: Path
    python: Path
    client: Client
    sound: Mapping[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--limit", type=int, default=50, help="mutants of each package")
    parser.add_argument("--only", nargs="*", default=list(_SOURCES))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    # Nobody who runs tests on save has their compiled form thrown away each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    known = _recorded(options.record)
    seen: list[Seen] = []
    for suite in read_suites(_SUITES):
        if suite.name in options.only and suite.name in _SOURCES:
            original, python = prepared(suite)
            with tempfile.TemporaryDirectory(prefix="lacuna-mutants-") as folder:
                root = shutil.copytree(original, Path(folder).resolve() / original.name)
                seen += _of_package(suite, root, python, options.limit, known, options.record)
    result = figures(seen)
    print(json.dumps({**spin(), "load_1m": round(os.getloadavg()[0], 1)}))
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


def _of_package(
    suite: Suite,
    root: Path,
    python: Path,
    limit: int,
    known: Mapping[Key, Seen],
    record: Path | None,
) -> list[Seen]:
    """The first `limit` mutants of the package in `root`."""
    source = root / _SOURCES[suite.name]
    # What is installed beside the tests is a copy, which no mutant reaches.
    os.environ["PYTHONPATH"] = str(source.parent)
    chosen = {_row(suite, root, each).key: each for each in islice(mutants(source, _SEED), limit)}
    seen = [known[key] for key in chosen if key in known]
    left = [mutant for key, mutant in chosen.items() if key not in known]
    if left:
        sound = run_in_terminal(suite, root, python)
        seen += asyncio.run(_tried(suite, root, python, sound, left, record))
    return seen


async def _tried(
    suite: Suite,
    root: Path,
    python: Path,
    sound: Mapping[str, str],
    chosen: Sequence[Mutant],
    record: Path | None,
) -> list[Seen]:
    """One after the other, in one server."""
    seen: list[Seen] = []
    async with await Client.start([sys.executable, "-I", "-m", "lacuna_ls"]) as client:
        options = {
            "interpreter": str(python),
            "trustedFolders": [str(root)],
            "actions.timeBudgetSeconds": _BUDGET_S,
        }
        await client.initialize(root, options=options)
        bench = Bench(suite, root, python, client, sound)
        for mutant in chosen:
            seen.append(await _one(bench, mutant, _row(suite, root, mutant)))
            _print(seen[-1])
            _record(record, seen[-1])
    return seen


async def _one(bench: Bench, mutant: Mutant, row: Seen) -> Seen:
    """Plant the mutant, see what the editor is offered, and judge it."""
    original = mutant.path.read_bytes()
    _forget_compiled(mutant.path)
    file = bench.client.open(mutant.path)
    try:
        return await _offered(bench, mutant, row, file, original)
    finally:
        _write(mutant.path, original)
        bench.client.change(file, file.text + "\n")
        bench.client.notify("textDocument/didClose", {"textDocument": {"uri": file.uri}})
        del bench.client.files[file.uri]


async def _offered(
    bench: Bench, mutant: Mutant, row: Seen, file: OpenFile, original: bytes
) -> Seen:
    client = bench.client
    client.change(file, mutant.text.decode())
    client.messages.clear()
    begun = time.monotonic()
    await client.save(file)
    red = await _red(bench, file)
    if red is None:
        return _with(row, judged="no tests ran")
    if not red:
        return row
    menu = await _menu(client, file, red[0]["range"])
    if not menu:
        return _with(row, detected=True, judged=" ".join(_said(client, file)[1:]))
    menu_s = time.monotonic() - begun
    await _until(lambda: _search_ended(client, file))
    best = (await _fixes(client, file, red[0]["range"]))[0]
    await client.apply(best)
    right, judged = await _judged(bench, mutant, original, encode(file.text))
    title = best["title"]
    return _with(row, detected=True, menu_s=menu_s, title=title, right=right, judged=judged)


async def _red(bench: Bench, file: OpenFile) -> list[dict[str, Any]] | None:
    """The findings of tests that pass without the mutant; `None` if none reported in time."""
    deadline_s = time.monotonic() + _PATIENCE_S
    reports = 0
    while time.monotonic() < deadline_s:
        with contextlib.suppress(TimeoutError):
            found = await bench.client.diagnostics(file, timeout_s=0.01)
            red = [each for each in found if bench.sound.get(address(each["code"])) == "passed"]
            if red:
                return red
        reported = [said for said in _said(bench.client, file) if _REPORTED.search(said)]
        if len(reported) > reports:
            reports = len(reported)
            # They are shown right after that; where some are red, all run first.
            after_s = _QUIET_S if "failed" not in reported[-1] else _PATIENCE_S
            deadline_s = time.monotonic() + after_s
        await asyncio.sleep(0.01)
    return [] if any(map(_REPORTED.search, _said(bench.client, file))) else None


async def _menu(client: Client, file: OpenFile, at: dict[str, Any]) -> list[dict[str, Any]]:
    """The first fixes that come; none if the search ends without one."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        over = _search_ended(client, file) or time.monotonic() > deadline_s
        found = await _fixes(client, file, at)
        if found or over:
            return found
        await asyncio.sleep(0.01)


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(round(_PATIENCE_S / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)


async def _fixes(client: Client, file: OpenFile, at: dict[str, Any]) -> list[dict[str, Any]]:
    menu = await client.code_actions(file, at, ["quickfix"])
    return [action for action in menu if action["title"].startswith("Fix")]


def _search_ended(client: Client, file: OpenFile) -> bool:
    return any(each.startswith(("found ", "no fix ")) for each in _said(client, file))


def _said(client: Client, file: OpenFile) -> list[str]:
    """What the log says of the file since its save."""
    return [m.partition(": ")[2] for m in client.messages if m.startswith(f"{file.path.name}: ")]


async def _judged(bench: Bench, mutant: Mutant, original: bytes, fixed: bytes) -> tuple[bool, str]:
    """Whether the fixed text is the original, or cannot be told from it; and how that was seen."""
    if same_program(fixed, original):
        return True, "the same program"
    _write(mutant.path, fixed)
    outcomes = await asyncio.to_thread(run_in_terminal, bench.suite, bench.root, bench.python)
    _write(mutant.path, original)
    if outcomes != bench.sound:
        return False, "the whole suite tells them apart"
    with tempfile.TemporaryDirectory() as folder:
        trust = TrustStore(Path(folder))
        trust.grant(bench.root)
        limits = Limits(wall_s=120.0, cpu_s=120.0)
        tests = TestRequest(bench.root, bench.python, bench.suite.targets, limits=limits)
        pool = WorkerPool(trust)
        observation = await pool.observe(
            ObserveRequest(
                tests,
                mutant.path,
                mutant.function,
                (original, fixed),
                inputs=200,
                mutated=100,
                generated=40,
                wall_s=20.0,
            )
        )
        await pool.close()
    new = [each for each in observation.inputs if each.kind in _NEW and each.steady]
    for each in new:
        if each.behaviours[0] != each.behaviours[1]:
            return False, f"differs on {each.call}"
    if len(new) < _NEW_INPUTS:
        return False, f"not decided: {len(new)} new inputs; {observation.detail}"
    return True, f"the same on the whole suite and {len(new)} new inputs"


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _forget_compiled(path)


def _forget_compiled(path: Path) -> None:
    """Two texts of one length, written within a second, look the same to the import system."""
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def figures(seen: list[Seen]) -> dict[str, float | int | None]:
    detected = [each for each in seen if each.detected]
    times = [each.menu_s for each in detected if each.menu_s is not None]
    return {
        "mutants": len(seen),
        "detected": round(len(detected) / len(seen), 3) if seen else None,
        "fixed_rank1": (
            round(sum(each.right for each in detected) / len(detected), 3) if detected else None
        ),
        "save_to_menu_s_p50": round(statistics.median(times), 3) if times else None,
    }


def _row(suite: Suite, root: Path, mutant: Mutant) -> Seen:
    file = mutant.path.relative_to(root).as_posix()
    return Seen(suite.name, file, mutant.kind, mutant.function, mutant.line)


def _with(row: Seen, **fields: Any) -> Seen:
    return Seen(**{**asdict(row), **fields})


def _print(seen: Seen) -> None:
    where = f"{seen.suite:12} {seen.file}:{seen.line} {seen.function}, {seen.kind}"
    if not seen.detected:
        print(f"{where}: not detected", flush=True)
    elif seen.menu_s is None:
        print(f"{where}: nothing offered; {seen.judged}", flush=True)
    else:
        verdict = "right" if seen.right else "WRONG"
        print(f"{where}: {verdict}, {seen.menu_s:.2f} s, {seen.title}; {seen.judged}", flush=True)


def _recorded(path: Path | None) -> dict[Key, Seen]:
    if path is None or not path.exists():
        return {}
    rows = [Seen(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row.key: row for row in rows}


def _record(path: Path | None, seen: Seen) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(seen)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
