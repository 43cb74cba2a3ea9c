"""How fast the menu opens, and what the search for fixes costs whoever goes on typing.

    python benchmarks/menu.py --json FILE [--rounds N]

The real server over stdio, driven by the real client, on a copy of the demo's project with one more
file, whose test no small edit can satisfy, so that its search tries all that it has.

Keys of the result: `menu_ms_p95` (from `textDocument/codeAction` to its answer, all kinds of action,
with a finished fix in the first place), `typing_ratio` (one typed character in another file and the
ghost text after it, while a search runs, to the same with nothing running; medians, both in every
round) and `cancel_ms_p99` (from an edit of the searched file until the last process that worked for
the search is gone). The spin loop and the load tell how busy the machine was; a process that still
works three seconds after an edit is an error (one that is kept gets ready for the next run by then).
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.cli.demo import WORKSPACE
from lacuna_ls.lsp.client import Client, OpenFile

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.latency import spin

_PATIENCE_S = 60.0
_MENUS = 200
_IDLE_KEYS = 40
_WARM_UP = 3
_GONE_S = 1.0
_LOOK_S = 0.002
_SEED = 7
_FIXED = "orchard/pricing.py"
_TYPED_IN = "orchard/harvest.py"
_NEW_CODE = (
    "\n\ndef heaviest(orders):\n    names = []\n    for order in orders:\n        for line in "
)
_HOPELESS = "".join(
    f"""\
def step_{n}(values, limit, scale):
    total, seen, first = 0, [], None
    for index, value in enumerate(values):
        if value > limit and index % 2 == 0:
            total += value * scale - {n}
        elif value in seen or value == limit:
            total -= min(value, limit) + index
        else:
            first = value if first is None else max(first, value)
        seen.append(value)
    return total + (first or 0) - len(seen)


"""
    for n in range(4)
)
_TEST = """\
from hopeless import step_0, step_1, step_2, step_3


def test_nothing_reaches_this():
    found = [f([3, 1, 4, 1, 5, 9, 2, 6], 3, 2) for f in (step_0, step_1, step_2, step_3)]
    assert found == ["a", "b", "c", "d"]
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--rounds", type=int, default=40, metavar="N")
    options = parser.parse_args()
    asyncio.run(library_index(cache_folder()))
    with tempfile.TemporaryDirectory(prefix="lacuna-menu-") as folder:
        root = shutil.copytree(WORKSPACE, Path(folder).resolve() / "orchard")
        (root / "hopeless.py").write_text(_HOPELESS, encoding="utf-8")
        (root / "test_hopeless.py").write_text(_TEST, encoding="utf-8")
        figures, left = asyncio.run(_figures(root, options.rounds))
    print(json.dumps({**spin(), "load_1m": round(os.getloadavg()[0], 1), "left": left}))
    print(json.dumps(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if left else 0


async def _figures(root: Path, rounds: int) -> tuple[dict[str, float], int]:
    async with _session(root) as client:
        menus = await _menus(client, client.open(root / _FIXED))
        hopeless = client.open(root / "hopeless.py")
        ratio = await _typing(client, hopeless, client.open(root / _TYPED_IN), rounds)
    # Where another file is red, too, each save runs its tests again: those are no search's.
    async with _session(root) as client:
        cancels, left = await _cancels(client, client.open(root / "hopeless.py"), rounds)
    figures = {
        "menu_ms_p95": round(_percentile(menus, 95), 1),
        "typing_ratio": round(ratio, 3),
        "cancel_ms_p99": round(_percentile(cancels, 99), 1),
    }
    return figures, left


@contextlib.asynccontextmanager
async def _session(root: Path) -> AsyncIterator[Client]:
    command = [sys.executable, "-I", "-m", "lacuna_ls"]
    environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    # What is published is to be what tests found.
    options = {
        "interpreter": sys.executable,
        "trustedFolders": [str(root)],
        "extract": {"hints": "off"},
    }
    async with await Client.start(command, environment=environment) as client:
        await client.initialize(root, options=options)
        yield client


async def _menus(client: Client, file: OpenFile) -> list[float]:
    """Milliseconds of each opening of the menu, once the search has ended with a fix."""
    await _red(client, file)
    await _until(lambda: _ended(client, file))
    at = client.position(file, file.text.encode().index(b"total = unit_cents"))
    range_ = {"start": at, "end": at}
    times_ms: list[float] = []
    for _ in range(_MENUS):
        begun = time.perf_counter()
        menu = await client.code_actions(file, range_)
        times_ms.append((time.perf_counter() - begun) * 1000)
        assert menu[0]["title"].startswith("Fix: "), menu
    return times_ms


async def _typing(client: Client, hopeless: OpenFile, typed: OpenFile, rounds: int) -> float:
    """Milliseconds of a character while a search runs, to those of one when nothing does."""
    client.change(typed, typed.text + _NEW_CODE)
    await _keys(client, typed, _IDLE_KEYS)
    idle: list[float] = []
    searching: list[float] = []
    for _ in range(max(rounds // 4, 2)):
        await _settled(client.process.pid)
        idle += await _keys(client, typed, _IDLE_KEYS)
        client.change(hopeless, hopeless.text + "#\n")
        await _red(client, hopeless)
        while not _ended(client, hopeless):
            searching += await _keys(client, typed, 1)
    assert searching, "the search ended before a key could be typed"
    return statistics.median(searching) / statistics.median(idle)


async def _keys(client: Client, file: OpenFile, count: int) -> list[float]:
    """Type at the end of the file and take the characters away again."""
    times_ms: list[float] = []
    text = file.text
    for number in range(count):
        begun = time.perf_counter()
        client.change(file, text + "order"[: number % 5 + 1])
        await client.complete(file, len(file.text.encode()))
        times_ms.append((time.perf_counter() - begun) * 1000)
    client.change(file, text)
    return times_ms


async def _cancels(client: Client, file: OpenFile, rounds: int) -> tuple[list[float], int]:
    """Milliseconds from each edit to the end of the search's processes, and what still works."""
    chance = random.Random(_SEED)
    times_ms: list[float] = []
    still_at_work = 0
    text = file.text
    for number in range(-_WARM_UP, rounds):
        client.change(file, f"{text}# {number}\n")
        await _red(client, file)
        await asyncio.sleep(chance.uniform(0.1, 1.0))
        before = _below(client.process.pid)
        begun = time.perf_counter()
        client.change(file, f"{text}#\n")
        seen_ms = dict.fromkeys(before, 0.0)
        while time.perf_counter() - begun < _GONE_S:
            now = _below(client.process.pid)
            seen_ms.update(dict.fromkeys(now & before, (time.perf_counter() - begun) * 1000))
            await asyncio.sleep(_LOOK_S)
        kept = _below(client.process.pid)
        if number >= 0:  # at first, those that are kept for later runs are getting ready
            gone_ms = (ms for pid, ms in seen_ms.items() if pid not in kept)
            times_ms.append(max(gone_ms, default=0.0))
            still_at_work += await _working(kept)
    return times_ms, still_at_work


async def _working(pids: set[int]) -> int:
    """How many of them go on using the processor, for longer than it takes to be ready again."""
    for _ in range(4):
        before = {pid: _ticks(pid) for pid in pids}
        await asyncio.sleep(0.5)
        pids = {pid for pid, ticks in before.items() if _ticks(pid) > ticks + 2}
        if not pids:
            break
    return len(pids)


async def _red(client: Client, file: OpenFile) -> None:
    client.messages.clear()
    await client.save(file)
    assert await client.diagnostics(file, timeout_s=_PATIENCE_S)


def _ended(client: Client, file: OpenFile) -> bool:
    said = [m.partition(": ")[2] for m in client.messages if m.startswith(f"{file.path.name}: ")]
    return any(each.startswith(("found ", "no fix ")) for each in said)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.02)


async def _settled(server: int) -> None:
    """Until no process has come or gone for half a second."""
    same, before = 0, _below(server)
    while same < 5:
        await asyncio.sleep(0.1)
        now = _below(server)
        same, before = (same + 1 if now == before else 0), now


def _below(pid: int) -> set[int]:
    """All descendants; a process may end while it is looked at."""
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                children = (task / "children").read_text().split()
                for child in map(int, children):
                    found |= {child} | _below(child)
    return found


def _ticks(pid: int) -> int:
    """Processor time so far, in ticks of the clock; 0 for a process that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _percentile(values: list[Any], percent: int) -> float:
    ordered = sorted(values)
    return float(ordered[min(len(ordered) * percent // 100, len(ordered) - 1)])


if __name__ == "__main__":
    sys.exit(main())
