"""A runner for code that nobody has read: it runs in a sandbox, or not at all."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.domain.observation import Observation
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.timing import Timing
from lacuna_ls.ports.code_runner import Candidates, ObserveRequest, TestRequest
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.worker import tiers


@dataclass(frozen=True, slots=True)
class ConfinedRunner:
    """The `TimedRunner` for what a model wrote. Where limits are all there is, it raises."""

    pool: WorkerPool

    async def run(self, request: TestRequest) -> TestReport:
        if request.overlays:
            await self._check(request)
        return await self.pool.run(request)

    async def screen(
        self, request: TestRequest, candidates: Candidates
    ) -> AsyncIterator[TestReport]:
        await self._check(request)
        async for report in self.pool.screen(request, candidates):
            yield report

    async def observe(self, request: ObserveRequest) -> Observation:
        await self._check(request.tests)
        return await self.pool.observe(request)

    async def time(self, request: TimeRequest) -> Timing:
        await self._check(request.tests)
        return await self.pool.time(request)

    async def _check(self, request: TestRequest) -> None:
        if (await self.pool.confinement(request.interpreter)).tier == tiers.NONE:
            raise RunnerError(
                "what a model writes is run in a sandbox only, and there is none here: "
                "docs/safety.md says what it takes"
            )
