"""Running the failing tests on one candidate after the other, while survivors are confirmed."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.text import Span
from lacuna_ls.ports.clock import Clock
from lacuna_ls.ports.code_runner import CodeRunner, Overlay, TestRequest
from lacuna_ls.repair.proposers.template import Proposal
from lacuna_ls.repair.rank import ranked

# A candidate this much less promising than one that passed is not worth the wait.
_LEFT_BEHIND = 0.4


@dataclass(frozen=True, slots=True)
class Trial:
    """A proposal and the text that it makes."""

    proposal: Proposal
    overlay: Overlay


class Trials(Protocol):
    """Where candidates come from."""

    def trials(self) -> AsyncIterator[Trial]:
        """The candidates, asked for once; later ones may hang on what was seen of earlier ones."""
        ...

    def saw(self, trial: Trial, report: TestReport) -> None:
        """What the failing tests said of a candidate."""
        ...


class Screening:
    """Produces survivors; `tried` counts candidates, `cut_short` is true if time ran out."""

    def __init__(
        self, runner: CodeRunner, clock: Clock, deadline_s: float, *, aside: bool = False
    ) -> None:
        """With `aside`, it waits while a survivor is judged, up to the first fix."""
        self._aside = aside
        self._runner = runner
        self._clock = clock
        self._deadline_s = deadline_s
        self._waiting: dict[Proposal, Trial] = {}
        self._progress = asyncio.Event()
        self._ended = False
        self._best = 0.0
        self._places: dict[Proposal, int] = {}
        self._undecided: dict[Proposal, float] = {}
        self._decided = asyncio.Event()
        self.tried = 0
        self.cut_short = False

    async def run(
        self, request: TestRequest, source: Trials, unchanged: Overlay | None = None
    ) -> None:
        """Screen candidates, which come most promising first, as long as it is worth while.

        With `unchanged`, the file as it is, the process gets ready before there is a candidate.
        """
        given: deque[Trial] = deque()
        trials = source.trials()
        overlays = _overlays(trials, given, unchanged)
        reports = self._runner.screen(request, overlays)
        try:
            async for report in reports:
                if unchanged is not None:
                    unchanged = None
                    continue
                trial = given.popleft()
                source.saw(trial, report)
                if not await self._goes_on(trial, report):
                    return
        finally:
            self._ended = True
            self._progress.set()
            for each in (reports, overlays, trials):
                if isinstance(each, AsyncGenerator):
                    await each.aclose()

    async def _goes_on(self, trial: Trial, report: TestReport) -> bool:
        """Take in what was seen of a candidate; whether more are wanted."""
        self.tried += 1
        if report.green:
            self._places[trial.proposal] = self.tried
            self._undecided[trial.proposal] = trial.proposal.priority
            self._waiting[trial.proposal] = trial
            self._progress.set()
            await self._step_aside()
        if await self._left_behind(trial.proposal.priority):
            return False
        if self._clock.monotonic_s() >= self._deadline_s:
            self.cut_short = True
        return not self.cut_short

    def end_by(self, deadline_s: float) -> None:
        """Screen no longer than that, if the deadline is not earlier anyway."""
        self._deadline_s = min(self._deadline_s, deadline_s)

    def place(self, proposal: Proposal) -> int:
        """Which of all candidates a survivor was, the first being one."""
        return self._places[proposal]

    def decide(self, proposal: Proposal, *, stands: bool) -> None:
        """Say of a survivor whether it is a fix."""
        del self._undecided[proposal]
        if stands:
            self._best = max(self._best, proposal.priority)
        self._decided.set()

    async def _step_aside(self) -> None:
        while self._aside and self._undecided and not self._best:
            await self._decision()

    async def _decision(self) -> None:
        self._decided.clear()
        await self._decided.wait()

    async def _left_behind(self, priority: float) -> bool:
        """Whether what is no more promising than this is not worth the wait.

        Where that hangs on survivors that may still prove to be none, they are waited for.
        """
        while priority < max((self._best, *self._undecided.values())) * _LEFT_BEHIND:
            if priority < self._best * _LEFT_BEHIND:
                return True
            await self._decision()
        return False

    async def best(self, seen: Sequence[Span]) -> Trial | None:
        """Wait for a survivor and take the best so far; `None` when there will be no more."""
        while not self._waiting and not self._ended:
            self._progress.clear()
            await self._progress.wait()
        if not self._waiting:
            return None
        return self._waiting.pop(ranked(tuple(self._waiting), seen)[0])


async def _overlays(
    trials: AsyncIterator[Trial], given: deque[Trial], unchanged: Overlay | None
) -> AsyncIterator[Overlay]:
    """The texts of the trials, each of which is put down as `given`."""
    if unchanged is not None:
        yield unchanged
    async for trial in trials:
        given.append(trial)
        yield trial.overlay
