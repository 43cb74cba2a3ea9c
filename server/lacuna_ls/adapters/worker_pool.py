"""Tests in processes of the user's interpreter.

For each run a supervisor is started (`lacuna_ls/worker`), which forks the process that runs the
tests and ends it with everything it started. The socket between it and this process is its life
line: closing it, or the death of this process, ends the whole tree.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from lacuna_ls.adapters.sandbox.launch import clean_environment, launch
from lacuna_ls.adapters.sandbox.probe import Probed, probe
from lacuna_ls.adapters.worker_report import Capped, ReportBuilder, starting_failed
from lacuna_ls.domain.errors import RunnerError, UntrustedFolderError
from lacuna_ls.domain.test_result import RunStatus, TestReport
from lacuna_ls.ports.code_runner import Candidates, Overlay, TestRequest
from lacuna_ls.ports.trust import TrustStore
from lacuna_ls.worker import messages

_WORKER = Path(messages.__file__).parent
# A supervisor ends its tree in milliseconds; one that does not is killed.
_PATIENCE_S = 5.0
_MIN_CANDIDATE_S = 2.0
_MAX_CANDIDATE_S = 10.0
_BASELINE_FACTOR = 3.0
_REMEMBERED_RUNS = 64


_Key = tuple[Path, Path, tuple[str, ...]]


class WorkerPool:
    """The `CodeRunner` of languages whose tests pytest runs."""

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust
        self._tests_s: OrderedDict[_Key, float] = OrderedDict()
        self._probes: dict[Path, asyncio.Task[Probed]] = {}

    async def confinement(self, interpreter: Path) -> Probed:
        """What holds the candidates that this interpreter runs; tried out once."""
        if interpreter not in self._probes:
            self._probes[interpreter] = asyncio.create_task(probe(interpreter))
        return await asyncio.shield(self._probes[interpreter])

    async def run(self, request: TestRequest) -> TestReport:
        """See `CodeRunner.run`."""
        self._check_trust(request)
        tier = await self._tier(request) if request.overlays else None
        async with _Process.started(request, screening=False, tier=tier) as process:
            builder, ended = await process.next_run(request.limits.wall_s)
            report = builder.report(ended, await process.output())
        if report.status is RunStatus.COMPLETED:
            self._remember(request, sum(result.duration_s for result in report.results))
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
        wall_s = request.limits.wall_s
        limits = replace(request.limits, wall_s=self._candidate_wall_s(request))
        request = replace(request, limits=limits)
        tier = await self._tier(request)
        async with _Process.started(request, screening=True, tier=tier) as process:
            known = candidates if isinstance(candidates, Sequence) else await candidates
            process.offer(known)
            for _ in known:
                # The rehearsal included, whose length is added to what a candidate may take.
                patience_s = 5 * messages.WAITING_FACTOR * wall_s
                builder, ended = await process.next_run(patience_s)
                yield builder.report(ended, output="")

    def _check_trust(self, request: TestRequest) -> None:
        if not self._trust.trusted(request.root):
            raise UntrustedFolderError(
                f"{request.root.name} is not trusted: `lacuna-ls trust PATH` lets its tests run"
            )

    async def _tier(self, request: TestRequest) -> str:
        try:
            return (await self.confinement(request.interpreter)).tier
        except OSError as error:
            raise RunnerError(
                f"{request.interpreter} could not be started: {error.strerror or error}"
            ) from error

    def _remember(self, request: TestRequest, tests_s: float) -> None:
        key = _key(request)
        self._tests_s[key] = tests_s
        self._tests_s.move_to_end(key)
        if len(self._tests_s) > _REMEMBERED_RUNS:
            self._tests_s.popitem(last=False)

    def _candidate_wall_s(self, request: TestRequest) -> float:
        tests_s = self._tests_s.get(_key(request))
        allowed = (
            _MAX_CANDIDATE_S
            if tests_s is None
            else max(_MIN_CANDIDATE_S, _BASELINE_FACTOR * tests_s)
        )
        return min(allowed, request.limits.wall_s)


def _key(request: TestRequest) -> _Key:
    return request.root, request.interpreter, request.targets


class _Process:
    """A supervisor and what it says."""

    def __init__(
        self,
        request: TestRequest,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._request = request
        self._nonce = secrets.token_hex(16)
        self._process = process
        self._reader = reader
        self._writer = writer
        self._ready = False
        self._buffer = messages.FrameBuffer()
        self._output = Capped(request.limits.output_bytes)
        self._drain = asyncio.create_task(self._drain_output())
        self._sending: list[asyncio.Task[None]] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def started(
        cls, request: TestRequest, *, screening: bool, tier: str | None
    ) -> AsyncIterator[Self]:
        """A process that has been told what to do, and that is gone when the block ends.

        `tier` is where candidates run, `None` for the user's own tests.

        Raises:
            RunnerError: it could not be started.
        """
        scratch = tempfile.mkdtemp(prefix="lacuna-run-")
        try:
            self = cls(request, *await _spawn(request, tier, Path(scratch)))
            self._sending.append(asyncio.create_task(self._send(scratch, screening=screening)))
            try:
                yield self
            finally:
                for sending in self._sending:
                    sending.cancel()
                await _uninterrupted(self._end())
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def offer(self, candidates: Sequence[Overlay]) -> None:
        """Let the process have what it is to screen, one after the other as it gets there."""
        begun = self._sending[-1]

        async def follow() -> None:
            await asyncio.wait([begun])
            await self._send_contents(candidates)

        self._sending.append(asyncio.create_task(follow()))

    async def next_run(self, wall_s: float) -> tuple[ReportBuilder, messages.Ended]:
        """What is said of one run, up to its end.

        Raises:
            RunnerError: the interpreter did not get as far as to read its task.
        """
        builder = ReportBuilder(self._nonce)
        try:
            async with asyncio.timeout(wall_s + _PATIENCE_S):
                return builder, await self._listen(builder)
        except TimeoutError:
            return builder, messages.Ended(0, 0, True, "", wall_s, wall_s)

    async def output(self) -> str:
        """All that was printed; to be asked for when the tests have ended."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._drain), _PATIENCE_S)
        return self._output.text()

    async def _listen(self, builder: ReportBuilder) -> messages.Ended:
        while True:
            taken = self._buffer.take()
            if taken is None:
                data = await self._read()
                if not data:
                    return await self._supervisor_died()
                self._buffer.feed(data)
                continue
            channel, payload = taken
            if channel == messages.TESTS:
                # What the code under test writes there is its own affair: without a proper
                # completion record the run counts as crashed.
                with contextlib.suppress(ValueError, TypeError, AttributeError):
                    builder.tests_say(messages.decode(payload))
                continue
            message = messages.decode(payload)
            if isinstance(message, messages.Ready):
                self._ready = True
            if isinstance(message, messages.Hung):
                builder.hung(message)
            if isinstance(message, messages.Ended):
                return message

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(1 << 16)
        except ConnectionError:
            return b""

    async def _supervisor_died(self) -> messages.Ended:
        code = await self._process.wait()
        if not self._ready:
            raise starting_failed(self._request.interpreter, await self.output())
        return messages.Ended(max(code, 0), max(-code, 0), False, "", 0.0, 0.0)

    async def _send(self, scratch: str, *, screening: bool) -> None:
        request = self._request
        task = messages.Request(
            root=str(request.root),
            targets=list(request.targets),
            doctests=list(request.doctests),
            arguments=list(request.arguments),
            trace=[str(path) for path in request.trace],
            facts=[str(path) for path in request.facts],
            scratch=scratch,
            nonce=self._nonce,
            overlays=len(request.overlays),
            screening=screening,
            wall_s=request.limits.wall_s,
            cpu_s=request.limits.cpu_s,
            memory_bytes=request.limits.memory_bytes,
            threads=request.limits.processes,
        )
        self._writer.write(messages.frame(messages.SUPERVISOR, messages.encode(task)))
        await self._send_contents(request.overlays)

    async def _send_contents(self, overlays: Sequence[Overlay]) -> None:
        with contextlib.suppress(ConnectionError):  # its reader is gone, which `_listen` reports
            for overlay in overlays:
                for part in messages.contents_frames(str(overlay.path), overlay.data):
                    self._writer.write(part)
                await self._writer.drain()

    async def _drain_output(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        while data := await stdout.read(1 << 16):
            self._output.add(data)

    async def _end(self) -> None:
        """Close the life line, and see to it that the process is gone."""
        # Not `close`, which would first send all that is left to a supervisor that may itself be
        # waiting to be read.
        self._writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
        try:
            await asyncio.wait_for(self._process.wait(), _PATIENCE_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        await self.output()
        self._drain.cancel()
        await asyncio.gather(self._drain, return_exceptions=True)


async def _spawn(
    request: TestRequest, tier: str | None, scratch: Path
) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader, asyncio.StreamWriter]:
    if os.name != "posix":
        raise RunnerError("tests cannot be run on this system yet: it has no fork")
    ours, theirs = socket.socketpair()
    command: tuple[str, ...] = (
        str(request.interpreter),
        str(_WORKER / "__main__.py"),
        str(theirs.fileno()),
    )
    environment: Mapping[str, str] = os.environ
    if tier is not None:
        started = launch(tier, command, request.root, scratch, clean_environment(os.environ))
        command, environment = started.command, started.environment
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=request.root,
            env=_environment(request, environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        raise RunnerError(
            f"{request.interpreter} could not be started: {error.strerror or error}"
        ) from error
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    return process, reader, writer


def _environment(request: TestRequest, environment: Mapping[str, str]) -> dict[str, str]:
    if request.hash_seed is None:
        return dict(environment)
    return {**environment, "PYTHONHASHSEED": str(request.hash_seed)}


async def _uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Finish `work` even if the awaiting task is cancelled meanwhile; then pass that on."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.done():
                break
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()
