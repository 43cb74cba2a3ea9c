"""How long the server keeps an editor waiting, beside yardsticks measured in the same run.

Four figures: the time from spawning the server to its `initialize` response, as a ratio to a server
that is nothing but pygls; the round trip of one typed character and the ghost text after it, in a
file of 5,000 lines (median and 95th percentile); and the memory held after that, index loaded.

    python benchmarks/latency.py [--json FILE]
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.lsp.client import Client

START_RUNS = 15
ROUND_TRIPS = 240
WARM_UP_ROUND_TRIPS = 40
DOCUMENT_LINES = 5000
SPIN_STEPS = 2_000_000
DOCUMENT_SOURCES = ("argparse.py", "inspect.py")
TYPED_SOURCE = "shutil.py"

BARE_SERVER = """
from pygls.lsp.server import LanguageServer

LanguageServer("bare", "1").start_io()
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lacuna-latency-") as folder:
        figures = spin() | start_up(Path(folder)) | asyncio.run(typing(Path(folder)))
    for name, value in figures.items():
        print(f"{name:32} {value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def spin() -> dict[str, Any]:
    """A fixed amount of arithmetic: tells a slow machine from a slow server."""
    runs_ms = []
    for _ in range(5):
        begun = time.perf_counter()
        total = 0
        for i in range(SPIN_STEPS):
            total += i & 7
        runs_ms.append((time.perf_counter() - begun) * 1000)
    return {"spin_ms": round(statistics.median(runs_ms), 1), "cpus": os.cpu_count()}


def start_up(folder: Path) -> dict[str, Any]:
    """Both servers in turn, so that a busy moment of the machine hits both alike."""
    bare = folder / "bare.py"
    bare.write_text(BARE_SERVER, encoding="utf-8")
    commands = {"server": ["-m", "lacuna_ls"], "bare": [str(bare)]}
    times_ms: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(START_RUNS + 2):
        for name, command in commands.items():
            elapsed_ms = milliseconds_to_initialize([sys.executable, "-I", *command], folder)
            if run >= 2:  # the first ones fill the disk cache
                times_ms[name].append(elapsed_ms)
    ratios = [s / b for s, b in zip(times_ms["server"], times_ms["bare"], strict=True)]
    server_ms, bare_ms = (statistics.median(times_ms[name]) for name in ("server", "bare"))
    return {
        "initialize_ratio": round(server_ms / bare_ms, 3),
        "initialize_ratio_quartiles": rounded(statistics.quantiles(ratios, n=4), 3),
        "initialize_ms": round(server_ms, 1),
        "initialize_bare_ms": round(bare_ms, 1),
    }


def milliseconds_to_initialize(command: list[str], folder: Path) -> float:
    """From spawn to the last byte of the response; the server is shut down in order."""
    begun = time.perf_counter()
    server = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    send(
        server,
        id=1,
        method="initialize",
        params={
            "processId": os.getpid(),
            "rootUri": folder.as_uri(),
            "capabilities": {"general": {"positionEncodings": ["utf-16"]}},
        },
    )
    receive(server, 1)
    elapsed_ms = (time.perf_counter() - begun) * 1000
    send(server, method="initialized", params={})
    send(server, id=2, method="shutdown")
    receive(server, 2)
    send(server, method="exit")
    server.communicate(timeout=30)
    return elapsed_ms


def send(server: subprocess.Popen[bytes], **message: Any) -> None:
    assert server.stdin
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    server.stdin.flush()


def receive(server: subprocess.Popen[bytes], message_id: int) -> None:
    """Read messages up to the response to `message_id`."""
    assert server.stdout
    while True:
        length = 0
        while (line := server.stdout.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise RuntimeError(f"the server ended: {server.args!r}")
        message = json.loads(server.stdout.read(length))
        if message.get("id") == message_id and "method" not in message:
            return


def rounded(values: list[float], digits: int) -> list[float]:
    return [round(value, digits) for value in values]


async def typing(folder: Path) -> dict[str, Any]:
    """Type real code into the middle of a long file, asking for ghost text at every character."""
    before, after = document_text()
    await library_index(cache_folder())
    path = folder / "long.py"
    path.write_text(before + after, encoding="utf-8")
    async with await Client.start([sys.executable, "-I", "-m", "lacuna_ls"]) as client:
        await client.initialize(folder)
        await index_loaded(client, folder)
        file = client.open(path)
        line, character = before.count("\n"), 0
        times_ms: list[float] = []
        offered = 0
        for version, typed in enumerate(typed_text(), start=2):
            position = {"line": line, "character": character}
            line, character = (line + 1, 0) if typed == "\n" else (line, character + 1)
            begun = time.perf_counter()
            client.notify(
                "textDocument/didChange",
                {
                    "textDocument": {"uri": file.uri, "version": version},
                    "contentChanges": [
                        {"range": {"start": position, "end": position}, "text": typed}
                    ],
                },
            )
            answer = await client.request(
                "textDocument/inlineCompletion",
                {
                    "textDocument": {"uri": file.uri},
                    "position": {"line": line, "character": character},
                    "context": {"triggerKind": 2},
                },
            )
            times_ms.append((time.perf_counter() - begun) * 1000)
            offered += bool(answer["items"])
        rss_mb = resident_mb(client.process.pid)
    measured = times_ms[WARM_UP_ROUND_TRIPS:]
    percentiles = statistics.quantiles(measured, n=100)
    return {
        "round_trip_ms_p50": round(percentiles[49], 2),
        "round_trip_ms_p95": round(percentiles[94], 2),
        "round_trip_ms_quartiles": rounded(statistics.quantiles(measured, n=4), 2),
        "round_trips": len(measured),
        "round_trips_with_ghost_text": offered,
        "document_lines": (before + after).count("\n"),
        "rss_mb": round(rss_mb, 1),
    }


def document_text() -> tuple[str, str]:
    """Modules of the standard library, one after the other, in two halves between two functions."""
    library = Path(sysconfig.get_path("stdlib"))
    text = "\n\n".join((library / name).read_text("utf-8") for name in DOCUMENT_SOURCES)
    lines = text.splitlines(keepends=True)[:DOCUMENT_LINES]
    assert len(lines) == DOCUMENT_LINES
    middle = next(
        n for n in range(DOCUMENT_LINES // 2, DOCUMENT_LINES) if lines[n].startswith("def ")
    )
    return "".join(lines[:middle]), "".join(("\n\n\n", *lines[middle:]))


def typed_text() -> str:
    """Code that is not in the document, from the first function of a module on."""
    source = (Path(sysconfig.get_path("stdlib")) / TYPED_SOURCE).read_text("utf-8")
    begin = source.index("\ndef ") + 1
    return source[begin : begin + WARM_UP_ROUND_TRIPS + ROUND_TRIPS]


async def index_loaded(client: Client, folder: Path) -> None:
    """Wait for ghost text that only the standard library's index can give."""
    path = folder / "short.py"
    path.write_text("if __name__ ==", encoding="utf-8")
    file = client.open(path)
    deadline = time.monotonic() + 60
    while not await client.complete(file, len(file.text)):
        if time.monotonic() > deadline:
            raise RuntimeError("the standard library's index was not loaded within a minute")
        await asyncio.sleep(0.05)


def resident_mb(pid: int) -> float:
    """Resident memory of a process in units of 10**6 bytes."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(s for s in status.read_text().splitlines() if s.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6
    kibibytes = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return int(kibibytes.stdout) * 1024 / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
