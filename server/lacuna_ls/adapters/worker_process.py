"""One supervisor (`lacuna_ls/worker`), what it is told and what it says.

The socket to it is its life line: closing that, or the death of this process, ends the supervisor
and all it has started. Neither side of the socket belongs to an event loop, so a process may
outlive the one it was started in.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from lacuna_ls.adapters.sandbox.launch import Launch, candidates_folder, launch
from lacuna_ls.adapters.worker_report import Capped, plain_text, starting_failed
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.worker import messages

_WORKER = Path(messages.__file__).parent
# A supervisor ends a run in milliseconds; one that does not is killed.
PATIENCE_S = 5.0
_PREPARING_S = 60.0
# In place of the word that a run has ended.
GOES_ON = messages.Ended(0, 0, False, "", 0.0, 0.0)


class Listener(Protocol):
    """Takes the messages of one run in order; `tests_say` raises for one that is malformed."""

    def tests_say(self, message: Any) -> None: ...

    def hung(self, message: messages.Hung) -> None: ...


class WorkerProcess:
    """A supervisor in `interpreter`, in `root`, with `environment`, from its start to its end."""

    def __init__(
        self, interpreter: Path, root: Path, environment: Mapping[str, str], tier: str | None
    ) -> None:
        """Start it; `tier` is the sandbox for candidates, `None` if it is for the user's own tests.

        Raises:
            RunnerError: it could not be started.
        """
        self.interpreter = interpreter
        self.root = root
        self.environment = environment
        self.modules: frozenset[str] = frozenset()
        self._ours, theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._complaints, printed = os.pipe()
        command = (str(interpreter), str(_WORKER / "__main__.py"), str(theirs.fileno()))
        started = Launch(command, environment)
        if tier is not None:
            started = launch(tier, command, root, candidates_folder(), environment)
        try:
            self._process = subprocess.Popen(
                started.command,
                cwd=root,
                env=dict(started.environment),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError as error:
            self._ours.close()
            os.close(self._complaints)
            raise RunnerError(
                f"{interpreter} could not be started: {error.strerror or error}"
            ) from error
        finally:
            theirs.close()
            os.close(printed)
        self._buffer = messages.FrameBuffer()
        self._unsent = bytearray()
        self._sending = asyncio.Lock()

    async def prepare(
        self, modules: Mapping[str, str], avoid: Iterable[str], *, spare: bool = False
    ) -> messages.Prepared:
        """Have it import pytest and `modules` (name to origin), or with `spare`, processes of its own.

        Raises:
            RunnerError: the interpreter did not get as far as to read this.
        """
        self.modules = frozenset(modules)
        task = messages.Prepare(str(self.root), list(modules.items()), list(avoid), spare)
        await self.send(_framed(task))
        try:
            async with asyncio.timeout(_PREPARING_S):
                message = await self._message()
        except TimeoutError:
            return messages.Prepared(next(reversed(list(modules)), "pytest"))
        if message is None:
            raise starting_failed(self.interpreter, await self._complaint())
        assert isinstance(message, messages.Prepared)
        return message

    async def begin(self, task: messages.Request) -> bool:
        """Ask for a run; whether it is fit for that."""
        await self.send(_framed(task))
        return isinstance(await self._message(), messages.Ready)

    async def send_contents(self, overlay: Overlay) -> None:
        await self.send(b"".join(messages.contents_frames(str(overlay.path), overlay.data)))

    async def send(self, data: bytes) -> None:
        """Send all of it, now or, if this is cancelled, with what is sent next."""
        self._unsent += data
        async with self._sending:
            while self._unsent:
                try:
                    del self._unsent[: self._ours.send(self._unsent)]
                except BlockingIOError:
                    await _ready(self._ours.fileno(), to_write=True)
                except OSError:
                    return  # its end is gone, which the next read tells

    async def end_of_run(
        self,
        builder: Listener,
        output: Capped,
        loaded: dict[str, str],
        enough: Callable[[], bool] = lambda: False,
    ) -> messages.Ended | None:
        """Listen to one run up to its end; `None` if the supervisor itself has ended.

        `GOES_ON` if `enough` was said before that.
        """
        while True:
            taken = await self._frame()
            if taken is None:
                return None
            channel, payload = taken
            if channel == messages.OUTPUT:
                output.add(payload)
                continue
            if channel == messages.TESTS:
                # What the code under test writes there is its own affair: without a proper
                # completion record the run counts as crashed.
                with contextlib.suppress(ValueError, TypeError, AttributeError):
                    message = messages.decode(payload)
                    if isinstance(message, messages.Loaded):
                        loaded.update((str(name), str(origin)) for name, origin in message.modules)
                    builder.tests_say(message)
                if enough():
                    return GOES_ON
                continue
            message = messages.decode(payload)
            if isinstance(message, messages.Hung):
                builder.hung(message)
            if isinstance(message, messages.Ended):
                return message

    async def stop(self) -> bool:
        """End what the last request started; whether the process can take another."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.send(_framed(messages.Stop()))
                while (taken := await self._frame()) is not None:
                    channel, payload = taken
                    if channel == messages.SUPERVISOR and isinstance(
                        messages.decode(payload), messages.Stopped
                    ):
                        return True
        except TimeoutError:
            pass
        return False

    async def status(self) -> int:
        """How the process itself ended, negative for a signal."""
        return await asyncio.to_thread(self._wait)

    async def end(self) -> None:
        """Close the life line, and see to it that the process is gone."""
        self.cut()
        await asyncio.to_thread(self._wait)

    def cut(self) -> None:
        """Close the life line."""
        self._ours.close()
        if self._complaints >= 0:
            os.close(self._complaints)
            self._complaints = -1

    def end_now(self) -> None:
        """As `end`, where nothing can be awaited."""
        self.cut()
        self._wait()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def _wait(self) -> int:
        try:
            return self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            return self._process.wait()

    async def _message(self) -> object:
        taken = await self._frame()
        return None if taken is None else messages.decode(taken[1])

    async def _frame(self) -> tuple[int, bytes] | None:
        while (taken := self._buffer.take()) is None:
            try:
                data = self._ours.recv(1 << 16)
            except BlockingIOError:
                await _ready(self._ours.fileno(), to_write=False)
                continue
            except OSError:
                return None
            if not data:
                return None
            self._buffer.feed(data)
        return taken

    async def _complaint(self) -> str:
        """What the interpreter printed before it ended."""
        await asyncio.to_thread(self._wait)
        os.set_blocking(self._complaints, False)
        with contextlib.suppress(BlockingIOError):
            return plain_text(os.read(self._complaints, 1 << 16))
        return ""


def _framed(message: object) -> bytes:
    return messages.frame(messages.SUPERVISOR, messages.encode(message))


async def _ready(fd: int, *, to_write: bool) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def tell() -> None:
        if not ready.done():
            ready.set_result(None)

    if to_write:
        loop.add_writer(fd, tell)
    else:
        loop.add_reader(fd, tell)
    try:
        await ready
    finally:
        if to_write:
            loop.remove_writer(fd)
        else:
            loop.remove_reader(fd)
