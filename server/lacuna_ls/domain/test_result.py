"""Tests, what became of them, and what a run of them cost."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lacuna_ls.domain.execution import Execution
from lacuna_ls.domain.facts import FunctionFacts


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"


class RunStatus(StrEnum):
    """How a run ended; every value but `COMPLETED` comes with a sentence in `TestReport.detail`."""

    COMPLETED = "completed"
    NO_TESTS = "no_tests"
    NO_FRAMEWORK = "no_framework"
    COLLECTION_ERROR = "collection_error"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of a traceback. `line` is zero-based."""

    path: Path
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test failed.

    `message` is the assertion with the compared values, or the exception's last line; control
    characters are stripped. `frames` run outermost first. `names` are those that the test's code
    refers to, in the order of their first use. `example` is what a tool that generates inputs
    says of the one that failed.
    """

    exception: str
    message: str
    frames: tuple[Frame, ...]
    names: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class CoveredFile:
    """Zero-based lines of one file that one test executed, ascending."""

    path: Path
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TestResult:
    """`test_id` is pytest's node id relative to the run's root.

    `names` are those that the test's code refers to. `facts` are there for a red test of a run
    that was asked for them.
    """

    test_id: str
    outcome: Outcome
    duration_s: float
    failure: Failure | None = None
    covered: tuple[CoveredFile, ...] = ()
    names: tuple[str, ...] = ()
    facts: tuple[FunctionFacts, ...] = ()

    @property
    def red(self) -> bool:
        return self.outcome in (Outcome.FAILED, Outcome.ERROR)


@dataclass(frozen=True, slots=True)
class TestReport:
    """The result of one run. `output` is what the tests printed, capped, without ANSI codes.

    `confined` names the sandbox that held the run; empty for the user's own tests, and where a
    candidate ran under limits only. `executions` are there for a run that was asked for them.
    """

    status: RunStatus
    results: tuple[TestResult, ...]
    detail: str = ""
    output: str = ""
    elapsed_s: float = 0.0
    confined: str = ""
    executions: tuple[Execution, ...] = ()

    @property
    def failures(self) -> tuple[TestResult, ...]:
        return tuple(r for r in self.results if r.red)

    @property
    def green(self) -> bool:
        """Every collected test ran to its end and none is red."""
        return self.status is RunStatus.COMPLETED and bool(self.results) and not self.failures


TestReport.__test__ = TestResult.__test__ = False  # type: ignore[attr-defined]
