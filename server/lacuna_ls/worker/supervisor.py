"""The test process's parent: starts it, passes its frames on, ends it and all it started.

It never runs user code itself. For one run it forks before pytest is imported; to screen
candidates it imports pytest once and forks for each. The user's own modules are imported only in
the forks.
"""

import fcntl
import gc
import math
import os
import resource
import select
import shutil
import signal
import socket
import sys
import time
from typing import Callable, List, NamedTuple, Optional, Tuple

from . import confinement, guard, run_tests, tiers, whereabouts
from .messages import (
    CONTENTS,
    SUPERVISOR,
    TESTS,
    WAITING_FACTOR,
    Ended,
    FileContents,
    FrameBuffer,
    Hung,
    Ready,
    Request,
    decode,
    encode,
    frame,
)

# Descriptors of ours lie high, where neither a test that counts descriptors nor one that closes
# a range of them meets them.
_HIGH_FD = 800
# After pytest has ended, the process may still run its exit handlers.
_EXIT_GRACE_S = 2.0
_CANDIDATES_NICENESS = 10
_DONE_PREFIX = b'["Done", '
_LOADED_PREFIX = b'["Loaded", '


def main(fd: int) -> None:
    server = _Server(_raised(fd))
    guard.adopt_orphans()
    request = server.request()
    request = request._replace(threads=guard.thread_limit(request.threads))
    server.send(encode(Ready(sys.version.split()[0])))
    overlays = [server.contents() for _ in range(request.overlays)]
    children = _Children()
    place = confinement.prepare(request.root, request.scratch, request.memory_bytes)
    if not request.screening:
        watch = _Watch(server, children, request.wall_s)
        watch.run(lambda fd: run_tests.run(request, overlays, place, fd))
        watch.report(place.tier if overlays else tiers.NONE)
        return
    run_tests.warm_up()
    rehearsal = _Watch(server, children, request.wall_s)
    rehearsal.run(lambda fd: run_tests.rehearse(request, overlays, place, fd))
    run_tests.import_installed(rehearsal.loaded)
    gc.freeze()
    # Whatever somebody waits for goes first: the editor, and the runs that confirm a candidate.
    os.nice(_CANDIDATES_NICENESS)
    while True:
        candidate = [*overlays, server.contents()]
        # What collecting takes comes on top of what the tests may take.
        busy_s = request.wall_s + rehearsal.elapsed_s
        watch = _Watch(server, children, WAITING_FACTOR * busy_s, busy_s)
        watch.run(lambda fd, seen=candidate: run_tests.screen(request, seen, place, fd))  # type: ignore[misc]
        watch.report(place.tier)


class _Server:
    """The socket to the server; its end is the end of this process and of everything below it."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._buffer = FrameBuffer()
        self._scratch = ""

    def follow(self) -> None:
        """The server has gone, and may not have come to clear up."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        os._exit(0)

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, payload: bytes) -> None:
        self.send_frames(frame(SUPERVISOR, payload))

    def send_frames(self, frames: bytes) -> None:
        self._socket.sendall(frames)

    def request(self) -> Request:
        message = decode(self._payload(SUPERVISOR))
        assert isinstance(message, Request)
        self._scratch = message.scratch
        return message

    def contents(self) -> run_tests.Contents:
        message = decode(self._payload(SUPERVISOR))
        assert isinstance(message, FileContents)
        parts: List[bytes] = []
        left = message.size
        while left:
            parts.append(self._payload(CONTENTS))
            left -= len(parts[-1])
        return run_tests.Contents(message.path, b"".join(parts))

    def _payload(self, expected: int) -> bytes:
        while True:
            taken = self._buffer.take()
            if taken is not None:
                assert taken[0] == expected
                return taken[1]
            data = self._socket.recv(1 << 16)
            if not data:
                self.follow()
            self._buffer.feed(data)


class _Children:
    """Wakes a `select` when a child changes state."""

    def __init__(self) -> None:
        read_fd, write_fd = os.pipe()
        self.read_fd, self.write_fd = _raised(read_fd), _raised(write_fd)
        for fd in (self.read_fd, self.write_fd):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self.write_fd, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def forget(self) -> None:
        """In a fork: the state that a freshly started interpreter has."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(self.read_fd)
        os.close(self.write_fd)


class _Status(NamedTuple):
    exit_code: int
    signal: int


class _Watch:
    """One fork, from its start to the end of its last descendant.

    `busy_s` bounds its processor time where that can be read (Linux), else the wall clock: a fork
    that others keep from running is not one that loops.
    """

    def __init__(
        self,
        server: _Server,
        children: _Children,
        wall_s: float,
        busy_s: Optional[float] = None,
    ) -> None:
        if busy_s is not None and sys.platform != "linux":
            wall_s, busy_s = min(wall_s, busy_s), None
        self._busy_s = busy_s
        self._server = server
        self._children = children
        self._started_s = time.monotonic()
        self._wall_s = wall_s
        self._deadline_s = self._started_s + wall_s
        self._done = False
        self._status: Optional[_Status] = None
        self._where: List[Tuple[str, int, str]] = []
        self._buffer = FrameBuffer()
        self.loaded: List[str] = []
        self.elapsed_s = 0.0

    def run(self, tests: Callable[[int], None]) -> None:
        """Fork, have `tests` write frames to a descriptor, and see the fork to its end."""
        read_fd, write_fd = os.pipe()
        read_fd, write_fd = _raised(read_fd), _raised(write_fd)
        answer_fd, told_fd = os.pipe()
        answer_fd, told_fd = _raised(answer_fd), _raised(told_fd)
        parent_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(read_fd)
            os.close(answer_fd)
            self._children.forget()
            os.close(self._server.fileno())
            guard.lead_own_session(parent_pid)
            whereabouts.tell_on_signal(told_fd)
            tests(write_fd)
            # Not `os._exit`: exit handlers and threads end as they do in a terminal.
            sys.exit(0)
        os.close(write_fd)
        os.close(told_fd)
        os.set_blocking(read_fd, False)
        self._status = self._relay(pid, read_fd)
        if self._status is None and not self._done:
            self._where = whereabouts.ask(pid, answer_fd)
        self.elapsed_s = time.monotonic() - self._started_s
        guard.kill_descendants(pid)
        os.close(read_fd)
        os.close(answer_fd)

    def report(self, confined: str) -> None:
        """Tell the server how it ended."""
        code, number = self._status if self._status is not None else (0, int(signal.SIGKILL))
        timed_out = self._status is None and not self._done
        if self._where:
            self._server.send(encode(Hung(self._where)))
        self._server.send(
            encode(Ended(code, number, timed_out, confined, self.elapsed_s, self._wall_s))
        )

    def _relay(self, pid: int, read_fd: int) -> Optional[_Status]:
        """Pass frames on until the child has ended; `None` if its time is over."""
        poll = select.poll()
        poll.register(read_fd, select.POLLIN)
        poll.register(self._children.read_fd, select.POLLIN)
        poll.register(self._server.fileno(), 0)  # only its end is of interest here
        while True:
            left_s = min(self._deadline_s - time.monotonic(), self._busy_left_s(pid))
            if left_s <= 0:
                self._pass_on(read_fd)
                return None
            events = dict(poll.poll(max(left_s * 1000, 1)))
            if self._server.fileno() in events:
                guard.kill_descendants(pid)
                self._server.follow()
            if read_fd in events and not self._pass_on(read_fd):
                poll.unregister(read_fd)
            if self._children.read_fd in events:
                os.read(self._children.read_fd, 512)
                status = _reaped(pid)
                if status is not None:
                    self._pass_on(read_fd)
                    return status

    def _busy_left_s(self, pid: int) -> float:
        if self._busy_s is None:
            return math.inf
        try:
            # The clock of another process's processor time: <linux/posix-timers.h>.
            return self._busy_s - time.clock_gettime((~pid << 3) | 2)
        except OSError:
            return math.inf  # it has ended

    def _pass_on(self, read_fd: int) -> bool:
        """Relay what the child has written; False once it can write no more."""
        while True:
            try:
                data = os.read(read_fd, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
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
                parts.append(self._noted(taken[1]))
        finally:
            self._server.send_frames(b"".join(parts))

    def _noted(self, payload: bytes) -> bytes:
        """The frame to pass on for one that came."""
        if payload.startswith(_LOADED_PREFIX):
            self.loaded = decode(payload).modules
            return b""
        if payload.startswith(_DONE_PREFIX) and not self._done:
            self._done = True
            self._deadline_s = min(self._deadline_s, time.monotonic() + _EXIT_GRACE_S)
        return frame(TESTS, payload)


def _reaped(pid: int) -> Optional[_Status]:
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
            found = _Status(0, os.WTERMSIG(status))
        elif ended == pid:
            found = _Status(os.WEXITSTATUS(status), 0)


def _raised(fd: int) -> int:
    """The same descriptor under a high number, closed in programs that are started."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    lowest = _HIGH_FD if soft == resource.RLIM_INFINITY else min(_HIGH_FD, soft // 2)
    high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, lowest)
    os.close(fd)
    return high
