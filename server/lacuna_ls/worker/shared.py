"""Candidates that take turns in one process (`turns`), from the side that watches over it."""

import contextlib
import os
import select
import time
from typing import Any, Callable, List, Optional

from . import guard
from .messages import write_all
from .run_tests import Contents
from .turns import FORKS, OVER, READY, REFUSED, TAKEN, Turn, Turns, packed
from .watch import Children, Server, Status, StopAsked, Watch, pipe, reaped

# A process that ends after fewer turns saves less than it costs.
_FEWEST_TURNS = 5


class TurnWatch(Watch):
    """One turn of a process that can go on after it."""

    def adopt(self, other: Watch) -> None:
        """Watch over the process that another watch has started; its time counts from here."""
        self.pid, self._ours, self._buffer = other.pid, other._ours, other._buffer
        if self._busy_until_s is not None:
            with contextlib.suppress(OSError):
                self._busy_until_s += self._busy_s()
        self._allowed_s = None

    def begin(self, process: Callable[[int], None], busy_s: float) -> None:
        """Start the process that turns are taken in, which first tries out the unchanged code.

        That may take `busy_s` of processor time.
        """
        if self._busy_until_s is not None:
            self._busy_until_s += busy_s
        self.start(process, printing=False)
        for fd in self._ours[:2]:
            os.set_blocking(fd, False)

    def let_go(self) -> None:
        """The process has ended."""
        self._close()

    def answer(self, answer_fd: int) -> bytes:
        """What the process says to its turn; empty if it has ended or takes too long.

        Raises:
            StopAsked: the server asked for it.
        """
        poll = select.poll()
        for fd in (answer_fd, self._server.fileno()):
            poll.register(fd, select.POLLIN)
        while True:
            events = self._waited(poll)
            if events is None:
                return b""
            if answer_fd in events:
                return os.read(answer_fd, 1)

    def see_turn(self, answer_fd: int, *, forks: bool) -> bool:
        """See the process through its turn, or with `forks` a fork of it; whether it can have another.

        Raises:
            StopAsked: the server asked for it.
        """
        frames_fd, output_fd, _ = self._ours
        poll = select.poll()
        for fd in (frames_fd, output_fd, answer_fd, self._server.fileno()):
            poll.register(fd, select.POLLIN)
        goes_on, word = True, b""
        while goes_on and not word and (forks or not self._done):
            events = self._waited(poll)
            if events is None:
                goes_on = False
                continue
            if output_fd in events and not self._print(output_fd):
                poll.unregister(output_fd)
            if answer_fd in events:
                word = os.read(answer_fd, 1)
            # What it has said was said before it ended, or told how its turn did.
            if not self._pass_on(frames_fd) and not self._done:
                self._status = reaped(self.pid) or Status(1, 0)
                goes_on = False
        self._elapsed_s = time.monotonic() - self._started_s
        if self._done:
            self._status = Status(0, 0)
        elif word == OVER:
            self._status = Status(1, 0)
        return goes_on

    def _waited(self, poll: Any) -> Optional[Any]:
        """Descriptors that are ready; `None` once the time is over."""
        if self._server.asks_to_stop():
            raise StopAsked
        left_s = min(self._deadline_s - time.monotonic(), self._busy_left_s())
        if left_s <= 0 or self._flooded:
            return None
        events = dict(poll.poll(max(left_s * 1000, 1)))
        if self._server.fileno() in events:
            self._server.receive()
        return events


class Shared:
    """The process in which candidates for `path` take turns; another follows when it ends.

    `new_watch` makes the watch over one turn. `leave` is called in the process with the descriptor
    for its frames and its `turns`, and leads out of here.
    """

    def __init__(
        self,
        server: Server,
        children: Children,
        new_watch: Callable[[], TurnWatch],
        leave: Callable[[int, Turns, Contents], None],
        busy_s: float,
        tier: str,
    ) -> None:
        self._server = server
        self._children = children
        self._new_watch = new_watch
        self._leave = leave
        self._busy_s = busy_s
        self._tier = tier
        self._process: Optional[TurnWatch] = None
        self._fds: List[int] = []
        self._turns = 0
        self._always_fork = False
        self._forks = False
        self._unfit = False

    def judges(self, candidate: Contents) -> bool:
        """Judge the candidate and tell the server; False if it needs a process of its own.

        Raises:
            StopAsked: the server asked for it.
        """
        if self._unfit or (self._process is None and not self._starts(candidate.path)):
            return False
        assert self._process is not None
        turns_fd, answer_fd = self._fds
        watch = self._new_watch()
        watch.adopt(self._process)
        try:
            write_all(turns_fd, packed(Turn(watch.token, candidate.data)))
            answer = watch.answer(answer_fd)
        except BrokenPipeError:
            answer = b""
        if answer == REFUSED:
            return False
        if answer != TAKEN:
            self._end()
            if self._turns < _FEWEST_TURNS:
                self._unfit, self._always_fork = self._always_fork, True
            return not self._unfit and self.judges(candidate)
        self._turns += 1
        goes_on = watch.see_turn(answer_fd, forks=self._forks)
        if not goes_on:
            self._end()
        watch.report(self._tier)
        return True

    def _starts(self, path: str) -> bool:
        try:
            with open(path, "rb") as file:
                unchanged = Contents(path, file.read())
        except OSError:
            self._unfit = True
            return False
        turns_fd, theirs = pipe()[::-1]
        answer_fd, answer_with = pipe()
        watch = self._new_watch()

        def go(frames_fd: int) -> None:
            os.close(turns_fd)
            os.close(answer_fd)
            turns = Turns(
                path, unchanged.data, self._busy_s, theirs, answer_with,
                always_fork=self._always_fork,
            )  # fmt: skip
            self._leave(frames_fd, turns, unchanged)

        watch.begin(go, self._busy_s)
        os.close(theirs)
        os.close(answer_with)
        guard.spare(watch.pid)
        self._fds = [turns_fd, answer_fd]
        self._children.hold(*self._fds)
        self._process = watch
        self._turns = 0
        word = watch.answer(answer_fd)
        self._forks = word == FORKS
        if word not in (READY, FORKS):
            self._end()
            # What was tried out there may have left something behind.
            self._unfit, self._always_fork = self._always_fork, True
            return not self._unfit and self._starts(path)
        return True

    def _end(self) -> None:
        assert self._process is not None
        guard.unspare(self._process.pid)
        guard.kill_descendants(self._process.pid)
        self._process.let_go()
        self._children.release(*self._fds)
        for fd in self._fds:
            os.close(fd)
        self._process, self._fds = None, []
