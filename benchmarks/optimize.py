"""How many functions get a rewrite that is faster, and how much; on recorded tasks.

    python benchmarks/optimize.py --data FILE --json FILE [--replies] [--lines FILE] [--limit N]

The engine sees an original and its tests. Whether an offer is right, and how fast it is, is judged on
inputs that it has never seen, in a process of its own (`optimize_judge.py`). Keys: `n`; `offered` and
`improved`, shares of all functions, the second with a lower bound above 1.10 on the judge's inputs;
`improved_2x_share`, of the functions where the expert is more than twice as fast those where the offer
is, too; `eff_original`, `eff_ours`, `eff_expert`, the mean of ENAMEL's eff@1; `wrong_offers`;
`claim_within_10`, the share of offers whose speed-up is within 10 % of another measurement;
`offer_s_p50` and `offer_s_p95`. With `--replies` the recorded replies of a chat model are rewrites in
place of the idioms', given to the model's search by a model that says nothing else: `replies`, of which
`parsed` hold the function, `accepted` would be offered, and `accepted_wrong` of these do something else
on the judge's inputs; `improved` is the share of functions. With `--lines` each row is written as soon
as it is known, and rows that are there are not made again: a run may be cut into pieces.
"""

import argparse
import asyncio
import gzip
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.bootstrap.place import SystemClock
from lacuna_ls.domain.completion import Completion
from lacuna_ls.optimization.drafts import drafted
from lacuna_ls.optimization.engine import Faster, NothingFaster, Target, search
from lacuna_ls.optimization.model_search import ModelBudget, search_with_model
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.ports.language_model import Capabilities, Chunk, CompletionRequest, Message
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.asking import Asking
from lacuna_ls.verification.evidence import in_words
from lacuna_ls.verification.replies import Unusable
from lacuna_ls.verification.timing import LEAST_SPEEDUP, interval, measured

DATA = Path(os.environ.get("LACUNA_BENCH_DATA", "../shared/data")) / "optimization"
_JUDGE = Path(__file__).with_name("optimize_judge.py")
_JUDGE_S = 120.0


class Trusting:
    """Everything is trusted: a benchmark runs what it has written itself."""

    def trusted(self, root: Path) -> bool:
        return True

    def grant(self, root: Path) -> None:
        raise NotImplementedError

    def withdraw(self, root: Path) -> None:
        raise NotImplementedError


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA / "enamel_dev.jsonl.gz")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--replies", action="store_true")
    parser.add_argument("--lines", type=Path)
    options = parser.parse_args()
    if not options.data.is_file():
        print(f"skipped: no data at {options.data}")
        return 0
    with gzip.open(options.data, "rt", encoding="utf-8") as file:
        tasks = [json.loads(line) for line in file]
    stop = options.start + options.limit if options.limit else None
    tasks = tasks[options.start : stop]
    rows = asyncio.run(_all(tasks, Lines(options.lines), _replies if options.replies else _one))
    if options.replies:
        rows = [row for each in rows for row in each["replies"]]
        result = _of_replies(rows, len(tasks))
    else:
        result = _summary(rows)
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps({**result, "rows": rows}, indent=1), encoding="utf-8")
    return 0


class Lines:
    """Rows that are known, by task; each new one is written at once."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        known = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        self.known = {row["task"]: row for row in map(json.loads, known)}

    def add(self, row: dict[str, Any]) -> None:
        self.known[row["task"]] = row
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


async def _all(
    tasks: Sequence[dict[str, Any]],
    lines: Lines,
    one: Callable[[dict[str, Any], WorkerPool], Awaitable[dict[str, Any]]],
) -> list[dict[str, Any]]:
    pool = WorkerPool(Trusting())
    try:
        for task in tasks:
            if id_of(task) not in lines.known:
                lines.add(await one(task, pool))
    finally:
        await pool.close()
    return [lines.known[id_of(task)] for task in tasks]


def id_of(task: dict[str, Any]) -> str:
    return str(task.get("task_id", task.get("id")))


async def _one(task: dict[str, Any], pool: WorkerPool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="lacuna-bench-") as folder:
        return await _searched(task, Path(folder), pool)


async def _searched(task: dict[str, Any], folder: Path, pool: WorkerPool) -> dict[str, Any]:
    name, original = original_of(task)
    target = _target(task, folder, original, name)
    started_s = time.monotonic()
    found = await search(target, pool)
    row: dict[str, Any] = {
        "task": id_of(task),
        "name": name,
        "search_s": round(time.monotonic() - started_s, 2),
        "offered": isinstance(found, Faster),
    }
    if isinstance(found, NothingFaster):
        row |= {"tried": found.tried, "equal": found.equal, "reason": found.reason}
    else:
        again = TimeRequest(
            target.request, target.path, name, (target.data, found.data), seed=3, ways=found.ways
        )
        fresh = measured((await pool.time(again)).variants[0])
        row |= {"summary": found.summary, "claim": in_words(found.evidence)}
        if fresh is not None:
            row["claimed"] = found.measured.speedup.middle
            row["measured_again"] = fresh.speedup.middle
    row |= judged(task, name, original, found.data.decode() if isinstance(found, Faster) else "")
    return row


def _target(task: dict[str, Any], folder: Path, original: str, name: str) -> Target:
    path = folder / "subject.py"
    path.write_text(original, encoding="utf-8")
    (folder / "test_subject.py").write_text(tests_of(task, name), encoding="utf-8")
    language = by_language_id("python")
    assert language is not None
    request = TestRequest(folder, Path(sys.executable), ("test_subject.py",))
    return Target(original.encode(), path, name, language, request)


async def _replies(task: dict[str, Any], pool: WorkerPool) -> dict[str, Any]:
    """Each recorded reply on its own, under the name that it was asked for."""
    name, original = original_of(task)
    said = task["entry_point"]
    original = re.sub(rf"\b{re.escape(name)}\b", said, original)
    rows: list[dict[str, Any]] = []
    for reply in task["recorded_replies"][0]:
        with tempfile.TemporaryDirectory(prefix="lacuna-bench-") as folder:
            target = _target(task, Path(folder), original, said)
            read = drafted(str(reply), target.data, said, target.language)
            row: dict[str, Any] = {"task": id_of(task), "parsed": read not in _NO_CODE}
            if isinstance(read, Unusable):
                row["refused"] = str(read)
            else:
                asking = Asking(
                    _Recorded(str(reply)), SystemClock(), time.monotonic() + 600, 48_000, 2_000
                )
                found = await search_with_model(target, asking, pool, budget=ModelBudget(1, 0))
                row["accepted"] = isinstance(found, Faster)
                if isinstance(found, Faster):
                    row |= judged(task, said, original, found.data.decode())
                else:
                    row["reason"] = found.reason
        rows.append(row)
    return {"task": id_of(task), "replies": rows}


_NO_CODE = (
    Unusable.EMPTY,
    Unusable.TRUNCATED,
    Unusable.TOO_LONG,
    Unusable.HIDDEN,
    Unusable.UNPARSEABLE,
    Unusable.ELSEWHERE,
)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A model that says the same whatever it is asked."""

    reply: str
    capabilities: Capabilities = Capabilities(
        "recorded", fill_in_middle=False, logprobs=False, chat=True
    )

    async def chat(
        self, messages: tuple[Message, ...], *, max_tokens: int, temperature: float, n: int
    ) -> tuple[str, ...]:
        return (self.reply,) * n

    def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
        raise NotImplementedError

    async def score(self, request: CompletionRequest, text: str) -> Completion:
        raise NotImplementedError


def _of_replies(rows: Sequence[dict[str, Any]], tasks: int) -> dict[str, Any]:
    accepted = [row for row in rows if row.get("accepted")]
    better = {row["task"] for row in accepted if not row.get("wrong")}
    return {
        "replies": len(rows),
        "parsed": sum(row["parsed"] for row in rows),
        "accepted": len(accepted),
        "accepted_wrong": sum(bool(row.get("wrong")) for row in accepted),
        "improved": round(len(better) / tasks, 4),
    }


def original_of(task: dict[str, Any]) -> tuple[str, str]:
    if "original" in task:
        return task["entry_point"], task["original"]
    return "solution", task["solutions"][0]


def tests_of(task: dict[str, Any], name: str) -> str:
    if isinstance(task["tests"], str):
        lines = re.sub(rf"(?m)^check\({name}\)\s*$", "", task["tests"])
        return f"from subject import *\nfrom subject import {name}\n{lines}\n\ndef test_all():\n    check({name})\n"
    calls = "".join(
        f"    assert {name}(*{each['input']!r}) == {each['output'][0]!r}\n"
        for each in task["tests"]
        if each["output"]
    )
    return f"from subject import {name}\n\n\ndef test_all():\n{calls or '    pass'}\n"


def judged(
    task: dict[str, Any], name: str, original: str, ours: str, others: Sequence[str] = ()
) -> dict[str, Any]:
    """The judge's verdict on `ours`; of `others` only which of them do something else."""
    given: dict[str, Any] = {"name": name, "original": original, "ours": ours, "others": others}
    for key in ("input_generator", "input_levels", "tests", "stress"):
        if key in task:
            given[key] = task[key]
    given["expert"] = "" if others else task.get("reference_solution", "")
    if not ours and not given["expert"] and not others:
        return {}
    command = [sys.executable, str(_JUDGE)]
    try:
        ran = subprocess.run(
            command,
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=_JUDGE_S,
            check=True,
        )
        verdict = json.loads(ran.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        return {"unjudged": str(error)[:200]}
    row: dict[str, Any] = {"wrong": verdict["wrong"], "judged": verdict["judged"]}
    if others:
        row["others_wrong"] = verdict["others_wrong"]
    for key in ("ours", "expert"):
        if len(verdict.get(key, ())) >= 3:
            found = interval(verdict[key], 1)
            row[key] = [round(each, 3) for each in (found.low, found.middle, found.high)]
    row["eff"] = verdict.get("eff")
    return row


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    n = len(rows)
    better = [row for row in rows if row["offered"] and not row.get("wrong")]
    improved = [row for row in better if row.get("ours", [0])[0] > LEAST_SPEEDUP]
    hard = [row for row in rows if row.get("expert", [0, 0])[1] > 2]
    twice = [row for row in hard if row in improved and row["ours"][1] > 2]
    claims = [
        abs(math.log(row["measured_again"] / row["claimed"])) < math.log(1.1)
        for row in rows
        if "measured_again" in row
    ]
    spent = sorted(row["search_s"] for row in rows if row["offered"])
    return {
        "n": n,
        "offered": round(sum(row["offered"] for row in rows) / n, 4),
        "improved": round(len(improved) / n, 4),
        "improved_2x_share": round(len(twice) / len(hard), 4) if hard else None,
        "expert_2x": len(hard),
        **{f"eff_{name}": _mean_eff(rows, name) for name in ("original", "ours", "expert")},
        "wrong_offers": sum(bool(row.get("wrong")) for row in rows),
        "unjudged": sum("unjudged" in row for row in rows),
        "claim_within_10": round(sum(claims) / len(claims), 4) if claims else None,
        "offer_s_p50": statistics.median(spent) if spent else None,
        "offer_s_p95": spent[int(0.95 * (len(spent) - 1))] if spent else None,
    }


def _mean_eff(rows: Sequence[dict[str, Any]], name: str) -> float | None:
    """A function without an offer stays the original."""
    found = [row["eff"].get(name, row["eff"]["original"]) for row in rows if row.get("eff")]
    return round(statistics.fmean(found), 4) if found else None


if __name__ == "__main__":
    sys.exit(main())
