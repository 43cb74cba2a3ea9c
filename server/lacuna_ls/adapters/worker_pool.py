"""Tests in processes of the user's interpreter.

Each run is a fork of a supervisor (`lacuna_ls/worker`), which ends it with everything it started.
Supervisors are kept for the runs that follow (`warm_workers`).
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lacuna_ls.adapters.sandbox.launch import candidates_folder, clean_environment
from lacuna_ls.adapters.sandbox.probe import Probed, probe
from lacuna_ls.adapters.sandbox.seal import seal
from lacuna_ls.adapters.uninterrupted import uninterrupted
from lacuna_ls.adapters.warm_workers import Place, WarmWorkers
from lacuna_ls.adapters.worker_observations import ObservationBuilder, observe_task
from lacuna_ls.adapters.worker_process import GOES_ON, PATIENCE_S, Listener, WorkerProcess
from lacuna_ls.adapters.worker_report import Capped, ReportBuilder
from lacuna_ls.adapters.worker_timings import TimingBuilder, time_task
from lacuna_ls.domain.errors import RunnerError, UntrustedFolderError
from lacuna_ls.domain.observation import Observation
from lacuna_ls.domain.test_result import RunStatus, TestReport
from lacuna_ls.domain.timing import Timing
from lacuna_ls.ports.code_runner import (
    CONFIRMING_SEEDS,
    OBSERVING_SEED,
    Candidates,
    ObserveRequest,
    Overlay,
    TestRequest,
)
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.ports.trust import TrustStore
from lacuna_ls.worker import messages

_MIN_CANDIDATE_S = 2.0
_MAX_CANDIDATE_S = 10.0
_MIN_COLLECTING_S = 0.25
_BASELINE_FACTOR = 3.0
_REMEMBERED_RUNS = 64
_SENT_AHEAD = 2
_TIMING_SEED = 0
# Of the processes that judge what has passed.
_JUDGES = (*CONFIRMING_SEEDS, OBSERVING_SEED)

_Key = tuple[Path, Path, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Times:
    """Of the last run that came to its end."""

    tests_s: float
    collecting_s: float


class WorkerPool:
    """The `CodeRunner` of languages whose tests pytest runs."""

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust
        self._workers = WarmWorkers()
        self._probes: dict[Path, asyncio.Task[Probed]] = {}
        self._times: OrderedDict[_Key, _Times] = OrderedDict()

    async def close(self) -> None:
        """End the processes that wait for work."""
        await self._workers.close()

    async def run(self, request: TestRequest) -> TestReport:
        """See `CodeRunner.run`."""
        self._check_trust(request)
        judges = seal(request.root, request.targets) if request.overlays else b""
        async with self._session(request) as session:
            if session.of_candidates:
                report = await session.run(request.limits.wall_s)
            else:
                report = await session.verdict(request.limits.wall_s)
        if request.overlays and seal(request.root, request.targets) != judges:
            detail = "a test or what configures it changed while a candidate was judged by it"
            return replace(report, status=RunStatus.CRASHED, detail=detail)
        if report.status is RunStatus.COMPLETED and not (request.only or request.up_to_red):
            self._remember(request, report)
        return report

    async def screen(
        self, request: TestRequest, candidates: Candidates
    ) -> AsyncIterator[TestReport]:
        """See `CodeRunner.screen`.

        A candidate's tests have three times as long as in the last `run` of the same targets, and
        no less than two seconds: of processor time, so that a candidate is judged alike on a
        machine that has other work.
        """
        self._check_trust(request)
        times = self._times.get(_key(request))
        wall_s = min(_candidate_wall_s(times), request.limits.wall_s)
        collecting_s = self._collecting_s(request)
        limits = replace(request.limits, wall_s=wall_s)
        request = replace(request, limits=limits)
        async with self._session(request, collecting_s) as session:
            for place, environment in await self._judges(request, *_JUDGES):
                self._workers.expect(place, environment)
            patience_s = messages.WAITING_FACTOR * (wall_s + collecting_s)
            async with contextlib.aclosing(session.screen(candidates, patience_s)) as reports:
                async for report in reports:
                    yield report

    async def expect(self, request: TestRequest) -> None:
        """See `CandidateRunner.expect`. One process after the other: others use the machine, too."""
        self._check_trust(request)
        for place, environment in await self._judges(request, None, *_JUDGES):
            await self._workers.ready(place, environment)

    async def observe(self, request: ObserveRequest) -> Observation:
        """See `CodeRunner.observe`."""
        variants = (Overlay(request.path, text) for text in request.variants)
        tests = replace(request.tests, overlays=(*request.tests.overlays, *variants))
        self._check_trust(tests)
        async with self._session(tests, observing=observe_task(request)) as session:
            return await session.observe(request)

    async def time(self, request: TimeRequest) -> Timing:
        """See `CodeTimer.time`."""
        variants = (Overlay(request.path, text) for text in request.variants)
        overlays = (*request.tests.overlays, *variants)
        tests = replace(request.tests, overlays=overlays, hash_seed=_TIMING_SEED)
        self._check_trust(tests)
        async with self._session(tests, observing=time_task(request)) as session:
            return await session.time(request)

    @contextlib.asynccontextmanager
    async def _session(
        self,
        request: TestRequest,
        collecting_s: float | None = None,
        observing: messages.Observe | None = None,
    ) -> AsyncIterator["_Session"]:
        """A process that has begun with the request; nothing of the run is left afterwards.

        Candidates are screened if `collecting_s` is given, else it is one plain run. What the
        process does after the verdict on the user's own tests, it does while nobody waits.
        """
        if os.name != "posix":
            raise RunnerError("tests cannot be run on this system yet: it has no fork")
        tier = await self._tier(request, collecting_s)
        place = Place(request.interpreter, request.root, request.hash_seed, tier)
        nonce = secrets.token_hex(16)
        # Candidates' is made by the process itself, which sees a folder of its own in that place.
        scratch = (
            tempfile.mkdtemp(prefix="lacuna-run-")
            if tier is None
            else str(candidates_folder() / nonce)
        )
        with contextlib.ExitStack() as afterwards:
            afterwards.callback(shutil.rmtree, scratch, ignore_errors=True)
            task = _task(request, nonce, scratch, collecting_s)
            if observing is not None:
                task = task._replace(observe=observing)
            process = await self._workers.take(place, _environment(request, tier), task)
            session = _Session(request, process, nonce)
            try:
                yield session
            finally:
                if session.goes_on:
                    later = afterwards.pop_all()
                    self._workers.give_back_later(place, process, session.rest, later)
                else:
                    await uninterrupted(self._end(place, process, session))

    async def _end(self, place: Place, process: WorkerProcess, session: "_Session") -> None:
        if not await session.end():
            await self._workers.end(place, process)
            return
        # What a candidate says it has imported is not imported on its word.
        learnt = {} if session.of_candidates else session.loaded
        self._workers.give_back(place, process, learnt)

    def _check_trust(self, request: TestRequest) -> None:
        if not self._trust.trusted(request.root):
            raise UntrustedFolderError(
                f"{request.root.name} is not trusted: `lacuna-ls trust PATH` lets its tests run"
            )

    async def confinement(self, interpreter: Path) -> Probed:
        """What holds the candidates that this interpreter runs; tried out once."""
        if interpreter not in self._probes:
            self._probes[interpreter] = asyncio.create_task(probe(interpreter))
        return await asyncio.shield(self._probes[interpreter])

    async def _tier(self, request: TestRequest, collecting_s: float | None) -> str | None:
        if not request.overlays and collecting_s is None:
            return None
        try:
            return (await self.confinement(request.interpreter)).tier
        except OSError as error:
            raise RunnerError(
                f"{request.interpreter} could not be started: {error.strerror or error}"
            ) from error

    async def _judges(
        self, request: TestRequest, *seeds: int | None
    ) -> list[tuple[Place, dict[str, str]]]:
        """Where candidates run, and in what environment."""
        tier = await self._tier(request, 0.0)
        return [
            (
                Place(request.interpreter, request.root, seed, tier),
                _environment(replace(request, hash_seed=seed), tier),
            )
            for seed in seeds
        ]

    def _collecting_s(self, request: TestRequest) -> float:
        """What collecting took in the last run in this root, of the same targets if possible."""
        root, interpreter, _ = key = _key(request)
        near = [t for k, t in self._times.items() if k[:2] == (root, interpreter)]
        times = self._times.get(key) or (near[-1] if near else None)
        if times is None:
            return _MAX_CANDIDATE_S
        return max(_MIN_COLLECTING_S, times.collecting_s)

    def _remember(self, request: TestRequest, report: TestReport) -> None:
        tests_s = sum(result.duration_s for result in report.results)
        key = _key(request)
        self._times[key] = _Times(tests_s, max(report.elapsed_s - tests_s, 0.0))
        self._times.move_to_end(key)
        if len(self._times) > _REMEMBERED_RUNS:
            self._times.popitem(last=False)


def _candidate_wall_s(times: _Times | None) -> float:
    if times is None:
        return _MAX_CANDIDATE_S
    return max(_MIN_CANDIDATE_S, _BASELINE_FACTOR * times.tests_s)


def _key(request: TestRequest) -> _Key:
    return request.root, request.interpreter, request.targets


def _task(
    request: TestRequest, nonce: str, scratch: str, collecting_s: float | None
) -> messages.Request:
    return messages.Request(
        root=str(request.root),
        targets=list(request.targets),
        doctests=list(request.doctests),
        arguments=list(request.arguments),
        trace=[str(path) for path in request.trace],
        facts=[str(path) for path in request.facts],
        scratch=scratch,
        nonce=nonce,
        overlays=len(request.overlays),
        screening=collecting_s is not None,
        wall_s=request.limits.wall_s,
        collecting_s=collecting_s or 0.0,
        cpu_s=request.limits.cpu_s,
        memory_bytes=request.limits.memory_bytes,
        threads=request.limits.processes,
        niceness=request.limits.niceness,
        only=request.only,
        contexts=request.contexts,
        backwards=request.backwards,
        up_to_red=request.up_to_red,
    )


class _Session:
    """One request on one process, from the first word to the last."""

    def __init__(self, request: TestRequest, process: WorkerProcess, nonce: str) -> None:
        self._request = request
        self._process = process
        self._nonce = nonce
        self._output = Capped(request.limits.output_bytes)
        self._sending = asyncio.create_task(self._send(request.overlays))
        self._screening = False
        # Runs that were given up here, and whose end the process has still to tell.
        self._late = 0
        self._builder = ReportBuilder(nonce)
        self.goes_on = False
        self.loaded: dict[str, str] = {}

    @property
    def of_candidates(self) -> bool:
        """Whether code ran that is not the user's."""
        return bool(self._request.overlays) or self._screening

    async def verdict(self, wall_s: float) -> TestReport:
        """The report on one run, as soon as nothing that follows can change it.

        Exit handlers and what the tests have left running may keep the process for longer: then it
        `goes_on`, and `rest` waits for its end.
        """
        begun_s = time.monotonic()
        ended = await self._ended(self._builder, wall_s, lambda: self._builder.final)
        if ended is GOES_ON:
            self.goes_on = True
            ended = ended._replace(elapsed_s=time.monotonic() - begun_s, wall_s=wall_s)
        return self._builder.report(ended, self._output.text())

    async def rest(self) -> Mapping[str, str] | None:
        """What a run that goes on has imported by its end; `None` if its process takes no other."""
        await self._ended(self._builder, PATIENCE_S)
        return self.loaded if await self.end() else None

    async def run(self, wall_s: float) -> TestReport:
        """The report on one run."""
        while late := self._late:
            # Of a candidate that was given up; what is said of it is not said of the next.
            ended = await self._ended(ReportBuilder(self._nonce), wall_s)
            if self._late > late:
                return ReportBuilder(self._nonce).report(ended, self._output.text())
            self._late -= 1
        builder = ReportBuilder(self._nonce)
        ended = await self._ended(builder, wall_s)
        return builder.report(ended, self._output.text())

    async def observe(self, request: ObserveRequest) -> Observation:
        """What was observed in one run."""
        builder = ObservationBuilder(self._nonce, len(request.variants))
        return builder.observation(await self._ended(builder, request.tests.limits.wall_s))

    async def time(self, request: TimeRequest) -> Timing:
        """What was measured in one run."""
        builder = TimingBuilder(self._nonce, len(request.variants) - 1)
        return builder.timing(await self._ended(builder, request.tests.limits.wall_s))

    async def _ended(
        self, builder: Listener, wall_s: float, enough: Callable[[], bool] = lambda: False
    ) -> messages.Ended:
        listening = self._process.end_of_run(builder, self._output, self.loaded, enough)
        try:
            async with asyncio.timeout(wall_s + PATIENCE_S):
                ended = await listening
        except TimeoutError:
            self._late += 1
            return messages.Ended(0, 0, True, "", wall_s, wall_s)
        if ended is not None:
            return ended
        code = await self._process.status()
        return messages.Ended(max(code, 0), max(-code, 0), False, "", 0.0, 0.0)

    async def screen(self, candidates: Candidates, wall_s: float) -> AsyncGenerator[TestReport]:
        """The report on each candidate, in order."""
        self._screening = True
        # The next one is there when the process has done with this one; those after that can
        # wait here, where nobody has to read them if they are not wanted any more.
        room = asyncio.Semaphore(_SENT_AHEAD)
        sent: asyncio.Queue[bool] = asyncio.Queue()

        async def send() -> None:
            try:
                async for candidate in _one_by_one(candidates, room):
                    self._send_later(candidate)
                    sent.put_nowait(True)
            finally:
                sent.put_nowait(False)

        sending = asyncio.create_task(send())
        try:
            while await sent.get():
                yield await self.run(wall_s)
                room.release()
            await sending
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def end(self) -> bool:
        """End all that the request has started; whether the process can take another."""
        self._sending.cancel()
        await asyncio.gather(self._sending, return_exceptions=True)
        return await self._process.stop()

    def _send_later(self, overlay: Overlay) -> None:
        before = self._sending

        async def follow() -> None:
            await before
            await self._send((overlay,))

        self._sending = asyncio.create_task(follow())

    async def _send(self, overlays: Sequence[Overlay]) -> None:
        for overlay in overlays:
            await self._process.send_contents(overlay)


async def _one_by_one(candidates: Candidates, room: asyncio.Semaphore) -> AsyncIterator[Overlay]:
    """The candidates, each asked for when there is `room`."""
    if isinstance(candidates, Sequence):
        for candidate in candidates:
            await room.acquire()
            yield candidate
        return
    await room.acquire()
    async for candidate in candidates:
        yield candidate
        await room.acquire()


def _environment(request: TestRequest, tier: str | None) -> dict[str, str]:
    environment = dict(os.environ) if tier is None else clean_environment(os.environ)
    if request.hash_seed is None:
        return environment
    return {**environment, "PYTHONHASHSEED": str(request.hash_seed)}
