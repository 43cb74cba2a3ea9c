"""What a report means: findings in a file, and one sentence for people."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lacuna_ls.domain.test_result import Failure, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import Source, Span
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.blame import blamed
from lacuna_ls.test_runs.finding import Finding, Related

_MAX_MESSAGE = 1000
_MAX_LINES = 12
# C0 but tab and line feed, DEL and C1, and characters that reorder or hide text.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_CUT_SHORT = (RunStatus.TIMED_OUT, RunStatus.CRASHED, RunStatus.COLLECTION_ERROR)
_NAMED = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "broken",
    Outcome.SKIPPED: "skipped",
    Outcome.XFAILED: "failed as expected",
    Outcome.XPASSED: "passed unexpectedly",
}


def findings(
    report: TestReport, document: Document, path: Path, concerned: Collection[str] = ()
) -> tuple[Finding, ...]:
    """The red tests of a report that have a place in `document`, which lies at `path`.

    The place is the innermost line of this file that the failing test was in, or the test itself.
    Tests of the files `concerned` were run because of this document: where no traceback leads here
    their place is the definition that they are about, and at worst the first line. So is that of a
    run that did not come to its end. Where other tests ran, a test file that needs a module which is
    not there says nothing of this document; files that cannot be loaded for one reason are one
    finding.
    """
    loaded = any("::" in result.test_id for result in report.results)
    found = [
        _finding(result, document, path, () if loaded and _lacks(result.failure) else concerned)
        for result in report.failures
    ]
    others_ran = loaded and report.status is RunStatus.COLLECTION_ERROR
    if concerned and not found and report.status in _CUT_SHORT and not others_ran:
        first = _code_span(document.source, 0)
        found.append(Finding(first, plain(report.detail), "") if first else None)
    return _one_a_reason([finding for finding in found if finding is not None])


def _one_a_reason(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, those of whole test files at one place and for one reason as one of them."""
    kept: dict[tuple[Span, str], Finding] = {}
    further = Counter[tuple[Span, str]]()
    for finding in found:
        is_file = finding.test_id and "::" not in finding.test_id
        reason = finding.message.partition(": ")[2] if is_file else f"{finding.test_id}\n{finding}"
        further[finding.span, reason] += (finding.span, reason) in kept
        kept.setdefault((finding.span, reason), finding)
    return tuple(
        replace(finding, message=f"{finding.message}\n{_and_more(further[key])}")
        if further[key]
        else finding
        for key, finding in kept.items()
    )


def _and_more(count: int) -> str:
    return f"({count} more test {'file' if count == 1 else 'files'} for the same reason)"


def summary(report: TestReport) -> str:
    """The outcome in one sentence: `3 passed, 1 failed in 0.4 s`."""
    counts = Counter(result.outcome for result in report.results)
    parts = [f"{counts[o]} {name}" for o, name in _NAMED.items() if counts[o]]
    tally = ", ".join(parts)
    if report.status is RunStatus.COMPLETED:
        return f"{tally} in {report.elapsed_s:.1f} s"
    detail = plain(report.detail) or report.status.replace("_", " ")
    finished = report.status in (RunStatus.TIMED_OUT, RunStatus.CRASHED) and tally
    return f"{detail} (before that: {tally})" if finished else detail


def plain(text: str) -> str:
    """Text that an editor can show: nothing unseen in it, of bounded length."""
    lines = _UNSEEN.sub("", text).strip().splitlines()
    kept = "\n".join((*lines[:_MAX_LINES], *(["..."] if len(lines) > _MAX_LINES else [])))
    return kept if len(kept) <= _MAX_MESSAGE else kept[: _MAX_MESSAGE - 3] + "..."


def _finding(
    result: TestResult, document: Document, path: Path, concerned: Collection[str]
) -> Finding | None:
    failure = result.failure
    span = _place(result, failure, document.source, path)
    if span is None and result.test_id.partition("::")[0] in concerned:
        span = blamed(result, document, path) or _code_span(document.source, 0)
    if span is None:
        return None
    name = plain(result.test_id.partition("::")[2] or result.test_id)
    if failure is None:
        return Finding(span, f"{name} failed", result.test_id)
    message = plain(f"{name}: {_reason(failure)}") + _example(failure)
    return Finding(span, message, result.test_id, tuple(_related(failure, path)))


def _lacks(failure: Failure | None) -> bool:
    """Whether a module is missing: a matter of the environment, or of the file that imports it."""
    return failure is not None and failure.exception == "ModuleNotFoundError"


def _example(failure: Failure) -> str:
    """The input that failed, on a line of its own: `Falsifying example: test_price(n=0)`."""
    call = " ".join(failure.example.partition(": ")[2].split())
    if not call:
        return ""
    if call.endswith(", )"):
        call = call.replace("( ", "(", 1).removesuffix(", )") + ")"
    return "\n" + plain(f"Falsifying example: {call}")


def _reason(failure: Failure) -> str:
    if failure.exception in ("AssertionError", "DocTestFailure") and failure.message:
        return failure.message
    return f"{failure.exception}: {failure.message}" if failure.message else failure.exception


def _place(result: TestResult, failure: Failure | None, source: Source, path: Path) -> Span | None:
    for frame in reversed(failure.frames if failure else ()):
        if frame.path == path:
            return _code_span(source, frame.line)
    written_here = path.as_posix().endswith("/" + result.test_id.partition("::")[0])
    return _code_span(source, 0) if written_here else None


def _code_span(source: Source, line: int) -> Span | None:
    """The code of a line, `None` if the text has no such line."""
    if line >= len(source.line_starts):
        return None
    span = source.line_span(line)
    code = source.data[span.start : span.end]
    start = span.start + len(code) - len(code.lstrip())
    return Span(start, max(start, span.start + len(code.rstrip())))


def _related(failure: Failure, path: Path) -> Iterator[Related]:
    """Where the test is: the outermost place, unless that is where the finding stands."""
    here = next((frame for frame in reversed(failure.frames) if frame.path == path), None)
    for test in failure.frames[:1]:
        if test != here:
            yield Related(test.path, test.line, plain(f"called from {test.function}"))
