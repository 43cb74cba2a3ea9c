"""Fakes for the ports."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.ports.code_runner import Overlay, TestRequest


@dataclass
class FakeClock:
    """Every reading is `step_s` later than the one before."""

    step_s: float = 0.0
    now_s: float = 0.0

    def monotonic_s(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@dataclass
class FakeRunner:
    """A `CodeRunner` that runs nothing: `script` says what a request would have shown.

    It is given the request with the candidate's overlay last; `requests` and `screened` record
    what was asked.
    """

    script: Callable[[TestRequest], TestReport]
    requests: list[TestRequest] = field(default_factory=list)
    screened: list[Overlay] = field(default_factory=list)

    async def run(self, request: TestRequest) -> TestReport:
        self.requests.append(request)
        return self.script(request)

    async def screen(
        self, request: TestRequest, candidates: Sequence[Overlay]
    ) -> AsyncIterator[TestReport]:
        for candidate in candidates:
            self.screened.append(candidate)
            yield self.script(
                TestRequest(
                    request.root,
                    request.interpreter,
                    request.targets,
                    request.arguments,
                    (*request.overlays, candidate),
                    limits=request.limits,
                )
            )
