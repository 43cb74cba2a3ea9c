"""Spare processes, where a fork is not safe: started anew, prepared, and used for one run each.

A plugin that starts a thread when it is imported leaves a process that must not fork: the thread
would be missing in the fork, and its locks held for ever. Then the supervisor imports nothing
itself; a process of its own does, waits for a run, and is replaced by the next one when that is
over.
"""

import gc
import os
import select
import socket
import sys
import time
from typing import Any, Optional

from . import ahead, guard, run_tests, whereabouts
from .confinement import UNCONFINED
from .messages import (
    SUPERVISOR,
    FrameBuffer,
    Prepare,
    Prepared,
    Ready,
    Request,
    decode,
    encode,
    frame,
)
from .watch import Children, StopAsked, Watch, raised

_MAIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py")
_PREPARING_S = 60.0


class Spares:
    """The supervisor's side: at most one of them waits."""

    def __init__(self, server: Any, children: Children) -> None:
        self._server = server
        self._children = children
        self._prepare: Optional[Prepare] = None
        self._waiting: Optional[_Spare] = None

    @property
    def used(self) -> bool:
        """Whether runs are to be given to `run`."""
        return self._prepare is not None

    @property
    def wanted(self) -> bool:
        return self.used and self._waiting is None

    def prepare(self, message: Prepare) -> str:
        """Have the next ones import what `message` says; as `ahead.prepare`."""
        self.drop()
        self._prepare = message
        self.begin()
        assert self._waiting is not None
        word = self._waiting.word()
        spoilt_by = word.spoilt_by if isinstance(word, Prepared) else "pytest"
        if spoilt_by:
            self.drop()
        return spoilt_by

    def begin(self) -> None:
        """Start one."""
        assert self._prepare is not None
        self._waiting = _Spare(self._prepare, self._server, self._children)

    def run(self, request: Request) -> None:
        """Run the user's own tests. Raises as `Watch.follow`."""
        for _ in range(2):
            # One whose packages have changed since it was prepared is of no use.
            if self._waiting is None:
                self.begin()
            spare, self._waiting = self._waiting, None
            assert spare is not None
            if spare.takes(request):
                spare.see_to_its_end()
                return
        raise EOFError

    def drop(self) -> None:
        if self._waiting is not None:
            self._waiting.drop()
            self._waiting = None


class _Spare:
    """One process, from its start until it runs or is dropped."""

    def __init__(self, prepare: Prepare, server: Any, children: Children) -> None:
        self._server = server
        self._children = children
        line, theirs = socket.socketpair()
        self._line = _Line(line)
        self._prepared: Any = None
        self._watch = Watch(server, children, _PREPARING_S)

        def start(fd: int) -> None:
            kept = (fd, theirs.fileno(), self._watch.told_fd)
            for each in kept:
                os.set_inheritable(each, True)
            os.execv(sys.executable, [sys.executable, _MAIN, "spare", *map(str, kept)])

        self._watch.start(start)
        theirs.close()
        guard.spare(self._watch.pid)
        children.hold(self._line.fileno())
        self._line.send(prepare)

    def word(self) -> Any:
        """What it says next; `None` if it has ended or takes too long.

        Raises:
            StopAsked: the server wants no more of the run that it is for.
            EOFError: the server has gone.
        """
        poll = select.poll()
        for fd in (self._line.fileno(), self._server.fileno(), self._watch.output_fd):
            poll.register(fd, select.POLLIN)
        deadline_s = time.monotonic() + _PREPARING_S
        while not self._server.asks_to_stop():
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return None
            ready = dict(poll.poll(left_s * 1000))
            if self._line.fileno() in ready:
                return self._line.message()
            if self._server.fileno() in ready:
                self._server.receive()
            if self._watch.output_fd in ready:
                self._watch.print_on()
        raise StopAsked

    def takes(self, request: Request) -> bool:
        """Give it the run; if it cannot take that, it is dropped. Raises as `word`."""
        try:
            self._line.send(request._replace(nonce=self._watch.token))
            taken = self.word()
            while isinstance(taken, Prepared):
                taken = self.word()
        except OSError:
            taken = None
        except (StopAsked, EOFError):
            self.drop()
            raise
        if not isinstance(taken, Ready):
            self.drop()
            return False
        guard.unspare(self._watch.pid)
        self._close_line()
        self._watch.goes_on(request.nonce, request.wall_s)
        return True

    def see_to_its_end(self) -> None:
        """Relay the run. Raises as `Watch.follow`."""
        self._watch.follow()
        self._watch.report(UNCONFINED.tier)

    def drop(self) -> None:
        guard.unspare(self._watch.pid)
        self._close_line()
        self._watch.drop()

    def _close_line(self) -> None:
        self._children.release(self._line.fileno())
        self._line.close()


def main(frames_fd: int, line_fd: int, told_fd: int) -> None:
    """In the spare process itself."""
    for fd in (frames_fd, line_fd, told_fd):
        os.set_inheritable(fd, False)
    whereabouts.tell_on_signal(told_fd)
    line = _Line(socket.socket(fileno=line_fd))
    prepare = line.message()
    if prepare is None:
        os._exit(0)
    spoilt_by = ahead.prepare(prepare.root, prepare.modules, prepare.avoid, forks=False)
    run_tests.load()
    world = ahead.World(prepare.root)
    gc.collect()
    gc.freeze()
    line.send(Prepared(spoilt_by))
    request = line.message()
    if request is None or world.changed():
        os._exit(0)
    line.send(Ready())
    line.close()
    run_tests.run(request, [], UNCONFINED, frames_fd)
    sys.exit(0)


class _Line:
    """Messages between the supervisor and one spare process."""

    def __init__(self, line: socket.socket) -> None:
        self._socket = socket.socket(fileno=raised(line.detach()))
        self._buffer = FrameBuffer()

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Any) -> None:
        self._socket.sendall(frame(SUPERVISOR, encode(message)))

    def message(self) -> Any:
        """The next one, waited for; `None` if the other side has gone."""
        while True:
            taken = self._buffer.take()
            if taken is not None:
                return decode(taken[1])
            try:
                data = self._socket.recv(1 << 16)
            except OSError:
                return None
            if not data:
                return None
            self._buffer.feed(data)

    def close(self) -> None:
        self._socket.close()
