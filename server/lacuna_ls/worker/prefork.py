"""Screening from a session of pytest that has been begun once for all candidates.

The session is begun in a fork of the supervisor, which then takes its place at the line to the
server: it forks for each candidate, and the fork goes on with the collection. What is true of the
session at that point is true for each candidate as long as nothing of it depends on the file that
the candidates replace. That holds if the file has not been opened, by anybody and in any form (its
`.pyc` is such a form): then none of its code has run, and the fork loads the candidate as a fresh
process would. Where the tests allow it, one fork loads the unchanged file, and the candidates take
turns in it (`shared`). Where a conftest leads to the file, the session is begun only as far as the first
conftest; where a plugin does, each candidate gets a session of its own.
"""

import contextlib
import gc
import os
import select
import socket
import sys
import time
from typing import Any, Callable, Optional, Sequence, Set, Tuple

from . import guard, run_tests
from .confinement import Confinement
from .messages import Request
from .shared import Shared, TurnWatch
from .turns import Turns
from .watch import Children, StopAsked

Watched = Callable[[Any, Children], TurnWatch]

_STOPPED, _ENDED, _TOO_LATE = 0, 4, 5
_PATIENCE_S = 60.0
# Who has asked for the screening may give it up while its session begins.
_LOOKS_EVERY_S = 0.1
_BEGUN, _GO = b"!", b"g"


class _InFork(Exception):  # noqa: N818 -- no error
    """Leads out of the watch in the process that it has forked."""


class _Opened:
    """The files that this process opens until `stop`."""

    def __init__(self) -> None:
        self._paths: Set[str] = set()
        self._sources: Set[Tuple[str, str]] = set()
        self._listening = True
        sys.addaudithook(self._hear)

    def stop(self) -> None:
        self._listening = False
        self._sources = {_source(path) for path in self._paths}

    def has(self, path: str) -> bool:
        """Whether the file was opened, or what was compiled from it."""
        return _source(path) in self._sources

    def _hear(self, event: str, arguments: Tuple[Any, ...]) -> None:
        if self._listening and event == "open" and isinstance(arguments[0], (str, bytes)):
            self._paths.add(os.path.abspath(os.fsdecode(arguments[0])))


def _source(path: str) -> Tuple[str, str]:
    """The folder and the name up to the first dot, for a source and for what is compiled of it."""
    folder, name = os.path.split(os.path.realpath(path))
    if os.path.basename(folder) == "__pycache__":
        folder = os.path.dirname(folder)
    return folder, name.partition(".")[0]


def screen(
    request: Request,
    overlays: Sequence[run_tests.Contents],
    place: Confinement,
    server: Any,
    children: Children,
    watched: Watched,
) -> None:
    """Screen what the server sends, up to its end.

    Returns, with nothing taken from the server, where each candidate needs a session of its own.
    `watched` makes the watch over one candidate.

    Raises:
        StopAsked: the server asked for the end.
        EOFError: the server has gone, or the session ended where it should not.
    """
    for before_conftests in (False, True):

        def session(line: socket.socket, early: bool = before_conftests) -> None:
            turn_s = 0.0 if overlays else request.wall_s
            fork = _Fork(server, watched, place.tier, line, turn_s)
            run_tests.begin_session(request, overlays, place, fork, before_conftests=early)

        status = _in_fork(server, children, session)
        if status == _STOPPED:
            server.forget()
            raise StopAsked
        if status != _TOO_LATE:
            break
    if status not in (_TOO_LATE, None):
        raise EOFError


def _in_fork(
    server: Any, children: Children, session: Callable[[socket.socket], None]
) -> Optional[int]:
    """The exit status of a fork in which `session` ran; `None` if it did not begin."""
    line, theirs = socket.socketpair()
    parent_pid = os.getpid()
    pid = os.fork()
    if pid == 0:
        line.close()
        children.forget()
        guard.lead_own_session(parent_pid)
        guard.adopt_orphans()
        try:
            session(theirs)
        finally:
            os._exit(_ENDED)
    theirs.close()
    try:
        if not _begins(pid, line, server):
            return None
        with contextlib.suppress(OSError):  # it has ended
            line.sendall(_GO)
        return _end_of(pid, server, children)
    finally:
        line.close()
        guard.kill_descendants(pid)


def _begins(pid: int, line: socket.socket, server: Any) -> bool:
    """Whether the fork gets to where it takes the place at the line to the server.

    Until it is told to, it reads nothing there, so that this process can look for the end.

    Raises:
        StopAsked: the server asked for it.
        EOFError: the server has gone.
    """
    deadline_s = time.monotonic() + _PATIENCE_S
    line.settimeout(_LOOKS_EVERY_S)
    while time.monotonic() < deadline_s:
        if server.will_stop():
            raise StopAsked
        try:
            return line.recv(1) == _BEGUN
        except socket.timeout:
            # What it has forked may have the line, too.
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return False
    return False


def _end_of(pid: int, server: Any, children: Children) -> int:
    """The exit status of the fork, -1 if it was killed."""
    poll = select.poll()
    poll.register(children.read_fd, select.POLLIN)
    poll.register(server.fileno(), 0)  # only its end is of interest here
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended == pid:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
        ready = dict(poll.poll())
        if children.read_fd in ready:
            os.read(children.read_fd, 512)
        elif server.fileno() in ready:
            raise EOFError


class _Fork:
    """What the begun session calls: returns in each of its forks, with the candidate to judge."""

    def __init__(
        self, server: Any, watched: Watched, tier: str, line: socket.socket, turn_s: float
    ) -> None:
        """Candidates take turns of `turn_s` where they can; never, if that is zero."""
        self._server = server
        self._watched = watched
        self._tier = tier
        self._line = line
        self._turn_s = turn_s
        self._opened = _Opened()
        self._frames_fd = -1
        self._turns: Optional[Turns] = None
        self._unchanged = run_tests.Contents("", b"")

    def __call__(self) -> run_tests.Forked:
        gc.collect()
        gc.freeze()
        self._opened.stop()
        self._line.sendall(_BEGUN)
        if self._line.recv(1) != _GO:
            os._exit(_ENDED)
        self._line.close()
        children = Children()
        try:
            if self._opened.has(self._server.next_path()):
                os._exit(_TOO_LATE)
            shared = Shared(
                self._server, children, lambda: self._watched(self._server, children),
                self._leave_for_turns, self._turn_s, self._tier,
            )  # fmt: skip
            while True:
                candidate = self._server.contents()
                if self._opened.has(candidate.path):
                    os._exit(_ENDED)
                try:
                    if self._turn_s and shared.judges(candidate):
                        continue
                    watch = self._watched(self._server, children)
                    watch.run(self._leave, printing=False)
                except _InFork:
                    if self._turns is not None:
                        return run_tests.Forked(self._frames_fd, "", self._unchanged, self._turns)
                    return run_tests.Forked(self._frames_fd, watch.token, candidate)
                watch.report(self._tier)
        except StopAsked:
            os._exit(_STOPPED)

    def _leave(self, frames_fd: int) -> None:
        self._frames_fd = frames_fd
        raise _InFork

    def _leave_for_turns(self, frames_fd: int, turns: Turns, unchanged: run_tests.Contents) -> None:
        self._turns, self._unchanged = turns, unchanged
        self._leave(frames_fd)
