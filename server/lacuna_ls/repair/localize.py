"""Which lines of a file are suspected of a failure.

Spectrum-based fault localisation with the Ochiai coefficient (Abreu, Zoeteweij, van Gemund,
"On the accuracy of spectrum-based fault localization", 2007): for a line that `ef` failing and
`ep` passing tests executed, of `f` failing tests, `ef / sqrt(f * (ef + ep))`.

Departures: a line outside every function runs at import, so no test's spectrum holds it, and it
gets a small constant; the line where an exception left the file is raised, because a crash names
its place better than a spectrum does.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from lacuna_ls.domain.test_result import TestReport, TestResult

_IMPORT_TIME = 0.2
_CRASH_BONUS = 0.3
_OUTER_FRAME = 0.6
_NAMED_BY_TEST = 0.5
_UNKNOWN = 0.1
_NOT_NAMED = 0.7


@dataclass(frozen=True, slots=True)
class FunctionLines:
    """A function and its zero-based lines `first..last`, its header included."""

    name: str
    first: int
    last: int


def suspicious_lines(
    report: TestReport, path: Path, functions: Sequence[FunctionLines], line_count: int
) -> tuple[float, ...]:
    """Suspicion in [0, 1] of each line of `path`; 0 means that an edit there cannot help."""
    scores = _spectrum(report, path, line_count)
    if any(scores):
        inside = _inside(functions, line_count)
        scores = [s if inside[i] else max(s, _IMPORT_TIME) for i, s in enumerate(scores)]
    else:
        scores = _from_names(report.failures, functions, line_count)
    for failure in report.failures:
        for depth, line in enumerate(reversed(_frame_lines(failure, path))):
            if line < line_count:
                bonus = _CRASH_BONUS if depth == 0 else _CRASH_BONUS * _OUTER_FRAME
                scores[line] = max(scores[line], _UNKNOWN) + bonus / len(report.failures)
    scores = _less_for_others(scores, report.failures, functions)
    highest = max(scores, default=0.0)
    return tuple(score / highest if highest else 0.0 for score in scores)


def _less_for_others(
    scores: list[float], failures: Sequence[TestResult], functions: Sequence[FunctionLines]
) -> list[float]:
    """Of several functions that ran, the one that a failing test is named after comes first."""
    named = {f for f in functions for r in failures if f.name.lower() in r.test_id.lower()}
    longest = max((len(f.name) for f in named), default=0)
    about = [f for f in named if len(f.name) == longest]
    ran = [any(scores[f.first + 1 : f.last + 1]) for f in about]
    if not any(ran):
        return scores
    inside = {line for f in about for line in range(f.first, f.last + 1)}
    return [s if line in inside else s * _NOT_NAMED for line, s in enumerate(scores)]


def _spectrum(report: TestReport, path: Path, line_count: int) -> list[float]:
    failed: Counter[int] = Counter()
    passed: Counter[int] = Counter()
    for result in report.results:
        for covered in result.covered:
            if covered.path == path:
                (failed if result.red else passed).update(covered.lines)
    total = len(report.failures)
    scores = [0.0] * line_count
    for line, count in failed.items():
        if line < line_count:
            scores[line] = count / sqrt(total * (count + passed[line]))
    return scores


def _inside(functions: Sequence[FunctionLines], line_count: int) -> list[bool]:
    inside = [False] * line_count
    for function in functions:
        for line in range(function.first + 1, min(function.last + 1, line_count)):
            inside[line] = True
    return inside


def _from_names(
    failures: Sequence[TestResult], functions: Sequence[FunctionLines], line_count: int
) -> list[float]:
    """Without a spectrum: the functions whose name stands in a failing test's name."""
    scores = [_UNKNOWN] * line_count
    for function in functions:
        if any(function.name.lower() in failure.test_id.lower() for failure in failures):
            for line in range(function.first, min(function.last + 1, line_count)):
                scores[line] = _NAMED_BY_TEST
    return scores


def _frame_lines(result: TestResult, path: Path) -> list[int]:
    if result.failure is None:
        return []
    return [frame.line for frame in result.failure.frames if frame.path == path]
