"""The judge of `optimize.py` and `equivalence.py`: runs an original, rewrites and an expert's function.

In a process of its own, because what it runs may not end: the task comes on standard input as JSON, the
verdict goes to standard output. The oracle is the original, the inputs are the judge's own. `ours` and
the expert's are timed; of `others` it is only said which are `others_wrong`, by their index.
"""

import contextlib
import copy
import io
import json
import math
import random
import signal
import string
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

_CASES = 4
_PAIRS = 11
_LIMIT_S = 3.0
_ALPHA = 2.0
_HARDNESS = (3.0, 3.0, 4.0)
_SAMPLE_S = 0.002
_BUDGET_S = 12.0


class _TimeUpError(BaseException):
    pass


def main() -> None:
    task = json.load(sys.stdin)
    sys.setrecursionlimit(100_000)
    with contextlib.redirect_stdout(io.StringIO()):
        verdict = _verdict(task)
    print(json.dumps(verdict))


def _verdict(task: dict[str, Any]) -> dict[str, Any]:
    functions = {
        name: _function(task[name], task["name"])
        for name in ("original", "ours", "expert")
        if task.get(name)
    }
    levels = [list(inputs) for inputs in _levels(task)]
    original = functions["original"]
    verdict: dict[str, Any] = {"wrong": None, "judged": 0}
    ours = functions.get("ours")
    others = [_function(text, task["name"]) for text in task.get("others", ())]
    wrong: set[int] = set()
    kept: list[Any] = []
    until_s = time.monotonic() + _BUDGET_S
    largest = []
    for level in levels:
        done = []
        for given in level:
            expected = _ran(original, given, _LIMIT_S)
            if expected is None or time.monotonic() > until_s:
                continue
            done.append((expected[1], given))
            for index, other in enumerate(others):
                found = _ran(other, given, 2 * _LIMIT_S + 2 * expected[1])
                if found is None or found[0] != expected[0]:
                    wrong.add(index)
            verdict["judged"] += bool(others)
            if ours is None:
                continue
            verdict["judged"] += 1
            found = _ran(ours, given, 2 * _LIMIT_S + 2 * expected[1])
            if found is None or found[0] != expected[0]:
                verdict["wrong"] = repr(given)[:200]
        kept += done
        if done:
            largest = done
    verdict["others_wrong"] = sorted(wrong)
    timed = sorted(largest, key=lambda each: -each[0])[:2]
    for name in ("ours", "expert"):
        if name in functions and timed:
            verdict[name] = _ratios(original, functions[name], [given for _, given in timed])
    if "expert" in functions:
        verdict["eff"] = _efficiencies(functions, levels[1:])
    return verdict


def _levels(task: dict[str, Any]) -> Iterator[Iterator[Any]]:
    if "stress" in task:
        names: dict[str, Any] = {"random": random, "math": math, "string": string}
        random.seed(1)
        yield iter([each["input"] for each in task["tests"]])
        yield (_evaluated(each["input"], names) for each in task["stress"])
        return
    names = {"random": random, "math": math, "string": string}
    exec(task["input_generator"], names)
    generate = names["generate_input"]
    for level, size in enumerate(map(int, task["input_levels"].split())):
        random.seed(level)
        yield (generate(size, level, case) for case in range(_CASES))


def _evaluated(text: str, names: dict[str, Any]) -> Any:
    try:
        return eval(text, names)
    except Exception:  # noqa: BLE001 - an input that cannot be made
        return []


def _function(text: str, name: str) -> Callable[..., Any]:
    names: dict[str, Any] = {"__name__": "judged"}
    exec(text, names)
    found: Callable[..., Any] = names[name]
    return found


def _ran(function: Callable[..., Any], given: Any, limit_s: float) -> tuple[str, float] | None:
    """What it gives and leaves of its arguments, and the time it takes; `None` if that is too long."""
    own = copy.deepcopy(tuple(given))

    def up(*_: Any) -> None:
        raise _TimeUpError

    signal.signal(signal.SIGPROF, up)
    signal.setitimer(signal.ITIMER_PROF, limit_s)
    started_s = time.thread_time()
    try:
        result: Any = function(*own)
        if hasattr(type(result), "__next__"):
            result = list(result)
        spent_s = time.thread_time() - started_s
        signal.setitimer(signal.ITIMER_PROF, 0)
        return _form((result, own)), spent_s
    except _TimeUpError:
        return None
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return f"{type(error).__name__}: {error}", time.thread_time() - started_s
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _form(value: Any) -> str:
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({','.join(map(_form, value))})"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_form(k)}:{_form(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (set, frozenset)):
        return type(value).__name__ + str(sorted(map(_form, value)))
    if isinstance(value, int) and value.bit_length() > 10_000:
        return hex(value)
    return f"{type(value).__name__}:{value!r}"


def _ratios(one: Callable[..., Any], other: Callable[..., Any], inputs: list[Any]) -> list[float]:
    """Logarithms of the ratios of pairs in random order, over all inputs together."""
    source = random.Random(1)
    found = []
    repeats = {}
    for index, given in enumerate(inputs):
        for side, function in enumerate((one, other)):
            ran = _ran(function, given, 4 * _LIMIT_S)
            if ran is None:
                return []
            repeats[index, side] = max(1, min(60, int(_SAMPLE_S / max(ran[1], 1e-7))))
    until_s = time.monotonic() + _BUDGET_S
    for _ in range(_PAIRS):
        totals = [0.0, 0.0]
        for index, given in enumerate(inputs):
            for side in source.sample((0, 1), 2):
                function = (one, other)[side]
                for _ in range(repeats[index, side]):
                    own = copy.deepcopy(tuple(given))
                    started_s = time.thread_time()
                    with contextlib.suppress(Exception):
                        function(*own)
                    totals[side] += (time.thread_time() - started_s) / repeats[index, side]
        found.append(math.log(max(totals[0], 1e-9) / max(totals[1], 1e-9)))
        if time.monotonic() > until_s and len(found) >= 3:
            break
    return found


def _efficiencies(functions: dict[str, Any], levels: list[Any]) -> dict[str, float]:
    """ENAMEL's eff@1: at each level (T - t) / (T - t*), T being twice the expert's time t*."""
    sums = dict.fromkeys(functions, 0.0)
    for hardness, level in zip(_HARDNESS, levels, strict=False):
        best = [_ran(functions["expert"], given, 10.0) for given in level]
        best_s = max((each[1] for each in best if each is not None), default=0.0)
        limit_s = _ALPHA * max(best_s, 1e-6)
        for name, function in functions.items():
            spent = [_ran(function, given, 20 * limit_s + 0.05) for given in level]
            worst_s = max(each[1] if each is not None else limit_s for each in spent)
            score = (limit_s - worst_s) / (limit_s - best_s) if limit_s > best_s else 0.0
            sums[name] += hardness * min(max(score, 0.0), 1.0)
    return {name: total / sum(_HARDNESS) for name, total in sums.items()}


if __name__ == "__main__":
    main()
