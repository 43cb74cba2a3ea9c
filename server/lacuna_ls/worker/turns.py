"""Candidates that take turns in one process, which has collected the tests once.

To collect costs many times what a small test does. So each candidate is swapped into a process that
has done that (`swap`), the tests run up to the first red one, and the next has its turn.

Where nothing of a candidate stays behind, they run in that process itself: where the workspace makes
no fixture that the tests ask for and all that its modules hold can be looked at (`kept`); once any of
it has changed, the process ends and another takes over. As some things cannot be seen, the unchanged
code is run time and again and has to fail as it did at first. Elsewhere each candidate runs in a fork
of the process. Whoever passes is confirmed in a fresh process in any case.
"""

import contextlib
import gc
import json
import os
import random
import resource
import signal
import struct
import threading
import time
from typing import Any, Callable, Iterator, List, NamedTuple, Optional

from . import plain
from .guard import limit_processor_time
from .kept import Kept
from .swap import Loaded

# To begin with: turns are taken in the process, or in forks of it.
READY, FORKS = b"r", b"f"
# Of a turn; the last one is the end of a fork.
TAKEN, REFUSED, TOO_LONG, OVER = b"y", b"n", b"t", b"o"
_HEADER = struct.Struct(">32sI")
_BETWEEN_CHECKS = 20
_AGAIN_S = 0.05
# Where a test failed that was cut off.
_NOWHERE = "somewhere"
# How a fork ends in which a test took too long.
_LATE = 3
# Where a test may take as long, and where it takes as long, what is around it is little.
_LONG_S = 1.0
_SMALL_S = 0.05
# Of processor time, for what a turn does beside the test.
_FORK_S = 1.0


class Turn(NamedTuple):
    """A candidate's contents; `token` goes into its completion record."""

    token: str
    data: bytes


def packed(turn: Turn) -> bytes:
    return _HEADER.pack(turn.token.encode("ascii"), len(turn.data)) + turn.data


class _Tried(NamedTuple):
    """What was seen of the unchanged code's failing tests.

    They fail in this `place`, always for all that is known; what is kept is as it was if it
    `keeps`; they can be called without pytest's protocol if they are `plain`.
    """

    keeps: bool = False
    plain: bool = False
    place: str = ""


# Runs the tests up to the first red one; where that failed, `None` if there is none.
_Judge = Callable[[Any], Optional[str]]


class _TooLong(BaseException):
    """Raised in a test whose processor time is over."""


class Turns:
    """The process's side: turns come from `turns_fd`, `answer_fd` says of each what becomes of it."""

    def __init__(
        self,
        path: str,
        data: bytes,
        busy_s: float,
        turns_fd: int,
        answer_fd: int,
        *,
        always_fork: bool,
    ) -> None:
        """`data` is what is loaded from `path`; each test has `busy_s` of processor time."""
        self._path = path
        self._data = data
        self._busy_s = busy_s
        self._turns_fd = turns_fd
        self._answer_fd = answer_fd
        self._always_fork = always_fork
        self._late = False
        self._cut_off: Callable[[], None] = lambda: None

    def serve(
        self,
        session: Any,
        root: str,
        reporter: Any,
        begun: Callable[[str], None],
        done: Callable[[], None],
        cut_off: Callable[[], None],
    ) -> None:
        """Take turns up to the end of them, and end the process.

        `reporter` is the `pytest_plugin.Reporter` of the session. `begun` is told the token of a
        turn before its tests run, `done` is called after, or `cut_off` once they take too long. What
        the tests say at any other time is for nobody.
        """
        from . import pytest_plugin

        self._cut_off = cut_off
        self._root, self._reporter = root, reporter
        self._failures = _Failures(root)
        try:
            loaded = Loaded(self._path, self._data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return self._leave()
        kept = Kept(root, session.items)
        signal.signal(signal.SIGPROF, self._raise)
        # What stops a session stops it for good.
        session.config.option.maxfail = 0
        session.config.pluginmanager.register(self._failures)
        session.config.pluginmanager.register(pytest_plugin.Timed(self._timed))
        before = None if self._always_fork else kept.seen()
        if not all(_asks_for_little(item, root) for item in session.items):
            before = None
        tried = _Tried()
        if before is not None or self._busy_s < _LONG_S:
            tried = self._tried_out(session, kept)
        judge = self._plain_outcome if tried.plain else self._outcome
        if before is not None and tried.keeps and kept.seen() == before:
            self._in_here(session, loaded, kept, judge, tried.place, begun, done)
        elif threading.active_count() == 1:
            self._in_forks(session, loaded, judge, begun, done)
        return self._leave()

    def _tried_out(self, session: Any, kept: Kept) -> "_Tried":
        """How the unchanged code fails, in a fork."""
        read_fd, write_fd = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(read_fd)
                tried = self._try_out(session, kept)
                os.write(write_fd, json.dumps(tried).encode("ascii"))
            finally:
                os._exit(0)
        os.close(write_fd)
        with open(read_fd, "rb") as answer:
            said = answer.read()
        os.waitpid(pid, 0)
        return _Tried(*json.loads(said)) if said else _Tried()

    def _try_out(self, session: Any, kept: Kept) -> "_Tried":
        before, started_s = kept.seen(), time.process_time()
        place = self._outcome(session)
        took_s = time.process_time() - started_s
        if place is None or threading.active_count() > 1:
            return _Tried()
        same = False
        if took_s < _SMALL_S and plain.can_be_called(session, self._root):
            with contextlib.suppress(AttributeError):  # a pytest that sets tests up in another way
                same = self._plain_outcome(session) == place
        keeps = before is not None and kept.seen() == before and threading.active_count() == 1
        return _Tried(keeps, same, place)

    def _in_here(
        self,
        session: Any,
        loaded: Loaded,
        kept: Kept,
        judge: "_Judge",
        place: str,
        begun: Callable[[str], None],
        done: Callable[[], None],
    ) -> None:
        """The unchanged code fails in this `place`, time and again."""
        before = kept.seen()
        since_check = 0
        self._answer(READY)
        while True:
            turn = self._next()
            if turn is None:
                return
            if not loaded.swap(turn.data):
                self._answer(REFUSED)
                continue
            self._answer(TAKEN)
            begun(turn.token)
            judge(session)
            if self._late:
                self._answer(TOO_LONG)
            else:
                done()
            loaded.restore()
            since_check += 1
            if threading.active_count() > 1 or kept.seen() != before or self._is_spent():
                return
            if since_check >= _BETWEEN_CHECKS:
                since_check = 0
                if judge(session) != place:
                    return

    def _in_forks(
        self,
        session: Any,
        loaded: Loaded,
        judge: "_Judge",
        begun: Callable[[str], None],
        done: Callable[[], None],
    ) -> None:
        # What is there now is never collected, and not copied to be looked at in each fork.
        gc.collect()
        gc.freeze()
        self._answer(FORKS)
        while True:
            turn = self._next()
            if turn is None:
                return
            if not loaded.swap(turn.data):
                self._answer(REFUSED)
                continue
            self._answer(TAKEN)
            pid = os.fork()
            if pid == 0:
                self._one(session, judge, turn.token, begun, done)
            loaded.restore()
            status = os.waitpid(pid, 0)[1]
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            late = os.WIFEXITED(status) and os.WEXITSTATUS(status) == _LATE
            late = late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)
            self._answer(TOO_LONG if late else OVER)

    def _one(
        self,
        session: Any,
        judge: "_Judge",
        token: str,
        begun: Callable[[str], None],
        done: Callable[[], None],
    ) -> None:
        """One turn in this process, which is a fork and ends here."""
        try:
            os.close(self._turns_fd)
            os.close(self._answer_fd)
            os.setpgid(0, 0)
            limit_processor_time(self._busy_s * len(session.items) + _FORK_S)
            begun(token)
            judge(session)
            if not self._late:
                done()
        finally:
            os._exit(_LATE if self._late else 0)

    def _leave(self) -> None:
        os._exit(0)

    def _timed(self, begins: bool) -> None:
        """The test function is called, or has ended."""
        signal.setitimer(signal.ITIMER_PROF, *((self._busy_s, _AGAIN_S) if begins else (0.0,)))

    def _raise(self, *_: Any) -> None:
        if not self._late:
            self._late = True
            self._cut_off()
        raise _TooLong("its time is over")

    def _is_spent(self) -> bool:
        """Its processor time may not last for the next."""
        limit = resource.getrlimit(resource.RLIMIT_CPU)[0]
        return limit != resource.RLIM_INFINITY and time.process_time() > limit / 2

    def _answer(self, word: bytes) -> None:
        os.write(self._answer_fd, word)

    def _next(self) -> Optional[Turn]:
        header = self._read(_HEADER.size)
        if header is None:
            return None
        token, size = _HEADER.unpack(header)
        data = self._read(size)
        return None if data is None else Turn(token.decode("ascii"), data)

    def _read(self, size: int) -> Optional[bytes]:
        parts: List[bytes] = []
        while size:
            part = os.read(self._turns_fd, min(size, 1 << 16))
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _plain_outcome(self, session: Any) -> Optional[str]:
        """As `_outcome`, by calling the tests."""
        with self._as_before():
            failed = plain.first_failure(
                session, self._timed, self._reporter.begins, self._reporter.ended
            )
        if self._late:
            return _NOWHERE
        return None if failed is None else plain.place_of(*failed, self._root)

    def _outcome(self, session: Any) -> Optional[str]:
        """Run the tests up to the first red one: where it failed, `None` if there is none."""
        self._failures.forget()
        with self._as_before():
            self._run(session)
        return _NOWHERE if self._late else self._failures.place

    def _run(self, session: Any) -> None:
        for number, item in enumerate(session.items):
            following = session.items[number + 1 : number + 2]
            item.config.hook.pytest_runtest_protocol(
                item=item, nextitem=following[0] if following else None
            )
            if self._failures.place is not None:
                session._setupstate.teardown_exact(None)
                return

    @contextlib.contextmanager
    def _as_before(self) -> Iterator[None]:
        """What is left is the state of the process that there was, as far as tests often change it."""
        folder, state = os.getcwd(), random.getstate()
        environment = dict(os.environ)
        self._late = False
        yield
        random.setstate(state)
        os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)


class _Failures:
    """A plugin that knows where the first test that failed did."""

    def __init__(self, root: str) -> None:
        self._root = root
        self.place: Optional[str] = None
        self._exactly = False

    def forget(self) -> None:
        self.place, self._exactly = None, False

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and self.place is None:
            self.place = str(report.longrepr)

    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        # After the report.
        if not self._exactly:
            self.place = plain.place_of(node.nodeid, call.excinfo.value, self._root)
            self._exactly = True


def _asks_for_little(item: Any, root: str) -> bool:
    """A plain test function, with no fixture that the workspace makes."""
    if type(item).__name__ != "Function":
        return False
    given = getattr(getattr(item, "callspec", None), "params", {})
    made = item._fixtureinfo.name2fixturedefs
    inside = os.path.realpath(root) + os.sep
    for name in set(item.fixturenames) - {"request"} - set(given):
        for fixture in made.get(name, ()):
            file = os.path.realpath(fixture.func.__code__.co_filename)
            if file.startswith(inside) and os.sep + "site-packages" + os.sep not in file:
                return False
    return True
