"""What the forked test process does: limits, contents in place of files, then the test framework.

The verdict is that of `python -m pytest TARGETS` in the root, or of `python -m unittest` where the
interpreter has no pytest. Added to pytest's configuration are its cache folder, as results of runs
that the user did not start must not change what `--last-failed` does in the terminal, and how it
prints failures.
"""

import importlib
import os
import sys
import time
import types
from typing import Any, Callable, List, NamedTuple, Optional, Sequence

from . import ahead, guard
from .confinement import Confinement
from .messages import TESTS, Broken, Done, Loaded, Request, Unseen, encode, frame, write_all
from .turns import Turns
from .waiting import Waiting

# Whatever somebody waits for goes first: the editor, and the runs that judge a survivor.
_CANDIDATES_NICENESS = 15
_UP_TO_THE_FIRST_RED = ("--exitfirst", "--tb=line")
_OLDEST_PYTEST = 7


class Contents(NamedTuple):
    """`data` stands in place of the file at `path`."""

    path: str
    data: bytes


class Forked(NamedTuple):
    """What a fork of a begun session is for: a candidate, or `turns` of many.

    `fd` takes its frames, and `token` goes into the completion record.
    """

    fd: int
    token: str
    candidate: Contents
    turns: Optional[Turns] = None


class Later(NamedTuple):
    """What a run that was begun ahead is told of itself: see `Request`."""

    threads: int
    only: Sequence[str]


class Session(NamedTuple):
    """How a run is not that of the terminal.

    `up_to_the_first_red` also ends the process with the last test. `begin` is called before any
    test is loaded, `before_conftests` even before pytest loads what is the user's. `learner` is
    told where the run has got to. `collected` is called before the first test runs, with pytest's
    session and our reporter. `only` names the tests that are not left
    out, if any; it is asked when they have been collected.
    """

    up_to_the_first_red: bool = False
    begin: Optional[Callable[[], None]] = None
    before_conftests: bool = False
    learner: Optional[ahead.Learner] = None
    collected: Optional[Callable[[Any, Any], None]] = None
    only: Optional[Callable[[], Sequence[str]]] = None


class Channel:
    """Frames from the process that was forked to run tests, and from no fork of it."""

    def __init__(self, fd: int = -1, before: Callable[[], None] = lambda: None) -> None:
        """`before` is called before anything is said."""
        self._fd = -1
        self._pid = 0
        self._token = ""
        self._before = before
        if fd >= 0:
            self.open(fd)

    @property
    def is_open(self) -> bool:
        return self._pid != 0

    def open(self, fd: int, token: str = "") -> None:
        """Speak to `fd`, from this process on; `token` is for its completion record."""
        self._fd = fd
        self._pid = os.getpid()
        self._token = token

    def close(self) -> None:
        """Say nothing until it is opened again."""
        self._pid = 0

    def send(self, message: Any) -> None:
        self._before()
        if os.getpid() == self._pid:
            if self._token and isinstance(message, Done):
                message = message._replace(nonce=self._token)
            write_all(self._fd, frame(TESTS, encode(message)))


def load() -> None:
    """Import what every run needs of this package."""
    if "pytest" in sys.modules:
        from . import contexts, overlay, pytest_plugin  # noqa: F401 -- the forks use them
    elif _has_no_pytest():
        from . import overlay, run_unittest  # noqa: F401


def run(request: Request, overlays: Sequence[Contents], place: Confinement, fd: int) -> None:
    """The tests as the terminal runs them."""
    channel = Channel(fd)
    _as_if_started(request.root)
    os.nice(request.niceness)
    guard.limit_run(request.cpu_s, request.memory_bytes, request.threads)
    if overlays:
        place.enter(request.memory_bytes)
        _see(overlays, channel)
    if request.facts:
        # Nobody asked for this run: it leaves nothing that the next report of coverage would take.
        os.environ["COVERAGE_FILE"] = os.path.join(request.scratch, "coverage")
    learner = None if overlays or request.facts else ahead.Learner(request.root)
    _run_framework(request, channel, Session(learner=learner))
    if learner is not None:
        channel.send(Loaded(learner.learnt()))


def run_later(request: Request, fd: int, word: Callable[[Waiting], Later]) -> None:
    """As `run`, without overlays, but begun now, and whatever tests `request` names.

    What anybody could notice of it follows when `word`, which is called once, has returned.
    """
    only: Sequence[str] = ()

    def go_on(waiting: Waiting) -> None:
        nonlocal only
        later = word(waiting)
        only = later.only
        importlib.invalidate_caches()
        cpu_s = request.cpu_s + time.process_time()
        guard.limit_run(cpu_s, request.memory_bytes, later.threads)

    waiting = Waiting(request.root, request.targets, go_on)
    channel = Channel(fd, waiting.reach)
    _as_if_started(request.root)
    learner = ahead.Learner(request.root)
    waiting.begin()
    asked = Session(learner=learner, begin=waiting.reach, only=lambda: only)
    _run_framework(request, channel, asked)
    channel.send(Loaded(learner.learnt()))


def screen(request: Request, overlays: Sequence[Contents], place: Confinement, fd: int) -> None:
    """The tests up to the first red one, with a candidate in place; does not return."""
    channel = Channel(fd)
    _as_if_started(request.root)
    _silence()
    _be_of_a_candidate(request, place, _CANDIDATES_NICENESS)
    _see(overlays, channel)
    _run_framework(request, channel, Session(up_to_the_first_red=True))
    os._exit(0)


def begin_session(
    request: Request,
    overlays: Sequence[Contents],
    place: Confinement,
    fork: Callable[[], Forked],
    *,
    before_conftests: bool,
) -> None:
    """Take a session of pytest as far as its collection, or its first conftest; there `fork`.

    That returns in each fork only. What comes before it is the same for all candidates. Does return
    if pytest ended without having got there.
    """
    channel = Channel()
    forked: List[Forked] = []
    _as_if_started(request.root)
    _silence()
    place.live_in_scratch()
    _see(overlays, channel)

    def begin() -> None:
        own = fork()
        forked.append(own)
        if own.turns is None:
            channel.open(own.fd, own.token)
        _as_if_started(request.root)
        _be_of_a_candidate(request, place, _CANDIDATES_NICENESS)
        _see([own.candidate], channel)

    def collected(session: Any, reporter: Any) -> None:
        own = forked[0]

        def turn_begins(token: str) -> None:
            channel.open(own.fd, token)
            reporter.pytest_collection_finish(session)

        def turn_ends() -> None:
            channel.send(Done(request.nonce, 0))
            channel.close()

        if own.turns is not None:
            root = request.root
            own.turns.serve(session, root, reporter, turn_begins, turn_ends, channel.close)

    asked = Session(True, begin, before_conftests, collected=collected)
    _run_framework(request, channel, asked)
    if forked:
        os._exit(0)


def _be_of_a_candidate(request: Request, place: Confinement, niceness: int) -> None:
    os.nice(niceness)
    guard.limit_run(request.cpu_s, request.memory_bytes, request.threads)
    place.enter(request.memory_bytes)


def _as_if_started(root: str) -> None:
    """What a process that was started for this run would not share with those before it."""
    os.chdir(root)
    importlib.invalidate_caches()
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()  # the standard library's own generator does so by itself


def _silence() -> None:
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(sink)


def _see(overlays: Sequence[Contents], channel: Channel) -> None:
    from . import overlay

    contents = {os.path.realpath(o.path): o.data for o in overlays}
    overlay.install(contents, lambda program: channel.send(Unseen(program)))


def _run_framework(request: Request, channel: Channel, session: Session) -> None:
    # As `python -m` does, unless the user has switched it off.
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, request.root)
    pytest = _pytest_module()
    if pytest is None:
        from . import run_unittest

        _be_program("unittest")
        run_unittest.run(request, channel.send, session)
        return
    major = pytest.__version__.partition(".")[0]
    if major.isdigit() and int(major) < _OLDEST_PYTEST:
        said = "pytest {} is too old, tests run with pytest {} or newer"
        channel.send(Broken(said.format(pytest.__version__, _OLDEST_PYTEST)))
        channel.send(Done(request.nonce, 3))
        return
    _pytest(request, channel, session)


def _pytest_module() -> Any:
    try:
        import pytest
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            raise
        return None
    return pytest


def _pytest(request: Request, channel: Channel, session: Session) -> None:
    import pytest

    from . import contexts, pytest_plugin

    arguments = [
        "-o", "cache_dir=" + os.path.join(request.scratch, "cache"),
        *request.arguments, *(_UP_TO_THE_FIRST_RED if session.up_to_the_first_red else ()),
        *request.targets,
    ]  # fmt: skip
    _be_program("pytest", arguments)
    reporter = pytest_plugin.Reporter(
        channel.send, request.root, request.doctests, request.trace, request.facts
    )
    plugins: List[Any] = [reporter]
    if session.learner is not None:
        plugins.append(pytest_plugin.Learning(session.learner))
    else:
        plugins.append(pytest_plugin.InOneProcess())
    if session.up_to_the_first_red:
        plugins.append(pytest_plugin.Leave(channel.send, request.nonce))
    else:
        plugins.append(pytest_plugin.Unread())
    if session.begin is not None:
        fork = pytest_plugin.ForkEarly if session.before_conftests else pytest_plugin.Fork
        plugins.append(fork(session.begin))
    if session.collected is not None:
        plugins.append(pytest_plugin.BeforeTests(session.collected, reporter))
    if request.up_to_red:
        plugins.append(pytest_plugin.UpToRed())
    if request.backwards:
        plugins.append(pytest_plugin.Backwards())
    if session.only is not None or request.only:
        only = session.only or (lambda: request.only)
        plugins.append(contexts.Only(only, reporter._own_id))
    if request.contexts:
        plugins.append(contexts.Contexts(channel.send, reporter._own_id, request.root))
    exit_code = pytest.main(arguments, plugins=plugins)
    reporter.close()
    channel.send(Done(request.nonce, int(exit_code)))


def _has_no_pytest() -> bool:
    import importlib.util

    return importlib.util.find_spec("pytest") is None


def _be_program(name: str, arguments: Sequence[str] = ()) -> None:
    """`__main__` and `sys.argv` as tests see them under `python -m NAME`."""
    import importlib.util

    spec = importlib.util.find_spec(name + ".__main__")
    assert spec is not None
    main = types.ModuleType("__main__")
    main.__spec__ = spec
    main.__file__ = spec.origin
    main.__package__ = name
    sys.modules["__main__"] = main
    sys.argv[:] = [str(spec.origin), *arguments]
