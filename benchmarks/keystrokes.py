"""What typing costs where an endpoint completes: a session replayed at human speed, over stdio.

    python benchmarks/keystrokes.py [--json FILE] [--keystrokes N]

The endpoint is a scripted one on loopback that knows what will be typed and answers with the rest of
the statement, after a while that counts as the model's. The document has 5,000 lines; a typist's gaps
between keys are drawn with a fixed seed, and now and then a wrong key is taken back.

Keys of the result: `overhead_ms_p50`, `overhead_ms_p95` from a key to its answer without the model's
time and without the deliberate wait for the next key; `calls_typing_along`, questions to the endpoint
while what is typed is what is shown; `cache_hits`, the share of keys that are answered without a
question; `reversals`, the share of suggestions that put back what was taken back just before;
`cancel_ms_p99` from a cancelled request to the closed socket (`cancels_too_late` were
answered before they could be cancelled); `hang_latency_ratio` of the median round
trip with an endpoint that never answers to that without any, two servers that type in turn.

`spin_ms` is what a fixed amount of arithmetic takes before and after, and `load` is the system's: where
either is far above that of an idle machine, the milliseconds are the machine's. `cpu_ms_per_key` is the
server's own time, which a busy machine changes little.
"""

# ruff: noqa: E402 -- the scripted server lies among the tests

import argparse
import asyncio
import json
import math
import os
import random
import re
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

# In place of this folder, whose modules are no packages.
_HERE = Path(__file__).resolve().parent
sys.path[0] = str(_HERE.parent / "tests")
sys.path.append(str(_HERE))

from endpoints.scripted_server import Answer, Asked, completed, completing, sent, serving_by
from lacuna_ls.completion.remote.standing import Pace
from lacuna_ls.lsp.client import Client, OpenFile

_latency: Any = import_module("latency")

_MODEL_S = 0.02
_TYPOS = 0.03
_SLOWEST_S, _ANSWERED_S = 5.0, 2.0
_CANCELS = 100
_HANG_KEYS = 150


@dataclass
class Endpoint:
    """What is asked when, and answered when. `text` is the document as it will be."""

    text: str = ""
    hangs: bool = False
    calls: list[tuple[float, float]] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    closed_s: float = 0.0

    def script(self, asked: Asked) -> Answer:
        streams = asked.body is not None and bool(asked.body.get("stream"))
        return self._answer(asked) if streams else completing(sent())(asked)

    def _answer(self, asked: Asked) -> Answer:
        async def give(
            asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            came_s = time.perf_counter()
            self.came.set()
            if self.hangs:
                writer.write(b"HTTP/1.1 200 -\r\nContent-Type: text/event-stream\r\n\r\n")
                await reader.read()
                self.closed_s = time.perf_counter()
                self.closed.set()
                return
            await asyncio.sleep(_MODEL_S)
            rest = self._continuation(asked.body["prompt"])
            self.calls.append((came_s, time.perf_counter()))
            await sent(*completed(*((word, -0.05) for word in rest)))(asked, reader, writer)

        return give

    def _continuation(self, prompt: str) -> list[str]:
        """What will be typed behind the prompt's end, to the end of its line."""
        at = self.text.find(prompt[-200:])
        after = self.text[at + len(prompt[-200:]) :] if at >= 0 else ""
        line = after.split("\n", 1)[0]
        return [line[i : i + 4] for i in range(0, len(line), 4)] + ["\n", "x"]


class Typist:
    """Types into the middle of a document, one key at a time."""

    def __init__(self, client: Client, file: OpenFile, before: str) -> None:
        self.client = client
        self.file = file
        self.line, self.character = before.count("\n"), 0
        self.version = 1
        self.pace = Pace()

    def key(self, typed: str) -> None:
        start = {"line": self.line, "character": self.character}
        self.line, self.character = (
            (self.line + 1, 0) if typed == "\n" else (self.line, self.character + 1)
        )
        self._change(start, start, typed)

    def take_back(self) -> None:
        end = {"line": self.line, "character": self.character}
        self.character -= 1
        self._change({"line": self.line, "character": self.character}, end, "")

    def _change(self, start: dict[str, int], end: dict[str, int], text: str) -> None:
        self.version += 1
        change = {"range": {"start": start, "end": end}, "text": text}
        document = {"uri": self.file.uri, "version": self.version}
        self.client.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    async def ask(self) -> str:
        """The text that is offered; empty if none is."""
        self.pace = self.pace.asked(time.perf_counter())
        answer = await self.client.request(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": self.file.uri},
                "position": {"line": self.line, "character": self.character},
                "context": {"triggerKind": 2},
            },
        )
        for item in answer["items"]:
            text = item["insertText"]
            return text if isinstance(text, str) else _plain(text["value"])
        return ""


def _plain(snippet: str) -> str:
    """What stands there once a snippet is inserted: the guess in each of its holes."""
    text = re.sub(r"\$\{\d+\|((?:\\.|[^,|\\])*)(?:,(?:\\.|[^|\\])*)?\|\}", r"\1", snippet)
    text = re.sub(r"\$\{\d+(?::((?:\\.|[^}\\])*))?\}|\$0", lambda m: m[1] or "", text)
    return re.sub(r"\\([\\$},|])", r"\1", text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--keystrokes", type=int, default=400, metavar="N")
    arguments = parser.parse_args()
    load, spin_ms = os.getloadavg()[0], _latency.spin()["spin_ms"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        result = asyncio.run(_measure(root, arguments.keystrokes))
    result["load"] = [round(load, 1), round(os.getloadavg()[0], 1)]
    result["spin_ms"] = [spin_ms, _latency.spin()["spin_ms"]]
    for key, value in result.items():
        print(f"{key:>22} {value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


async def _measure(root: Path, keystrokes: int) -> dict[str, Any]:
    before, after = _latency.document_text()
    path = root / "long.py"
    path.write_text(before + after, "utf-8")
    endpoint = Endpoint()
    async with serving_by(endpoint.script) as server:
        session = await _session(root, path, before, after, endpoint, server.url, keystrokes)
        cancels, too_late = await _cancels(root, path, before, endpoint, server.url)
        endpoint.hangs = True
        hanging, alone = await _round_trips(root, path, before, (server.url, ""))
    return {
        **session,
        "cancels_too_late": too_late,
        "cancel_ms_p99": round(_percentile(cancels, 99), 2),
        "hang_latency_ratio": round(statistics.median(hanging) / statistics.median(alone), 3),
        "round_trip_ms_alone": round(statistics.median(alone), 2),
        "round_trip_ms_hanging": round(statistics.median(hanging), 2),
    }


async def _client(root: Path, url: str) -> Client:
    client = await Client.start([sys.executable, "-I", "-m", "lacuna_ls"])
    options: dict[str, Any] = {"trustedFolders": [str(root)]}
    if url:
        options["model"] = {"endpoint": url, "name": "coder"}
    await client.initialize(root, options=options)
    return client


async def _session(
    root: Path, path: Path, before: str, after: str, endpoint: Endpoint, url: str, count: int
) -> dict[str, Any]:
    typed = _latency.typed_text()[:count]
    endpoint.text = before + typed + after
    draws = random.Random(7)
    overheads: list[float] = []
    asked_overheads: list[float] = []
    hits = along = keys_along = shown_count = reversals = 0
    async with await _client(root, url) as client:
        typist = Typist(client, client.open(path), before)
        await _answered_once(typist, endpoint)
        shown = taken_back = ""
        before_s = _cpu_s(client)
        next_s = time.perf_counter()
        for key in typed:
            # Behind the last of it nothing is shown any more.
            is_along = len(shown) > 1 and shown.startswith(key)
            if draws.random() < _TYPOS and key != "\n" and not is_along:
                typist.key("q")
                await asyncio.sleep(0.15)
                typist.take_back()
                taken_back = "q"
            next_s = max(next_s, time.perf_counter()) + min(draws.gammavariate(3, 0.06), 0.6)
            calls = len(endpoint.calls)
            typist.key(key)
            begun_s = time.perf_counter()
            debounce_s = typist.pace.asked(begun_s).debounce_s
            asking = asyncio.ensure_future(typist.ask())
            done, _ = await asyncio.wait({asking}, timeout=max(next_s - time.perf_counter(), 0.01))
            if not done:
                # The next key comes first, as it does in editors; the answer is the old one's.
                shown = ""
                asking.add_done_callback(lambda task: task.cancelled() or task.exception())
                continue
            took_s = time.perf_counter() - begun_s
            shown = asking.result()
            asked = endpoint.calls[calls:]
            model_s = sum(end - start for start, end in asked)
            overhead_s = max(took_s - model_s - (debounce_s if asked else 0.0), 0.0)
            overheads.append(1000 * overhead_s)
            asked_overheads += [1000 * overhead_s] if asked else []
            hits += not asked
            along += len(asked) if is_along else 0
            keys_along += is_along
            shown_count += bool(shown)
            reversals += bool(shown) and bool(taken_back) and shown.startswith(taken_back)
            taken_back = ""
            await asyncio.sleep(max(next_s - time.perf_counter(), 0))
        cpu_s = _cpu_s(client) - before_s
    return {
        "overhead_ms_p50": round(_percentile(overheads, 50), 2),
        "overhead_ms_p95": round(_percentile(overheads, 95), 2),
        "calls_typing_along": along,
        "keys_typing_along": keys_along,
        "cache_hits": round(hits / max(len(overheads), 1), 3),
        "reversals": round(reversals / max(shown_count, 1), 3),
        "keystrokes": len(typed),
        "answered": len(overheads),
        "shown": shown_count,
        "model_calls": len(endpoint.calls),
        "overhead_ms_p50_asked": round(_percentile(asked_overheads, 50), 2),
        "cpu_ms_per_key": round(1000 * cpu_s / len(typed), 2),
    }


def _cpu_s(client: Client) -> float:
    """What the server has used so far, in all its threads."""
    fields = Path(f"/proc/{client.process.pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _answered_once(typist: Typist, endpoint: Endpoint) -> None:
    """An endpoint that has not answered yet is not waited for; until then nothing is measured."""
    until_s = time.perf_counter() + 60
    while not endpoint.calls:
        await typist.ask()
        if time.perf_counter() > until_s:
            raise RuntimeError("the endpoint was not asked within a minute")
        await asyncio.sleep(0.05)
    endpoint.calls.clear()


async def _cancels(
    root: Path, path: Path, before: str, endpoint: Endpoint, url: str
) -> tuple[list[float], int]:
    """Milliseconds from cancelled requests to closed sockets, and how many had been answered."""
    times: list[float] = []
    late = 0
    async with await _client(root, url) as client:
        typist = Typist(client, client.open(path), before)
        await _answered_once(typist, endpoint)
        while len(times) < _CANCELS:
            # Between them it answers, so that it is one that is waited for.
            endpoint.hangs = False
            typist.key("b")
            await _answered_once(typist, endpoint)
            endpoint.hangs = True
            typist.key("a")
            endpoint.came.clear()
            endpoint.closed.clear()
            asking = asyncio.ensure_future(typist.ask())
            await asyncio.wait_for(endpoint.came.wait(), _SLOWEST_S)
            if asking.done():
                # The embedded model has answered it: there is nothing to cancel.
                continue
            begun_s = time.perf_counter()
            asking.cancel()
            try:
                await asyncio.wait_for(endpoint.closed.wait(), _ANSWERED_S)
            except TimeoutError:
                # The answer was on its way already; the question ends with the next key.
                late += 1
                continue
            times.append(1000 * (endpoint.closed_s - begun_s))
        endpoint.hangs = False
    return times, late


async def _round_trips(
    root: Path, path: Path, before: str, urls: tuple[str, str]
) -> list[list[float]]:
    """Milliseconds of each round trip of fast typing, with each endpoint; the servers take turns."""
    times: list[list[float]] = [[], []]
    async with await _client(root, urls[0]) as one, await _client(root, urls[1]) as other:
        typists = [Typist(client, client.open(path), before) for client in (one, other)]
        for key in _latency.typed_text()[:_HANG_KEYS]:
            for typist, taken in zip(typists, times, strict=True):
                typist.key(key)
                begun_s = time.perf_counter()
                await typist.ask()
                taken.append(1000 * (time.perf_counter() - begun_s))
    return [taken[20:] for taken in times]


def _percentile(values: list[float], percent: int) -> float:
    """The value that so many per cent do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * percent / 100) - 1, 0)] if values else 0.0


if __name__ == "__main__":
    main()
