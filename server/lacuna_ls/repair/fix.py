"""The repair engine's question and answer."""

from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.syntax.document import Document
from lacuna_ls.verification.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Problem:
    """Red tests over one saved document. `request` is the run that gave `report`."""

    document: Document
    path: Path
    request: TestRequest
    report: TestReport


@dataclass(frozen=True, slots=True)
class Fix:
    """A candidate that a fresh run confirmed, with what that run showed."""

    candidate: Candidate
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds on one search."""

    wall_s: float = 10.0
    max_candidates: int = 400
    max_fixes: int = 3


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Confirmed fixes, best first, and how hard was looked."""

    fixes: tuple[Fix, ...]
    candidates_tried: int
    elapsed_s: float
