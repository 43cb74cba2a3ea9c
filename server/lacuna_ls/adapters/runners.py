"""The `CodeRunner` of all languages: each request goes to the runner that its language names."""

from collections.abc import AsyncIterator, Mapping
from pathlib import PurePath

from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.domain.observation import Observation
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.timing import Timing
from lacuna_ls.ports.code_runner import (
    CandidateRunner,
    Candidates,
    ObserveRequest,
    TestRequest,
)
from lacuna_ls.ports.code_timer import TimedRunner, TimeRequest
from lacuna_ls.syntax.languages import by_path


class RunnerByLanguage:
    """`runners` are by what `test_runner` of a language says."""

    def __init__(self, runners: Mapping[str, TimedRunner]) -> None:
        self._runners = runners

    async def run(self, request: TestRequest) -> TestReport:
        """See `CodeRunner.run`. All targets are of one language."""
        return await self._of(request).run(request)

    def screen(self, request: TestRequest, candidates: Candidates) -> AsyncIterator[TestReport]:
        """See `CodeRunner.screen`."""
        return self._of(request).screen(request, candidates)

    async def observe(self, request: ObserveRequest) -> Observation:
        """See `CodeRunner.observe`."""
        return await self._of(request.tests).observe(request)

    async def expect(self, request: TestRequest) -> None:
        """See `CandidateRunner.expect`. Where no candidates run there is nothing to get ready."""
        runner = self._of(request)
        if isinstance(runner, CandidateRunner):
            await runner.expect(request)

    async def time(self, request: TimeRequest) -> Timing:
        """See `CodeTimer.time`."""
        return await self._of(request.tests).time(request)

    def _of(self, request: TestRequest) -> TimedRunner:
        file = next(iter(request.targets), "").partition("::")[0]
        language = by_path(PurePath(file))
        runner = self._runners.get(language.test_runner or "") if language is not None else None
        if runner is None:
            raise RunnerError(f"nothing here runs the tests of {PurePath(file).name}")
        return runner
