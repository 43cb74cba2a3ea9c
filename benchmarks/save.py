"""How long a save waits for its verdict, beside a cold `pytest FILE` in the same run.

    python benchmarks/save.py --json FILE [--rounds N]

The real server over stdio, driven by the real client. Each round edits the file of tests, saves it
and waits for its diagnostics, then gives the same file to `python -m pytest` as a terminal would.
Both arms must give each test the same outcome: the lens above it is compared with what `pytest -rA`
says of it. Environments are made with pip and kept in the user's cache folder. Printed beside the
figures are the quartiles of both arms, the load, and the time of a fixed loop before and after each
workload: where that differs, so did the machine.

Keys of the result: `speedup_plain` (five tests, no plugin), `speedup_small` (five tests, five common
plugins), `speedup_60` (a file of a real package's suite), `speedup_heavy_conftest` (a conftest that
imports its own package, and that numpy); `save_ms_p50_plain` and `save_ms_p50_plugins`; after 200
saves in 20 s, `last_reported` (the last one's verdict is what is shown), `leaked_processes` and
`leaked_fds`.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.index_files import cache_folder
from lacuna_ls.lsp.client import CAPABILITIES, Client, OpenFile

_SAVES = 200
_SAVES_S = 20.0
_PATIENCE_S = 60.0
_PLUGINS = (
    "pytest-asyncio", "pytest-cov", "pytest-mock", "pytest-timeout", "pytest-xdist", "numpy",
)  # fmt: skip
_ONE = {
    "pass": "passes", "fail": "fails", "is skipped": "is skipped", "are skipped": "is skipped",
}  # fmt: skip
_LENSES = {**CAPABILITIES, "textDocument": {**CAPABILITIES["textDocument"], "codeLens": {}}}
_CODE = "def add(a, b):\n    return a + b\n"
_FIVE = "import calc\n\n" + "".join(
    f"def test_{n}():\n    assert calc.add({n}, 1) == {n + (n != 3)}\n\n\n" for n in range(5)
)
_HEAVY = {
    "conftest.py": "import pytest\n\nimport engine\n\n\n@pytest.fixture\ndef grid():\n"
    "    return engine.grid(3)\n",
    "engine.py": "import numpy\n\n\ndef grid(n):\n    return numpy.eye(n)\n",
    "test_it.py": "def test_sum(grid):\n    assert grid.sum() == 3\n\n\n"
    "def test_shape(grid):\n    assert grid.shape == (3, 4)\n\n\n",
}


@dataclass(frozen=True, slots=True)
class Times:
    """Of each round, in seconds."""

    warm_s: list[float]
    cold_s: list[float]

    @property
    def speedup(self) -> float:
        return round(statistics.median(self.cold_s) / statistics.median(self.warm_s), 2)

    @property
    def save_ms(self) -> float:
        return round(statistics.median(self.warm_s) * 1000, 1)

    def in_words(self) -> str:
        return f"save {_quartiles(self.warm_s)}, cold {_quartiles(self.cold_s)}"


def _quartiles(seconds: list[float]) -> str:
    low, middle, high = (round(each * 1000) for each in statistics.quantiles(seconds, n=4))
    return f"{middle} ms ({low}-{high})"


def _spin_ms() -> float:
    """How long this machine takes for a fixed loop now, the best of three."""
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        total = 0
        for number in range(300_000):
            total += number
        times.append(time.perf_counter() - begun)
    return round(min(times) * 1000, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--rounds", type=int, default=15, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lacuna-save-") as folder:
        figures = asyncio.run(_figures(Path(folder).resolve(), options.rounds))
    for name, value in figures.items():
        print(f"{name:24} {value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


async def _figures(folder: Path, rounds: int) -> dict[str, Any]:
    plain, plugins = _environment("plain", ()), _environment("plugins", _PLUGINS)
    five = {"calc.py": _CODE, "test_it.py": _FIVE}
    suite, file = _real_suite(folder / "real")
    workloads = {
        "small": (_project(folder / "small", five), "test_it.py", plugins),
        "plain": (_project(folder / "plain", five), "test_it.py", plain),
        "60": (suite, file, plugins),
        "heavy_conftest": (_project(folder / "heavy", _HEAVY), "test_it.py", plugins),
    }
    times: dict[str, Times] = {}
    for name, (root, tests, python) in workloads.items():
        before_ms = _spin_ms()
        times[name] = await _measured(root, tests, python, rounds)
        load = os.getloadavg()[0]
        loop = f"loop {before_ms} and {_spin_ms()} ms, load {load:.1f}"
        print(f"{name}: {times[name].in_words()}; {loop}", flush=True)
    return {
        **{f"speedup_{name}": each.speedup for name, each in times.items()},
        "save_ms_p50_plain": times["plain"].save_ms,
        "save_ms_p50_plugins": times["small"].save_ms,
        **await _many_saves(_project(folder / "many", five), plain),
    }


def _environment(name: str, requirements: tuple[str, ...]) -> Path:
    """An interpreter with pytest and `requirements`."""
    folder = cache_folder() / "benchmark-save" / name
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "pytest", *requirements], check=True)
    return python


def _project(root: Path, files: Mapping[str, str]) -> Path:
    root.mkdir(parents=True)
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


def _real_suite(folder: Path) -> tuple[Path, str]:
    """The root and one file of tests of a package as it was published."""
    name = "toolz-1.0.0"
    kept = cache_folder() / "benchmark-save" / f"{name}.tar.gz"
    if not kept.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:"]
        subprocess.run([*pip, "--dest", str(kept.parent), name.replace("-", "==")], check=True)
    with tarfile.open(kept) as archive:
        archive.extractall(folder, filter="data")
    return folder / name, "toolz/tests/test_itertoolz.py"


async def _measured(root: Path, file: str, python: Path, rounds: int) -> Times:
    times = Times([], [])
    expected = _outcomes(_terminal(root, python, "-rA", file))
    red = {name for name, said in expected.items() if said["fails"]}
    async with await _server(root, python) as client:
        document = client.open(root / file)
        text = document.text
        for number in range(-2, rounds):  # the first ones fill caches
            client.change(document, f"{text}\nMARK = {number}\n")
            begun = time.perf_counter()
            found = await _saved(client, document)
            warm_s = time.perf_counter() - begun
            shown = await _shown(client, document)
            await _settled(client.process.pid)  # what follows a verdict keeps neither arm waiting
            begun = time.perf_counter()
            cold = _terminal(root, python, file)
            cold_s = time.perf_counter() - begun
            assert len(found) == min(len(red), 10), (found, red)
            assert shown == expected, (shown, expected)
            assert set(_outcomes(cold)) == red, (cold, red)
            if number >= 0:
                times.warm_s.append(warm_s)
                times.cold_s.append(cold_s)
    return times


async def _server(root: Path, python: Path) -> Client:
    client = await Client.start([sys.executable, "-I", "-m", "lacuna_ls"])
    # What is published is to be what tests found.
    options = {
        "interpreter": str(python),
        "trustedFolders": [str(root)],
        "extract": {"hints": "off"},
    }
    await client.initialize(root, options=options, capabilities=_LENSES)
    return client


async def _saved(client: Client, document: OpenFile) -> list[dict[str, Any]]:
    await client.save(document)
    return await client.diagnostics(document, timeout_s=_PATIENCE_S)


def _terminal(root: Path, python: Path, *arguments: str) -> str:
    """What `python -m pytest` prints."""
    command = [str(python), "-m", "pytest", *arguments]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout
    assert re.search(r"\d+ (passed|failed)", told), told
    return told


def _outcomes(told: str) -> dict[str, Counter[str]]:
    """By the name of the test function: all of them if `told` with `-rA`, else the red ones."""
    words = {"PASSED": "passes", "XPASS": "passes", "XFAIL": "passes", "SKIPPED": "is skipped"}
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for kind, test in re.findall(r"^([A-Z]{5,}) [^:]+::(?:\w+::)*(\w+)", told, re.MULTILINE):
        found[test][words.get(kind, "fails")] += 1
    return dict(found)


async def _shown(client: Client, document: OpenFile) -> dict[str, Counter[str]]:
    """By the name of the test function: what the lens above it says."""
    identifier = {"textDocument": {"uri": document.uri}}
    lenses = await client.request("textDocument/codeLens", identifier)
    lines = document.text.splitlines()
    found = {}
    for lens in lenses or ():
        name = re.search(r"def (\w+)", lines[lens["range"]["start"]["line"]])
        assert name is not None, lens
        title = lens["command"]["title"]
        counts = re.findall(r"(\d+) (pass|fail|is skipped|are skipped)", title)
        said = {_ONE[kind]: int(number) for number, kind in counts}
        found[name[1]] = Counter(said or {title.partition(",")[0]: 1})
    return found


async def _many_saves(root: Path, python: Path) -> dict[str, int]:
    """Save after save, each before the one before it can have its verdict."""
    async with await _server(root, python) as client:
        document = client.open(root / "test_it.py")
        server = client.process.pid
        await _numbered(client, document, -1)
        await _settled(server)
        before = _open_files(server), len(_below(server))
        begun = time.perf_counter()
        for number in range(_SAVES):
            await asyncio.sleep(max(0.0, begun + number * _SAVES_S / _SAVES - time.perf_counter()))
            client.change(document, f"def test_it():\n    assert {number} < 0\n")
            await client.save(document)
        found = await client.diagnostics(document, timeout_s=_PATIENCE_S)
        last = any(f"{_SAVES - 1}" in diagnostic["message"] for diagnostic in found)
        await _settled(server)
        after = _open_files(server), len(_below(server))
        return {
            "last_reported": int(last),
            "leaked_processes": max(after[1] - before[1], 0),
            "leaked_fds": max(after[0] - before[0], 0),
        }


async def _numbered(client: Client, document: OpenFile, number: int) -> None:
    client.change(document, f"def test_it():\n    assert {number} < 0\n")
    await _saved(client, document)


async def _settled(server: int) -> None:
    """Wait until no process has come or gone for longer than the next session's begin waits."""
    same, before = 0, _below(server)
    while same < 30:
        await asyncio.sleep(0.1)
        now = _below(server)
        same, before = (same + 1 if now == before else 0), now


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _below(pid: int) -> set[int]:
    """All descendants."""
    found: set[int] = set()
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listing.read_text().split()):
            found |= {child} | _below(child)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
