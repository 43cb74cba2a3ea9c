"""Tests of a begun session, called without what pytest does around them.

Its protocol has dozens of hooks around each of three phases, for the terminal, for logging, for
captured output: many times what a small test costs. A candidate that is screened needs none of that,
as whoever passes is confirmed by whole runs. So tests are set up, called and torn down alone where no
hook of the workspace takes part and none is expected to fail. Whether that is the same is tried out
on the unchanged code, which has to fail in the same place.
"""

import os
import time
from itertools import islice
from typing import Any, Callable, Iterator, Optional, Tuple

_HOOKS = (
    "pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call",
    "pytest_runtest_teardown", "pytest_runtest_makereport", "pytest_pyfunc_call",
)  # fmt: skip
# How deep a recursion gets is not always the same.
_MOST_LINES = 5


def place_of(test_id: str, error: BaseException, root: str) -> str:
    """Where a test failed, and with what: the outermost lines of the workspace."""
    lines = (each for each in _lines(error) if _is_inside(each[0], root))
    shown = ["{}:{}".format(*each) for each in islice(lines, _MOST_LINES)]
    return " ".join((test_id, type(error).__qualname__, *shown))


def can_be_called(session: Any, root: str) -> bool:
    """Whether nothing of the workspace's takes part in how these tests are run."""
    if any(item.get_closest_marker("xfail") is not None for item in session.items):
        return False
    impls = (impl for name in _HOOKS for impl in getattr(session.config.hook, name).get_hookimpls())
    return not any(_is_inside(impl.function.__code__.co_filename, root) for impl in impls)


def first_failure(
    session: Any,
    timed: Callable[[bool], None],
    begins: Callable[[Any], None],
    ended: Callable[[Any, Optional[BaseException], float], None],
) -> Optional[Tuple[str, BaseException]]:
    """Call the tests up to the first that raises: its id and what it raised; `None` if none does.

    `timed` is told when a test function is called and when it has ended, `begins` and `ended` are
    told of each test.
    """
    for number, item in enumerate(session.items):
        following = session.items[number + 1] if number + 1 < len(session.items) else None
        begins(item)
        started_s = time.perf_counter()
        error = _error(session, item, following, timed)
        ended(item, error, time.perf_counter() - started_s)
        if error is not None:
            return item.nodeid, error
    return None


def _error(
    session: Any, item: Any, following: Any, timed: Callable[[bool], None]
) -> Optional[BaseException]:
    error: Optional[BaseException] = None
    if hasattr(item, "_request") and not item._request:
        item._initrequest()
    try:
        session._setupstate.setup(item)
        _called(item, timed)
    except BaseException as raised:
        error = raised
    try:
        session._setupstate.teardown_exact(None if error is not None else following)
    except BaseException as raised:
        error = error or raised
    for name, value in (("_request", False), ("funcargs", None), ("_excinfo", None)):
        if hasattr(item, name):
            setattr(item, name, value)
    return error


def _called(item: Any, timed: Callable[[bool], None]) -> None:
    timed(True)
    try:
        item.runtest()
    finally:
        timed(False)
    # Where a method of `unittest` has failed, this says so.
    for raised in getattr(item, "_excinfo", None) or ():
        raise raised.value


def _lines(error: BaseException) -> Iterator[Tuple[str, int]]:
    tb = error.__traceback__
    while tb is not None:
        yield tb.tb_frame.f_code.co_filename, tb.tb_lineno
        tb = tb.tb_next


def _is_inside(file: str, root: str) -> bool:
    inside = os.path.realpath(file).startswith(os.path.realpath(root) + os.sep)
    return inside and os.sep + "site-packages" + os.sep not in file
