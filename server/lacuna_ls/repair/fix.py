"""The repair engine's question and answer."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.text import Span
from lacuna_ls.ports.code_runner import Overlay, TestRequest
from lacuna_ls.syntax.document import Document
from lacuna_ls.verification.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Problem:
    """Red tests over one saved document. `request` is the run that gave `report`.

    The document's text is what `path` holds on disk; `judges` are test files of the request, as far
    as they are known, with what they hold there.
    """

    document: Document
    path: Path
    request: TestRequest
    report: TestReport
    judges: tuple[Overlay, ...] = ()


@dataclass(frozen=True, slots=True)
class RedTests:
    """Failing tests of one file: what it holds, as far as that is known, and their names in it.

    A name is in parts (`T`, `test`). `raised` are the exceptions with which they ended.
    """

    data: bytes
    names: tuple[tuple[str, ...], ...]
    raised: tuple[str, ...] = ()


def red_tests(problem: Problem) -> tuple[RedTests, ...]:
    """The problem's, by file."""
    names: dict[str, dict[tuple[str, ...], None]] = {}
    raised: dict[str, dict[str, None]] = {}
    for failed in problem.report.failures:
        file, *parts = failed.test_id.partition("[")[0].split("::")
        names.setdefault(file, {})[tuple(parts)] = None
        if failed.failure is not None:
            raised.setdefault(file, {})[failed.failure.exception] = None
    held = {
        file.path.relative_to(problem.request.root).as_posix(): file.data
        for file in problem.judges
        if file.path.is_relative_to(problem.request.root)
    }
    return tuple(
        RedTests(held.get(file, b""), tuple(names[file]), tuple(raised.get(file, ())))
        for file in names
    )


@dataclass(frozen=True, slots=True)
class Fix:
    """A candidate that fresh runs confirmed, with what they showed.

    `scope` is the function (or the statement outside any) that the edit lies in, in bytes of the
    unfixed text.
    """

    candidate: Candidate
    evidence: Evidence
    scope: Span


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds on one search. Once a fix stands, others are looked for no longer than `more_s`."""

    wall_s: float = 10.0
    more_s: float = 2.0
    max_candidates: int = 2000
    max_fixes: int = 3


class SearchEnd(StrEnum):
    """Why a search stopped."""

    FINISHED = "finished"
    OUT_OF_TIME = "out_of_time"
    FLAKY = "flaky"
    NOT_SEARCHABLE = "not_searchable"
    NOT_VERIFIABLE = "not_verifiable"
    DOUBTED = "doubted"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Confirmed fixes, best first, and how hard was looked.

    `reason` says what is in the way where nothing can be verified, and what speaks against all that
    passes the tests where something does.
    """

    fixes: tuple[Fix, ...]
    candidates_tried: int
    elapsed_s: float
    end: SearchEnd = SearchEnd.FINISHED
    reason: str = ""


def in_words(result: SearchResult) -> str:
    """The result as one sentence for a log or a status line."""
    if result.end is SearchEnd.FLAKY:
        return "no fix offered: the failing tests gave another result when run again"
    if result.end is SearchEnd.NOT_SEARCHABLE:
        return "no fix searched: this file is a test or is not in a language with templates"
    if result.end is SearchEnd.NOT_VERIFIABLE:
        return f"no fix offered: it cannot be verified here: {result.reason}"
    count = len(result.fixes)
    found = f"found {count} {'fix' if count == 1 else 'fixes'}" if count else "found no fix"
    words = f"{found} in {result.elapsed_s:.1f} s ({result.candidates_tried} candidates tried)"
    if result.end is SearchEnd.DOUBTED:
        return f"nothing that passes stands up, {result.reason}: {words}"
    return words
