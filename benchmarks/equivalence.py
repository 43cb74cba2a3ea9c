"""How strict the comparison is: wrong rewrites let through, identical code called faster, bugs found.

    python benchmarks/equivalence.py --json FILE [--part planted|candidates|aa] [--lines FILE] [--limit N]

`planted`: rewrites with one thing wrong each (`equivalence_planted.py`) that are told from the
original. `candidates`: rewrites of idioms, and mutants of these, that were seen to do the same, judged on
inputs that were never seen (`optimize_judge.py`); `wrong_offers` of them do something else there. `aa`:
a function beside itself, timed; `aa_false` were called faster. With `--lines` each function's row is
written as soon as it is known, and not made again. Keys: `planted_killed`, `planted`,
`wrong_offers`, `candidates`, `aa_false`, `aa_n`.
"""

import argparse
import asyncio
import gzip
import json
import os
import random
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.optimization.candidates import candidates
from lacuna_ls.optimization.engine import Target, equal_ones
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.timing import measured

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.equivalence_planted import PLANTED
from benchmarks.optimize import DATA, Lines, Trusting, id_of, judged, original_of, tests_of

_MUTANTS = 14
_AA_EACH = 8
_AA_S = 8.0
_SWAPS = (
    ("<", "<="), ("<=", "<"), (">", ">="), ("==", "!="), (" + ", " - "), ("1", "2"), ("0", "1"),
    ("min", "max"), ("max", "min"), ("[::-1]", ""), ("set(", "list("), ("sorted(", "list("),
    (" and ", " or "), ("True", "False"), ("[0]", "[-1]"), ("range(1, ", "range("), (" in ", " not in "),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """A task, and where its function and tests lie."""

    task: dict[str, Any]
    target: Target


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", choices=("planted", "candidates", "aa"))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--lines", type=Path)
    options = parser.parse_args()
    result = asyncio.run(_all(options.part, options.limit, Lines(options.lines)))
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    return 0


async def _all(part: str | None, limit: int | None, lines: Lines) -> dict[str, Any]:
    pool = WorkerPool(Trusting())
    result: dict[str, Any] = {}
    try:
        if part in (None, "planted"):
            result |= await _planted(pool)
        if part in (None, "candidates", "aa") and not DATA.is_dir():
            print(f"skipped: no data at {DATA}", file=sys.stderr)
            return result
        tasks = _tasks()[:limit]
        for name, one in (("candidates", _candidates), ("aa", _identical)):
            if part in (None, name):
                result |= await _each(name, one, tasks, lines, pool)
    finally:
        await pool.close()
    return result


async def _each(
    part: str,
    one: Callable[[dict[str, Any], WorkerPool], Awaitable[dict[str, Any]]],
    tasks: Sequence[dict[str, Any]],
    lines: Lines,
    pool: WorkerPool,
) -> dict[str, Any]:
    """The sums over all functions; rows that are known are not made again."""
    keys = [f"{part} {number} {id_of(task)}" for number, task in enumerate(tasks)]
    for key, task in zip(keys, tasks, strict=True):
        if key not in lines.known:
            lines.add({"task": key, **await one(task, pool)})
    rows = [lines.known[key] for key in keys]
    if part == "aa":
        return {key: sum(row[key] for row in rows) for key in ("aa_n", "aa_false")}
    wrong = [{"task": row["task"], "text": text} for row in rows for text in row["wrong"]]
    count = sum(row["candidates"] for row in rows)
    unjudged = sum("unjudged" in row for row in rows)
    return {"candidates": count, "wrong_offers": len(wrong), "unjudged": unjudged, "wrong": wrong}


async def _planted(pool: WorkerPool) -> dict[str, Any]:
    killed, alive = 0, []
    for original, asserts, wrong in PLANTED:
        tests = f"from subject import f\n\n\ndef test_f():\n    {asserts}\n"
        async with _subject({}, "f", original, tests) as subject:
            texts = [each.encode() for each in wrong]
            same = await equal_ones(subject.target, texts, pool)
            variants = (subject.target.data, *(texts[i] for i in same))
            timed = await pool.time(_request(subject, variants, rounds=5)) if same else None
            for place, index in enumerate(same):
                if timed is not None and measured(timed.variants[place]) is not None:
                    alive.append(wrong[index])
        killed += len(wrong)
    killed -= len(alive)
    return {"planted": killed + len(alive), "planted_killed": killed, "planted_alive": alive}


async def _candidates(task: dict[str, Any], pool: WorkerPool) -> dict[str, Any]:
    """How many rewrites were seen to do the same, on all sizes, and which do not by the judge."""
    python = by_language_id("python")
    assert python is not None
    name, original = original_of(task)
    row: dict[str, Any] = {"candidates": 0, "wrong": []}
    async with _subject(task, name, original, tests_of(task, name)) as subject:
        found = [each.data for each in candidates(original.encode(), name, python, 40)]
        texts = list(dict.fromkeys([*found, *_mutants([*found, original.encode()], name)]))
        same = await equal_ones(subject.target, texts, pool)
        if not same:
            return row
        variants = (subject.target.data, *(texts[index] for index in same))
        timed = await pool.time(_request(subject, variants, rounds=5, wall_s=2.0 * len(same)))
        kept = [
            texts[index].decode()
            for index, each in zip(same, timed.variants, strict=True)
            if measured(each) is not None
        ]
    verdict = judged(task, name, original, "", kept) if kept else {}
    if "others_wrong" in verdict:
        row["candidates"] = len(kept)
        row["wrong"] = [kept[index] for index in verdict["others_wrong"]]
    return row | ({"unjudged": verdict["unjudged"]} if "unjudged" in verdict else {})


async def _identical(task: dict[str, Any], pool: WorkerPool) -> dict[str, Any]:
    """The function beside itself, several times."""
    name, original = original_of(task)
    row = {"aa_n": 0, "aa_false": 0}
    async with _subject(task, name, original, tests_of(task, name)) as subject:
        data = subject.target.data
        variants = tuple(data + b"\n" * (i + 1) for i in range(_AA_EACH))
        request = _request(subject, (data, *variants), rounds=25, wall_s=_AA_S)
        for timed in (await pool.time(request)).variants:
            found = measured(timed)
            if found is not None:
                row["aa_n"] += 1
                row["aa_false"] += found.worth_it
    return row


def _mutants(texts: Sequence[bytes], name: str) -> Iterator[bytes]:
    """Texts with one thing replaced: most of them wrong, some not to be told from right ones."""
    source = random.Random(name)
    found = []
    for data in texts:
        text = data.decode()
        start = text.find(f"def {name}")
        for old, new in _SWAPS:
            found += [
                text[: match.start()] + new + text[match.end() :]
                for match in re.finditer(re.escape(old), text)
                if match.start() > start
            ]
    source.shuffle(found)
    for each in found[:_MUTANTS]:
        try:
            compile(each, "mutant", "exec")
        except (SyntaxError, ValueError):
            continue
        yield each.encode()


def _tasks() -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = []
    for file in ("enamel_dev.jsonl.gz", "coffe_dev.jsonl.gz"):
        with gzip.open(DATA / file, "rt", encoding="utf-8") as lines:
            tasks += map(json.loads, lines)
    return tasks


@asynccontextmanager
async def _subject(
    task: dict[str, Any], name: str, original: str, tests: str
) -> AsyncIterator[Subject]:
    python = by_language_id("python")
    assert python is not None
    with tempfile.TemporaryDirectory(prefix="lacuna-bench-") as folder:
        path = Path(folder) / "subject.py"
        path.write_text(original, encoding="utf-8")
        (Path(folder) / "test_subject.py").write_text(tests, encoding="utf-8")
        request = TestRequest(Path(folder), Path(sys.executable), ("test_subject.py",))
        yield Subject(task, Target(original.encode(), path, name, python, request))


def _request(subject: Subject, variants: tuple[bytes, ...], **options: Any) -> TimeRequest:
    target = subject.target
    return TimeRequest(target.request, target.path, target.name, variants, **options)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    sys.exit(main())
