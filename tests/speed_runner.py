"""A function, a runner that says what a test tells it, and how long each text of it takes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fakes import FakeRunner
from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.timing import LARGEST, Timed, Timing
from lacuna_ls.optimization.engine import Target
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.syntax.languages import by_language_id

TEXT = b"def total(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t\n"
PATH = Path("/workspace/adding.py")


@dataclass
class Runner(FakeRunner):
    """Also a timer: a text takes what `cost_ns` says."""

    cost_ns: Callable[[bytes], float] = lambda text: 1000.0
    times: list[TimeRequest] = field(default_factory=list)

    async def time(self, request: TimeRequest) -> Timing:
        self.times.append(request)
        original, *variants = request.variants
        rows = tuple(self._timed(original, each) for each in variants)
        return Timing(rows, confined=self.tier)

    def _timed(self, original: bytes, variant: bytes) -> tuple[Timed, ...]:
        ones, others = (self.cost_ns(original),) * 9, (self.cost_ns(variant),) * 9
        return tuple(Timed(level, 0, 10, True, ones, others) for level in (0, LARGEST))


def green(request: TestRequest) -> TestReport:
    return TestReport(RunStatus.COMPLETED, (TestResult("test_adding.py::t", Outcome.PASSED, 0.0),))


def target() -> Target:
    python = by_language_id("python")
    assert python is not None
    request = TestRequest(PATH.parent, Path("python"), ("test_adding.py",))
    return Target(TEXT, PATH, "total", python, request)
