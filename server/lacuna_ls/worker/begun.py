"""A session that waits for the run it was begun for (`waiting`), and the supervisor's hold on it.

It serves one run, as a process of its own does, and has only been started earlier. It is not used
if anything that it has read is another by then.
"""

import gc
import json
import os
import select
import shutil
import socket
import tempfile
import time
from typing import Any

from . import guard, run_tests
from .confinement import UNCONFINED
from .messages import Request
from .waiting import Waiting
from .watch import Children, StopAsked, Watch, raised

_GO, _YES = b"g", b"y"
_MOST_S = 30.0


def worth_beginning(request: Request) -> bool:
    """Whether somebody waits for such runs, and nothing in them is not the user's."""
    return not (
        request.overlays
        or request.screening
        or request.facts
        or request.trace
        or request.niceness
        or request.observe
    )


class Begun:
    """One session, from its begin until it runs or is dropped."""

    def __init__(self, request: Request, server: Any, children: Children) -> None:
        self._request = request
        self._server = server
        self._children = children
        self._scratch = tempfile.mkdtemp(prefix="lacuna-run-")
        line, theirs = socket.socketpair()
        self._line = socket.socket(fileno=raised(line.detach()))
        self._watch = Watch(server, children, request.wall_s)
        parent_pid = os.getpid()

        def session(fd: int) -> None:
            assert os.getppid() == parent_pid
            self._line.close()
            own = request._replace(scratch=self._scratch, nonce=self._watch.token)
            run_tests.run_later(own, fd, _Line(socket.socket(fileno=raised(theirs.detach()))))

        self._watch.start(session)
        theirs.close()
        guard.spare(self._watch.pid)
        children.hold(self._line.fileno())

    def fits(self, request: Request) -> bool:
        """Whether it was begun for a run like this."""
        return _alike(request) == _alike(self._request)

    def goes(self, request: Request) -> bool:
        """Let it run, if it still can; else it is dropped.

        Raises:
            StopAsked: the server wants the run no more.
            EOFError: the server has gone.
        """
        # Whatever happens from here on, it is of this run.
        try:
            self._line.sendall(_GO)
            going = self._answer() == _YES
            if going:
                self._line.sendall(_told(request))
        except (OSError, StopAsked, EOFError) as error:
            self.drop()
            if isinstance(error, OSError):
                return False
            raise
        if not going:
            self.drop()
            return False
        guard.unspare(self._watch.pid)
        self._close_line()
        self._watch.goes_on(request.nonce, request.wall_s)
        return True

    def see_to_its_end(self) -> None:
        """Relay the run that goes on. Raises as `Watch.follow`."""
        try:
            self._watch.follow()
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._watch.report(UNCONFINED.tier)

    def drop(self) -> None:
        """End it."""
        guard.unspare(self._watch.pid)
        self._close_line()
        self._watch.drop()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _answer(self) -> bytes:
        """Its word, waited for as long as it may take to get to where it can give it."""
        poll = select.poll()
        for fd in (self._line.fileno(), self._server.fileno(), self._watch.output_fd):
            poll.register(fd, select.POLLIN)
        deadline_s = time.monotonic() + _MOST_S
        while not self._server.asks_to_stop():
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return b""
            ready = dict(poll.poll(left_s * 1000))
            if self._line.fileno() in ready:
                return self._line.recv(1)
            if self._server.fileno() in ready:
                self._server.receive()
            if self._watch.output_fd in ready:
                self._watch.print_on()  # what fills the pipe gets no further
        raise StopAsked

    def _close_line(self) -> None:
        if self._line.fileno() >= 0:
            self._children.release(self._line.fileno())
            self._line.close()


def _alike(request: Request) -> Request:
    """What a session is begun for; the rest it is told when it is asked to go on."""
    return request._replace(nonce="", scratch="", threads=0, only=())


def _told(request: Request) -> bytes:
    return json.dumps([request.threads, request.only]).encode("ascii")


class _Line:
    """The session's end: where it waits for the word."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def __call__(self, waiting: Waiting) -> run_tests.Later:
        """What it is told of its run, when the word has come; else this does not return."""
        gc.collect()
        gc.freeze()
        if not self._line.recv(1) or not waiting.current():
            os._exit(1)
        self._line.sendall(_YES)
        told = bytearray()
        while part := self._line.recv(1 << 16):
            told += part
        self._line.close()
        try:
            threads, only = json.loads(told)
        except ValueError:
            os._exit(1)  # who has asked for the run has gone
        return run_tests.Later(threads, only)
