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

import gc
import os
import select
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

        def session(begun_fd: int, early: bool = before_conftests) -> None:
            turn_s = 0.0 if early or overlays else request.wall_s
            fork = _Fork(server, watched, place.tier, begun_fd, turn_s)
            run_tests.begin_session(request, overlays, place, fork, before_conftests=early)

        status = _in_fork(server, children, session)
        if status == _STOPPED:
            server.forget()
            raise StopAsked
        if status != _TOO_LATE:
            break
    if status not in (_TOO_LATE, None):
        raise EOFError


def _in_fork(server: Any, children: Children, session: Callable[[int], None]) -> Optional[int]:
    """The exit status of a fork in which `session` ran; `None` if it did not begin."""
    begun_fd, told_fd = os.pipe()
    parent_pid = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(begun_fd)
        children.forget()
        guard.lead_own_session(parent_pid)
        guard.adopt_orphans()
        try:
            session(told_fd)
        finally:
            os._exit(_ENDED)
    os.close(told_fd)
    try:
        return _wait(pid, begun_fd, server, children)
    finally:
        os.close(begun_fd)
        guard.kill_descendants(pid)


def _wait(pid: int, begun_fd: int, server: Any, children: Children) -> Optional[int]:
    poll = select.poll()
    poll.register(begun_fd, select.POLLIN)
    poll.register(children.read_fd, select.POLLIN)
    poll.register(server.fileno(), 0)  # only its end is of interest here
    begun = False
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        left_ms = None if begun else (deadline_s - time.monotonic()) * 1000
        ready = dict(poll.poll(left_ms))
        if not ready:
            return None
        if begun_fd in ready:
            begun = begun or bool(os.read(begun_fd, 1))
            poll.unregister(begun_fd)
        if children.read_fd in ready:
            os.read(children.read_fd, 512)
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended == pid:
                code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
                return code if begun else None
        elif server.fileno() in ready:
            raise EOFError


class _Fork:
    """What the begun session calls: returns in each of its forks, with the candidate to judge."""

    def __init__(
        self, server: Any, watched: Watched, tier: str, begun_fd: int, turn_s: float
    ) -> None:
        """Candidates take turns of `turn_s` where they can; never, if that is zero."""
        self._server = server
        self._watched = watched
        self._tier = tier
        self._begun_fd = begun_fd
        self._turn_s = turn_s
        self._opened = _Opened()
        self._frames_fd = -1
        self._turns: Optional[Turns] = None
        self._unchanged = run_tests.Contents("", b"")

    def __call__(self) -> run_tests.Forked:
        gc.collect()
        gc.freeze()
        self._opened.stop()
        os.write(self._begun_fd, b"!")
        os.close(self._begun_fd)
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
