"""How many bugs the model-free search mends, and how fast.

    python benchmarks/repair.py --json FILE [--data FILE] [--inputs FILE] [--limit N] [--wall-s S]
        [--record FILE]

The processes are those that a session has once a file was saved, and the engine is cold.

HumanEvalFix: each task's own checks become one test beside the program, and the search sees nothing
else. A fix is right if it answers as the canonical solution does on inputs that the search never
saw. Keys of the result: `rank1` (the first fix is right), `missing_logic` (the same among the bugs
of that type), `shown_wrong` (the first fix is wrong), as shares of the `n` tasks, the wall time
from the red report to the first fix in seconds, where there was one, and `cpu_s`, the processor
time of a task with all its processes, judging aside. `silently_wrong` are those among `shown_wrong`
whose title names no input on which the fixes that were found differ.

Programs that a model got wrong (`--data .../llm_wrong_dev.jsonl.gz`): the few tests that came with
the task are what the search sees, and a fix is right if it passes the hidden ones. Keys: `precision`
(of the first fixes that were shown, the share that is right), `shown` (the share of the `n` tasks,
whose visible tests are red, that had one shown).

With `--record` each task is a line of that file and is not tried again.
"""

import argparse
import asyncio
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.trust_store import TrustStore
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.text import apply_edits
from lacuna_ls.ports.code_runner import Limits, TestRequest
from lacuna_ls.repair.apart import judges
from lacuna_ls.repair.engine import search
from lacuna_ls.repair.fix import Budget, Fix, Problem, in_words
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_path

DATA = Path(os.environ.get("LACUNA_BENCH_DATA", "../shared/data")) / "repair"
_JUDGE = """
import copy, json, math, sys

def load(path):
    names = {"__name__": "judged"}
    exec(compile(open(path, encoding="utf-8").read(), path, "exec"), names)
    return names[sys.argv[3]]

def answer(function, arguments):
    try:
        return "value", function(*copy.deepcopy(arguments))
    except Exception as error:
        return "error", type(error).__name__

def equal(a, b):
    if isinstance(a, float) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6) or (a != a and b != b)
    if isinstance(a, (list, tuple)) and type(a) is type(b):
        return len(a) == len(b) and all(map(equal, a, b))
    return type(a) is type(b) and a == b

truth, judged = load(sys.argv[1]), load(sys.argv[2])
inputs = json.load(sys.stdin)
sys.exit(0 if all(equal(answer(truth, i), answer(judged, i)) for i in inputs) else 1)
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the search did with one task. `right` is by rank, of the fixes that were shown."""

    task_id: str
    bug_type: str
    right: tuple[bool, ...]
    summaries: tuple[str, ...]
    first_s: float | None
    tried: int
    said: str
    cpu_s: float
    reading: str = ""
    red: bool = True

    @property
    def key(self) -> tuple[str, str]:
        return self.task_id, self.bug_type


class _Monotonic:
    def monotonic_s(self) -> float:
        return time.monotonic()


def main() -> int:
    options = _options()
    if not options.data.is_file() or not options.inputs.is_file():
        print(f"skipped: no data at {options.data}")
        return 0
    # What is measured is the search, not the plugins and switches that happen to be here.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    inputs = {_number(row): json.dumps(row["inputs"]) for row in _rows(options.inputs)}
    tasks = list(_rows(options.data))[: options.limit]
    of_a_model = "given_tests" in tasks[0]
    known = _recorded(options.record)
    verdicts: list[Verdict] = []
    for task in map(_as_fix_task, tasks) if of_a_model else tasks:
        verdict = known.get((task["task_id"], task["bug_type"]))
        if verdict is None:
            with tempfile.TemporaryDirectory() as folder:
                root = Path(folder).resolve()
                hidden = "" if of_a_model else inputs[_number(task)]
                verdict = asyncio.run(_attempt(task, hidden, root, options.wall_s))
            _record(options.record, verdict)
            _print(verdict)
        if verdict.red:
            verdicts.append(verdict)
    result = _figures_of_a_model(verdicts) if of_a_model else _figures(verdicts)
    print(json.dumps(result))
    if options.json:
        report = {**result, "tasks": [asdict(verdict) for verdict in verdicts]}
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA / "humanevalfix_dev.jsonl.gz")
    parser.add_argument("--inputs", type=Path, default=DATA / "humaneval_inputs_dev.jsonl.gz")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--wall-s", type=float, default=Budget().wall_s)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--record", type=Path)
    return parser.parse_args()


def _recorded(record: Path | None) -> dict[tuple[str, str], Verdict]:
    if record is None or not record.is_file():
        return {}
    rows = map(json.loads, record.read_text(encoding="utf-8").splitlines())
    lists = ("right", "summaries")
    found = (Verdict(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows)
    return {verdict.key: verdict for verdict in found}


def _record(record: Path | None, verdict: Verdict) -> None:
    if record is not None:
        with record.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(verdict)) + "\n")


def _print(verdict: Verdict) -> None:
    marks = "".join("+" if right else "-" for right in verdict.right) or "."
    print(f"{verdict.task_id:12} {marks:4} {verdict.said} {verdict.summaries}", flush=True)


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _number(row: dict[str, Any]) -> str:
    """The part of a task's name that both files share."""
    return str(row["task_id"]).partition("/")[2]


def _as_fix_task(row: dict[str, Any]) -> dict[str, Any]:
    """A program that a model got wrong, with the fields of a HumanEvalFix task; `hidden` judges."""
    body = "".join(f"    {line}\n" for test in row["given_tests"] for line in test.splitlines())
    entry = row["entry_point"]
    hidden = row["test"].rstrip().removesuffix(f"check({entry})")
    return {
        "task_id": row["task_id"],
        "bug_type": row["model"],
        "entry_point": entry,
        "declaration": "",
        "buggy_solution": row["solution"],
        "test": f"def check({entry}):\n{body}\ncheck({entry})",
        "hidden": f"{hidden}\n\ncheck({entry})\n",
    }


async def _attempt(task: dict[str, Any], inputs: str, root: Path, wall_s: float) -> Verdict:
    began_cpu_s = _cpu_s()
    problem, pool = await _problem(task, root)
    if problem.report.green:
        await pool.close()
        said = "nothing is red"
        return Verdict(task["task_id"], task["bug_type"], (), (), None, 0, said, 0.0, red=False)
    announced: list[float] = []
    started_s = time.monotonic()

    def confirmed(_: Fix) -> None:
        announced.append(time.monotonic() - started_s)

    result = await search(problem, pool, _Monotonic(), Budget(wall_s=wall_s), confirmed)
    await pool.close()
    cpu_s = _cpu_s() - began_cpu_s
    texts = [apply_edits(problem.document.data, fix.candidate.edits) for fix in result.fixes]
    return Verdict(
        task["task_id"],
        task["bug_type"],
        tuple(_right(task, text, inputs, root) for text in texts),
        tuple(fix.candidate.summary for fix in result.fixes),
        announced[0] if announced else None,
        result.candidates_tried,
        in_words(result),
        round(cpu_s, 3),
        result.fixes[0].evidence.reading if result.fixes else "",
    )


def _cpu_s() -> float:
    """Of this process and of all that it has started and that have ended."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


async def _problem(task: dict[str, Any], root: Path) -> tuple[Problem, WorkerPool]:
    """The workspace of one task, with its red report."""
    path, entry = root / "solution.py", task["entry_point"]
    path.write_text(task["declaration"] + task["buggy_solution"], encoding="utf-8")
    checks = task["test"].rstrip().removesuffix(f"check({entry})")
    test = f"from solution import *\n{checks}\n\ndef test_{entry}():\n    check({entry})\n"
    (root / "test_solution.py").write_text(test, encoding="utf-8")
    trust = TrustStore(root / "trust")
    trust.grant(root)
    pool = WorkerPool(trust)
    limits = Limits(wall_s=5.0, cpu_s=5.0)
    targets = ("test_solution.py",)
    request = TestRequest(root, Path(sys.executable), targets, trace=(path,), limits=limits)
    document = open_document(path.as_uri(), 1, by_path(path), path.read_bytes())
    tests = judges(request, Path.read_bytes)
    # An earlier save, and the moment of rest after it.
    await pool.run(request)
    await pool.expect(request)
    return Problem(document, path, request, await pool.run(request), tests), pool


def _right(task: dict[str, Any], text: bytes, inputs: str, root: Path) -> bool:
    if "hidden" in task:
        judge = root / "hidden.py"
        judge.write_bytes(text + b"\n\n" + task["hidden"].encode())
        return _succeeds([sys.executable, "-I", str(judge)], "")
    truth, judged, judge = root / "truth.py", root / "judged.py", root / "judge.py"
    truth.write_text(task["declaration"] + task["canonical_solution"], encoding="utf-8")
    judged.write_bytes(text)
    judge.write_text(_JUDGE, encoding="utf-8")
    command = [sys.executable, "-I", str(judge), str(truth), str(judged), task["entry_point"]]
    return _succeeds(command, inputs)


def _succeeds(command: list[str], inputs: str) -> bool:
    try:
        run = subprocess.run(
            command, input=inputs.encode(), capture_output=True, timeout=20, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0


def _figures_of_a_model(verdicts: list[Verdict]) -> dict[str, float | int | None]:
    shown = [verdict for verdict in verdicts if verdict.right]
    right = sum(verdict.right[0] for verdict in shown)
    return {
        "n": len(verdicts),
        "cpu_s": _mean_cpu_s(verdicts),
        "precision": round(right / len(shown), 3) if shown else None,
        "silently_wrong": sum(not (v.right[0] or v.reading) for v in shown),
        "shown": round(len(shown) / len(verdicts), 3) if verdicts else None,
    }


def _mean_cpu_s(verdicts: list[Verdict]) -> float | None:
    return round(statistics.mean(v.cpu_s for v in verdicts), 3) if verdicts else None


def _figures(verdicts: list[Verdict]) -> dict[str, float | int | None]:
    def share(hits: Iterable[bool]) -> float | None:
        counted = list(hits)
        return round(sum(counted) / len(counted), 3) if counted else None

    first = sorted(v.first_s for v in verdicts if v.first_s is not None)
    cuts = statistics.quantiles(first, n=10) if len(first) > 1 else None
    return {
        "n": len(verdicts),
        "rank1": share(v.right[:1] == (True,) for v in verdicts),
        "in_list": share(any(v.right) for v in verdicts),
        "missing_logic": share(
            v.right[:1] == (True,) for v in verdicts if v.bug_type == "missing logic"
        ),
        "shown_wrong": share(v.right[:1] == (False,) for v in verdicts),
        "silently_wrong": share(v.right[:1] == (False,) and not v.reading for v in verdicts),
        "cpu_s": _mean_cpu_s(verdicts),
        "first_s_p50": round(statistics.median(first), 3) if first else None,
        "first_s_p90": round(cuts[8], 3) if cuts else None,
    }


if __name__ == "__main__":
    sys.exit(main())
