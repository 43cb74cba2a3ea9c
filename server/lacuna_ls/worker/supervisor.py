"""The process that stands between the server and the tests: it forks for each run, and ends it.

It never runs user code itself. It imports pytest and what is installed ahead of the runs (`ahead`)
and forks for each, so that a run finds them loaded; the user's own modules are imported only in
the forks. It serves one request after the other until the server closes the line.
"""

import contextlib
import copy
import gc
import os
import select
import shutil
import socket
import time
from typing import Any, Callable, List, Optional

from . import ahead, confinement, guard, prefork, run_tests
from .begun import Begun, worth_beginning
from .messages import (
    CONTENTS,
    SUPERVISOR,
    WAITING_FACTOR,
    Changed,
    FileContents,
    FrameBuffer,
    Prepare,
    Prepared,
    Ready,
    Request,
    Stop,
    Stopped,
    decode,
    encode,
    frame,
)
from .shared import TurnWatch
from .spare import Spares
from .watch import Children, StopAsked, Watch, raised

# Whoever goes on saving needs the machine for the runs themselves; and so does what follows a red
# run, of which the first sign is a run that nobody waits for.
_PAUSE_S = 0.1
_AFTER_BACKGROUND_S = 2.0
# Of the frames of one candidate.
_MAX_CANDIDATE_BYTES = 16 << 20
# More than a socket holds.
_MOST_PEEKED_BYTES = 1 << 20


def main(fd: int) -> None:
    server = _Server(raised(fd))
    _leave_output()
    guard.adopt_orphans()
    children = Children()
    sessions, spares = _Sessions(server, children), Spares(server, children)
    try:
        _serve(server, children, sessions, spares)
    except (EOFError, ConnectionError):
        sessions.drop()
        spares.drop()
        server.clear_up()
        os._exit(0)


def _serve(server: "_Server", children: Children, sessions: "_Sessions", spares: Spares) -> None:
    world: Optional[ahead.World] = None
    pause_s = _PAUSE_S
    while True:
        keeper = spares if spares.used else sessions
        if keeper.wanted and not server.speaks_within(pause_s):
            keeper.begin()
        message = server.message()
        if isinstance(message, Prepare):
            sessions.drop()
            server.send(encode(_prepared(message, spares)))
            if world is None:
                world = ahead.World(message.root)
            else:
                world.extend()
            # What is loaded now is never collected, and not copied to be looked at in each fork.
            gc.collect()
            gc.freeze()
        elif isinstance(message, Stop):
            server.clear_up()
            server.send(encode(Stopped()))
        elif world is None or world.changed():
            server.send(encode(Changed()))
        else:
            server.begin(message)
            pause_s = _PAUSE_S if worth_beginning(message) else _AFTER_BACKGROUND_S
            try:
                if spares.used:
                    spares.run(_limited(message))
                else:
                    _run(message, server, children, sessions)
            except StopAsked:
                server.clear_up()
                server.send(encode(Stopped()))


def _prepared(message: Prepare, spares: Spares) -> Prepared:
    if message.spare:
        return Prepared(spares.prepare(message))
    spoilt_by = ahead.prepare(message.root, message.modules, message.avoid)
    run_tests.load()
    return Prepared(spoilt_by, bool(spoilt_by) and not ahead.forks_safely())


class _Sessions:
    """The session that is begun for the run that is expected: another one like the last."""

    def __init__(self, server: "_Server", children: Children) -> None:
        self._server = server
        self._children = children
        self._expected: Optional[Request] = None
        self._begun: Optional[Begun] = None

    @property
    def wanted(self) -> bool:
        return self._expected is not None and self._begun is None

    def begin(self) -> None:
        assert self._expected is not None
        self._begun = Begun(self._expected, self._server, self._children)

    def taken(self, request: Request) -> Optional[Begun]:
        """One that goes on as this run; raises as `Begun.goes`."""
        if not worth_beginning(request):
            return None
        self._expected = request
        begun = self._begun
        if begun is None:
            return None
        if not begun.fits(request):
            self.drop()
            return None
        self._begun = None
        return begun if begun.goes(request) else None

    def drop(self) -> None:
        if self._begun is not None:
            self._begun.drop()
            self._begun = None


def _run(request: Request, server: "_Server", children: Children, sessions: "_Sessions") -> None:
    request = _limited(request)
    begun = sessions.taken(request)
    if begun is not None:
        begun.see_to_its_end()
        return
    overlays = [server.contents() for _ in range(request.overlays)]
    place = confinement.UNCONFINED
    if overlays or request.screening:
        place = confinement.prepare(request.root, request.scratch, request.memory_bytes)
    try:
        _fork(request, overlays, place, server, children)
    finally:
        place.close()


def _limited(request: Request) -> Request:
    return request._replace(threads=guard.thread_limit(request.threads))


def _fork(
    request: Request,
    overlays: List[run_tests.Contents],
    place: confinement.Confinement,
    server: "_Server",
    children: Children,
) -> None:
    if not request.screening:
        watch = Watch(server, children, request.wall_s, nonce=request.nonce)
        own = request._replace(nonce=watch.token)
        watch.run(lambda fd: _work(own)(own, overlays, place, fd))
        watch.report(place.tier)
        return
    wall_s = WAITING_FACTOR * (request.wall_s + request.collecting_s)

    def watched(server: Any, children: Children) -> TurnWatch:
        return TurnWatch(
            server, children, wall_s, request.wall_s, request.collecting_s,
            nonce=request.nonce, max_bytes=_MAX_CANDIDATE_BYTES,
        )  # fmt: skip

    prefork.screen(request, overlays, place, server, children, watched)
    while True:
        candidate = [*overlays, server.contents()]
        watch = watched(server, children)
        own = request._replace(nonce=watch.token)
        watch.run(lambda fd, own=own, seen=candidate: run_tests.screen(own, seen, place, fd))  # type: ignore[misc]
        watch.report(place.tier)


def _work(request: Request) -> Callable[..., None]:
    if not request.observe:
        return run_tests.run
    # In the fork: few runs need it, and what it imports is there with pytest.
    from . import observe

    return observe.observe


def _leave_output() -> None:
    """Nobody reads what this process itself prints; each run is given a pipe of its own."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(sink)


class _Server:
    """The socket to the server; its end is the end of this process and of everything below it."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._buffer = FrameBuffer()
        self._kept: List[Any] = []
        self._scratch = ""

    def fileno(self) -> int:
        return self._socket.fileno()

    def clear_up(self) -> None:
        """The server has gone, and may not have come to it."""
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def begin(self, request: Request) -> None:
        self._scratch = request.scratch
        self.send(encode(Ready()))

    def send(self, payload: bytes) -> None:
        self.send_frames(frame(SUPERVISOR, payload))

    def send_frames(self, frames: bytes) -> None:
        self._socket.sendall(frames)

    def speaks_within(self, seconds: float) -> bool:
        """Whether something is there to be read, or will be before that time is over."""
        if self._kept or self._buffer:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def message(self) -> Any:
        """The next message of its own kind, waited for.

        Raises:
            EOFError: the server is gone.
        """
        channel, payload = self._frame()
        assert channel == SUPERVISOR
        return decode(payload)

    def forget(self) -> None:
        """Drop what came for a fork of this process that has answered for it."""
        self._buffer = FrameBuffer()
        self._kept.clear()

    def next_path(self) -> str:
        """The path of the next file, waited for and not taken; empty if no file comes."""
        while True:
            peeked = copy.deepcopy(self._buffer)
            taken = self._kept[0] if self._kept else peeked.take()
            if taken is None:
                peeked.feed(self._received(socket.MSG_PEEK))
                taken = peeked.take()
            if taken is not None:
                message = decode(taken[1])
                return message.path if isinstance(message, FileContents) else ""
            time.sleep(0.001)  # the rest of the frame is on its way

    def will_stop(self) -> bool:
        """Whether the server has asked for the end by now; then all that came before is dropped.

        Else nothing is taken, and what has not come yet is not waited for. What a socket does not
        hold is not seen.

        Raises:
            EOFError: the server is gone.
        """
        peeked = copy.deepcopy(self._buffer)
        with contextlib.suppress(BlockingIOError):
            peeked.feed(self._received(socket.MSG_PEEK | socket.MSG_DONTWAIT, _MOST_PEEKED_BYTES))
        while (taken := peeked.take()) is not None:
            if taken[0] == SUPERVISOR and isinstance(decode(taken[1]), Stop):
                while not self.asks_to_stop():
                    self.receive()
                return True
        return False

    def contents(self) -> run_tests.Contents:
        """The next file, waited for.

        Raises:
            StopAsked: the server asked for the end instead.
        """
        message = self.message()
        if isinstance(message, Stop):
            raise StopAsked
        assert isinstance(message, FileContents)
        parts: List[bytes] = []
        left = message.size
        while left:
            channel, part = self._frame()
            assert channel == CONTENTS
            parts.append(part)
            left -= len(part)
        return run_tests.Contents(message.path, b"".join(parts))

    def asks_to_stop(self) -> bool:
        """See `watch.Server`. Contents that came for later are kept."""
        while True:
            taken = self._buffer.take()
            if taken is None:
                return False
            if taken[0] == SUPERVISOR and isinstance(decode(taken[1]), Stop):
                self._kept.clear()
                return True
            self._kept.append(taken)

    def _frame(self) -> Any:
        if self._kept:
            return self._kept.pop(0)
        while True:
            taken = self._buffer.take()
            if taken is not None:
                return taken
            self.receive()

    def receive(self) -> None:
        """See `watch.Server`."""
        self._buffer.feed(self._received())

    def _received(self, flags: int = 0, size: int = 1 << 16) -> bytes:
        data = self._socket.recv(size, flags)
        if not data:
            raise EOFError
        return data
