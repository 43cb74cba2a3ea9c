"""Which failing examples of a file say something, and which are only illustrations.

Many docstrings show calls that no machine has ever run: they need a network, or leave names out. The
terminal runs examples only where the project says so. Elsewhere, in a file that was edited, one
counts once it has passed, in this session or on the text as it was opened, or when the example
itself is new or was edited.
"""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from lacuna_ls.domain.test_result import TestReport, TestResult
from lacuna_ls.ports.code_runner import TestRequest


def examples(report: TestReport, doctests: Collection[str]) -> tuple[TestResult, ...]:
    """The results of examples of the files `doctests`."""
    return tuple(r for r in report.results if _is_example(r.test_id, doctests))


def is_new(result: TestResult, path: Path, saved: bytes, opened: bytes) -> bool:
    """Whether the failing example, a line with what is expected below it, stands only in `saved`."""
    frames = result.failure.frames if result.failure is not None else ()
    lines = saved.splitlines()
    for frame in reversed(frames):
        if frame.path == path and frame.line < len(lines):
            shown = [line.strip() for line in lines[frame.line : frame.line + 2]]
            before = [line.strip() for line in opened.splitlines()]
            return all(before[n : n + 2] != shown for n in range(len(before)))
    return False


def without(
    request: TestRequest, report: TestReport, illustrations: Collection[str]
) -> tuple[TestRequest, TestReport]:
    """Request and report as if these examples did not exist."""
    kept = tuple(r for r in report.results if r.test_id not in illustrations)
    files = [target for target in request.targets if target not in request.doctests]
    named = [r.test_id for r in kept if r.test_id.partition("::")[0] in request.doctests]
    return replace(request, targets=(*files, *named)), replace(report, results=kept)


def _is_example(test_id: str, doctests: Collection[str]) -> bool:
    """Examples are named by the module, and what in it they document."""
    file, _, name = test_id.partition("::")
    stem = Path(file).parent.name if Path(file).stem == "__init__" else Path(file).stem
    return file in doctests and (name.rpartition(".")[2] == stem or "." in name.partition("[")[0])
