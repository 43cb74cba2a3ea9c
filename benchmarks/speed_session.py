"""What a search for a speed-up costs who does not want it: nothing before, and not for long after.

    python benchmarks/speed_session.py --json FILE [--rounds N]

The real server on files with a slow function each, whose tests leave a mark when they are run. They are
opened and their menus asked for: `unasked_executions` are the marks. Then searches are started and
given up by an edit at random times: `cancel_ms_p99` is the time from the edit to the end of the last
process of the search, `left_at_work` counts those that went on. `offers` is how many menus offered a search.
"""

import argparse
import asyncio
import contextlib
import copy
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lacuna_ls.lsp.client import CAPABILITIES, Client, OpenFile
from lacuna_ls.lsp.server import SPEED_UP

_FUNCTION = """\
def common_{n}(left, right):
    found = set()
    for one in left:
        for other in right:
            if one == other:
                found.add(one)
    return sorted(found)
"""
_TEST = """\
from subject_{n} import common_{n}

open({mark!r}, "a").write("!")


def test_common():
    assert common_{n}([1, 4, 3], [5, 3, 1]) == [1, 3]
"""
_FILES = 12
_GONE_S = 1.5
_LOOK_S = 0.002
_SEED = 11


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lacuna-speed-") as folder:
        figures = asyncio.run(_figures(Path(folder).resolve(), options.rounds))
    print(json.dumps({**figures, "load_1m": round(os.getloadavg()[0], 1)}))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


async def _figures(root: Path, rounds: int) -> dict[str, Any]:
    mark = root / "ran"
    for n in range(_FILES):
        (root / f"subject_{n}.py").write_text(_FUNCTION.format(n=n), encoding="utf-8")
        test = _TEST.format(n=n, mark=str(mark))
        (root / f"test_subject_{n}.py").write_text(test, encoding="utf-8")
    command = [sys.executable, "-I", "-m", "lacuna_ls"]
    async with await Client.start(command) as client:
        options = {"interpreter": sys.executable, "trustedFolders": [str(root)]}
        capabilities = copy.deepcopy(CAPABILITIES)
        capabilities["workspace"]["executeCommand"] = {}
        await client.initialize(root, capabilities=capabilities, options=options)
        files = [client.open(root / f"subject_{n}.py") for n in range(_FILES)]
        offers = sum([await _offered(client, file) for file in files])
        unasked = len(mark.read_text(encoding="utf-8")) if mark.exists() else 0
        times_ms, at_work = await _cancels(client, files[0], rounds)
    return {
        "offers": offers,
        "unasked_executions": unasked,
        "cancel_ms_p50": round(_percentile(times_ms, 50), 1),
        "cancel_ms_p99": round(_percentile(times_ms, 99), 1),
        "cancels": len(times_ms),
        "left_at_work": at_work,
    }


async def _offered(client: Client, file: OpenFile) -> bool:
    at = {"line": 0, "character": 4}
    for kinds in (["quickfix"], ["refactor"]):
        menu = await client.code_actions(file, {"start": at, "end": at}, kinds)
    return any(each["title"].startswith("Search for a speed-up") for each in menu)


async def _cancels(client: Client, file: OpenFile, rounds: int) -> tuple[list[float], int]:
    """Milliseconds from each edit to the end of the search's processes, and how many worked on."""
    chance = random.Random(_SEED)
    times_ms: list[float] = []
    text, at_work = file.text, 0
    for _ in range(rounds):
        client.change(file, text)
        before = _below(client.process.pid)
        params = {"command": SPEED_UP, "arguments": [file.uri, "common_0"]}
        await client.request("workspace/executeCommand", params)
        await asyncio.sleep(chance.uniform(0.3, 3.0))
        searching = _below(client.process.pid) - before
        begun = time.perf_counter()
        client.change(file, f"{text}#\n")
        seen_ms = dict.fromkeys(searching, 0.0)
        while time.perf_counter() - begun < _GONE_S:
            now = _below(client.process.pid)
            seen_ms.update(dict.fromkeys(now & searching, (time.perf_counter() - begun) * 1000))
            await asyncio.sleep(_LOOK_S)
        # What is kept ready for later runs stays, and sleeps.
        kept = _below(client.process.pid)
        at_work += await _at_work(kept & searching)
        if gone_ms := [ms for pid, ms in seen_ms.items() if pid not in kept]:
            times_ms.append(max(gone_ms))
    return times_ms, at_work


async def _at_work(pids: set[int]) -> int:
    """How many of them go on using the processor, for longer than it takes to be ready again."""
    for _ in range(4):
        before = {pid: _ticks(pid) for pid in pids}
        await asyncio.sleep(0.5)
        pids = {pid for pid, ticks in before.items() if _ticks(pid) > ticks + 2}
        if not pids:
            break
    return len(pids)


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _below(pid: int) -> set[int]:
    """All descendants; a process may end while it is looked at."""
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                for child in map(int, (task / "children").read_text().split()):
                    found |= {child} | _below(child)
    return found


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values) or [0.0]
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


if __name__ == "__main__":
    sys.exit(main())
