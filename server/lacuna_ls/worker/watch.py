"""One fork of the supervisor: its frames and its output passed on, its time, its end."""

import contextlib
import fcntl
import math
import os
import resource
import select
import signal
import sys
import time
from typing import Callable, List, NamedTuple, Optional, Protocol, Set, Tuple

from . import guard, whereabouts
from .messages import (
    OUTPUT,
    TESTS,
    Ended,
    FrameBuffer,
    Hung,
    decode,
    encode,
    frame,
)

# Descriptors of ours lie high, where neither a test that counts descriptors nor one that closes
# a range of them meets them.
_HIGH_FD = 800
# After pytest has ended, the process may still run its exit handlers.
_EXIT_GRACE_S = 2.0
# Of one fork. Large suites with the lines that each test covers stay far below.
_MAX_FRAMES_BYTES = 256 << 20
# A pipe holds less.
_MOST_READS = 20
_DONE_PREFIX = b'["Done", '
_COLLECTED_PREFIX = b'["Collected", '


class Server(Protocol):
    """The supervisor's line to the server."""

    def fileno(self) -> int: ...

    def send(self, payload: bytes) -> None: ...

    def send_frames(self, frames: bytes) -> None: ...

    def receive(self) -> None:
        """Read what has come. Raises `EOFError` if the server is gone."""
        ...

    def asks_to_stop(self) -> bool:
        """Whether something that was read ends the run."""
        ...


class StopAsked(Exception):  # noqa: N818 -- no error
    """The server wants no more of this run, and nothing of it is left."""


class Children:
    """Wakes a `select` when a child changes state; knows what no fork is to inherit."""

    def __init__(self) -> None:
        self._held: Set[int] = set()
        self.read_fd, self.write_fd = pipe()
        for fd in (self.read_fd, self.write_fd):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self.write_fd, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def hold(self, *descriptors: int) -> None:
        """What one fork is spoken to through is closed in those that follow."""
        self._held.update(descriptors)

    def release(self, *descriptors: int) -> None:
        self._held.difference_update(descriptors)

    def forget(self) -> None:
        """In a fork: the state that a freshly started interpreter has."""
        for fd in self._held:
            os.close(fd)
        self._held.clear()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(self.read_fd)
        os.close(self.write_fd)


class Status(NamedTuple):
    exit_code: int
    signal: int


class Watch:
    """One fork, from its start to the end of its last descendant.

    `busy_s` bounds its processor time where that can be read (Linux), else the wall clock: a fork
    that others keep from running is not one that loops. `collecting_s` comes on top of it until
    the tests have been collected.
    """

    def __init__(
        self,
        server: Server,
        children: Children,
        wall_s: float,
        busy_s: Optional[float] = None,
        collecting_s: float = 0.0,
        *,
        nonce: str = "",
        max_bytes: int = _MAX_FRAMES_BYTES,
    ) -> None:
        if busy_s is not None and sys.platform != "linux":
            wall_s, busy_s = min(wall_s, busy_s + collecting_s), None
        self.pid = 0
        # In the fork: what it writes there says where it is (`whereabouts`).
        self.told_fd = -1
        # Its completion record carries this, so no other process can make one.
        self.token = os.urandom(16).hex()
        self._nonce = nonce
        self._left_bytes = max_bytes
        self._allowed_s = busy_s
        self._busy_until_s = None if busy_s is None else busy_s + collecting_s
        self._server = server
        self._children = children
        self._started_s = time.monotonic()
        self._wall_s = wall_s
        self._deadline_s = self._started_s + wall_s
        self._done = False
        self._flooded = False
        self._status: Optional[Status] = None
        self._where: List[Tuple[str, int, str]] = []
        self._buffer = FrameBuffer()
        self._elapsed_s = 0.0
        self._ours: Tuple[int, ...] = ()

    def run(self, tests: Callable[[int], None], *, printing: bool = True) -> None:
        """Fork, have `tests` write frames to a descriptor, and see the fork to its end.

        What `tests` prints is passed on too if `printing`. What it raises is raised in the fork.

        Raises:
            StopAsked: the server asked for it.
        """
        self.start(tests, printing=printing)
        self.follow()

    def start(self, tests: Callable[[int], None], *, printing: bool = True) -> None:
        """Fork, as `run` does, and go on at once."""
        frames_fd, write_fd = pipe()
        output_fd, print_fd = pipe()
        answer_fd, told_fd = pipe()
        ours, theirs = (frames_fd, output_fd, answer_fd), (write_fd, print_fd, told_fd)
        parent_pid = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            for fd in ours:
                os.close(fd)
            self._children.forget()
            os.close(self._server.fileno())
            guard.lead_own_session(parent_pid)
            if printing:
                os.dup2(print_fd, 1)
                os.dup2(print_fd, 2)
            os.close(print_fd)
            self.told_fd = told_fd
            whereabouts.tell_on_signal(told_fd)
            tests(write_fd)
            # Not `os._exit`: exit handlers and threads end as they do in a terminal.
            sys.exit(0)
        for fd in theirs:
            os.close(fd)
        self._ours = ours
        self._children.hold(*ours)
        for fd in (frames_fd, output_fd):
            os.set_blocking(fd, False)

    @property
    def output_fd(self) -> int:
        """Readable when the fork has printed something; `print_on` passes that on."""
        return self._ours[1]

    def print_on(self) -> None:
        self._print(self.output_fd)

    def goes_on(self, nonce: str, wall_s: float) -> None:
        """Time counts from here, for a run with this nonce."""
        self._nonce = nonce
        self._wall_s = wall_s
        self._started_s = time.monotonic()
        self._deadline_s = self._started_s + wall_s

    def follow(self) -> None:
        """See the fork to its end.

        Raises:
            StopAsked: the server asked for it.
        """
        frames_fd, output_fd, answer_fd = self._ours
        try:
            self._status = self._relay(frames_fd, output_fd)
            if self._status is None and not self._done and not self._flooded:
                self._where = whereabouts.ask(self.pid, answer_fd)
        finally:
            self._elapsed_s = time.monotonic() - self._started_s
            guard.kill_descendants(self.pid)
            while self._print(output_fd):
                pass
            self._close()

    def drop(self) -> None:
        """End the fork, of which nobody has heard, and leave others alone."""
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            if os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        self._close()

    def _close(self) -> None:
        self._children.release(*self._ours)
        for fd in self._ours:
            os.close(fd)
        self._ours = ()

    def report(self, confined: str) -> None:
        """Tell the server how it ended."""
        code, number = self._status if self._status is not None else (0, int(signal.SIGKILL))
        timed_out = self._status is None and not self._done and not self._flooded
        if self._where:
            self._server.send(encode(Hung(self._where)))
        self._server.send(
            encode(Ended(code, number, timed_out, confined, self._elapsed_s, self._wall_s))
        )

    def _relay(self, frames_fd: int, output_fd: int) -> Optional[Status]:
        """Pass frames and output on until the child has ended; `None` if its time is over."""
        poll = select.poll()
        for fd in (frames_fd, output_fd, self._children.read_fd, self._server.fileno()):
            poll.register(fd, select.POLLIN)
        while True:
            if self._server.asks_to_stop():
                raise StopAsked
            left_s = min(self._deadline_s - time.monotonic(), self._busy_left_s())
            if left_s <= 0 or self._flooded:
                self._pass_on(frames_fd)
                return None
            events = dict(poll.poll(max(left_s * 1000, 1)))
            if self._server.fileno() in events:
                self._server.receive()
            if frames_fd in events and not self._pass_on(frames_fd):
                poll.unregister(frames_fd)
            if output_fd in events and self._print(output_fd) == 0:
                poll.unregister(output_fd)
            if self._children.read_fd in events:
                os.read(self._children.read_fd, 512)
                status = reaped(self.pid)
                if status is not None:
                    self._pass_on(frames_fd)
                    return status

    def _busy_left_s(self) -> float:
        if self._busy_until_s is None:
            return math.inf
        try:
            return self._busy_until_s - self._busy_s()
        except OSError:
            return math.inf  # it has ended

    def _busy_s(self) -> float:
        # The clock of another process's processor time: <linux/posix-timers.h>.
        return time.clock_gettime((~self.pid << 3) | 2)

    def _print(self, output_fd: int) -> Optional[int]:
        """Pass on some of what was printed: how much, 0 at its end, `None` if there is none now."""
        try:
            data = os.read(output_fd, 1 << 16)
        except BlockingIOError:
            return None
        if data:
            self._server.send_frames(frame(OUTPUT, data))
        return len(data)

    def _pass_on(self, frames_fd: int) -> bool:
        """Relay what the child has reported; False once it can report no more."""
        while True:
            try:
                data = os.read(frames_fd, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
                return False
            self._left_bytes -= len(data)
            if self._left_bytes < 0:
                self._flooded = True
                return False
            self._buffer.feed(data)
            try:
                self._relay_frames()
            except ValueError:
                return (
                    False  # not our frames: the run has no completion record and counts as crashed
                )

    def _relay_frames(self) -> None:
        parts: List[bytes] = []
        try:
            while True:
                taken = self._buffer.take()
                if taken is None:
                    return
                parts.append(frame(TESTS, self._noted(taken[1])))
        finally:
            self._server.send_frames(b"".join(parts))

    def _noted(self, payload: bytes) -> bytes:
        """What the server is to be told of it."""
        if payload.startswith(_DONE_PREFIX):
            done = decode(payload)
            if done.nonce != self.token:
                return payload  # which is not what the server expects, either
            self._done = True
            # What was printed before comes before it; what goes on printing is not waited for.
            for _ in range(_MOST_READS):
                if not self._print(self._ours[1]):
                    break
            self._deadline_s = min(self._deadline_s, time.monotonic() + _EXIT_GRACE_S)
            return encode(done._replace(nonce=self._nonce))
        if payload.startswith(_COLLECTED_PREFIX) and self._allowed_s is not None:
            with contextlib.suppress(OSError):
                until_s = self._busy_s() + self._allowed_s
                self._busy_until_s = min(self._busy_until_s or until_s, until_s)
            self._allowed_s = None
        return payload


def reaped(pid: int) -> Optional[Status]:
    """Reap what has ended; the status of `pid` if it is among that."""
    found = None
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if ended == 0:
            return found
        if ended == pid and os.WIFSIGNALED(status):
            found = Status(0, os.WTERMSIG(status))
        elif ended == pid:
            found = Status(os.WEXITSTATUS(status), 0)


def pipe() -> Tuple[int, int]:
    read_fd, write_fd = os.pipe()
    return raised(read_fd), raised(write_fd)


def raised(fd: int) -> int:
    """The same descriptor under a high number, closed in programs that are started."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    lowest = _HIGH_FD if soft == resource.RLIM_INFINITY else min(_HIGH_FD, soft // 2)
    high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, lowest)
    os.close(fd)
    return high
