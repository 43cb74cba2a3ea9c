"""A pytest plugin that reports each test once, with its outcome, its failure and its lines."""

import fnmatch
import hashlib
import os
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import pytest

from .ahead import Learner
from .failure import describe, falsifying
from .messages import (
    Broken,
    Collected,
    CollectionFailed,
    Done,
    FailureRecord,
    Finished,
    Started,
)
from .witness import Witness, names_in

_IDS_IN_A_FRAME = 100
_MAX_ID = 1000


class Reporter:
    """Sends messages about one session; `root` is the folder that test ids are relative to."""

    def __init__(
        self,
        send: Callable[[Any], None],
        root: str,
        doctests: Sequence[str],
        trace: Sequence[str],
        recorded: Sequence[str] = (),
    ) -> None:
        self._send = send
        self._root = root
        self._doctests = {os.path.realpath(os.path.join(root, path)) for path in doctests}
        self._witness = Witness(trace, recorded)
        self._rootpath = root
        self._paths: Dict[str, str] = {}
        self._tests: Dict[str, _Test] = {}
        self._failures: Dict[str, FailureRecord] = {}

    def close(self) -> None:
        self._witness.close()

    def pytest_configure(self, config: pytest.Config) -> None:
        self._rootpath = str(config.rootpath)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self) -> Iterator[None]:
        outcome: Any = yield
        if outcome.excinfo is None:
            return
        error = outcome.excinfo[1]
        # ConftestImportFailure holds the error in a field, and since pytest 8 as its cause too.
        inner = getattr(error, "cause", None) or error.__cause__
        if inner is None and getattr(error, "excinfo", None):
            inner = error.excinfo[1]
        path = str(getattr(error, "path", "conftest.py"))
        if inner is not None:
            self._send(CollectionFailed(self._relative(path), describe(inner)))

    def pytest_collect_file(self, file_path: Any, parent: Any) -> Any:
        if os.path.realpath(file_path) not in self._doctests or parent.config.option.doctestmodules:
            return None
        from _pytest.doctest import DoctestModule

        return DoctestModule.from_parent(parent, path=file_path)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: Any) -> Iterator[None]:
        outcome: Any = yield
        report = outcome.get_result()
        call = getattr(report, "call", None)
        if report.failed and call is not None and call.excinfo is not None:
            self._failures[report.nodeid] = describe(call.excinfo.value)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            failure = self._failures.pop(report.nodeid, None) or _from_text(report)
            self._send(CollectionFailed(self._own_id(report.nodeid), failure))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._collected([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: List[str]) -> None:
        self._collected(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._tests[nodeid] = _Test()
        self._send(Started(self._own_id(nodeid)))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self._witness.start(getattr(item, "function", None))
        yield
        self._witness.stop()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Iterator[None]:
        yield
        if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
            self._witness.freeze()
            failure = describe(call.excinfo.value, str(item.path))
            failure = failure._replace(names=_names(item))
            self._failures[item.nodeid + " " + call.when] = failure
        test = self._tests.get(item.nodeid)
        if test is not None and call.when == "setup":
            test.names = list(_names(item))

    def pytest_runtest_logreport(self, report: Any) -> None:
        failure = self._failures.pop(report.nodeid + " " + str(report.when), None)
        if failure is not None and not failure.example:
            failure = failure._replace(example=falsifying(getattr(report, "capstdout", "")))
        test = self._tests.setdefault(report.nodeid, _Test())
        test.add(report, failure or (_from_text(report) if report.failed else None))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        test = self._tests.pop(nodeid, None)
        if test is None:
            return
        covered = self._witness.stop()
        if test.failure is not None:
            self._witness.send_facts(self._send, self._own_id(nodeid))
        self._send(
            Finished(
                self._own_id(nodeid),
                test.outcome,
                test.duration_s,
                test.failure,
                covered,
                test.names,
            )
        )

    def begins(self, item: Any) -> None:
        """A test begins of which no hook will tell."""
        self._send(Started(self._own_id(item.nodeid)))

    def ended(self, item: Any, error: Optional[BaseException], duration_s: float) -> None:
        """It has ended, with `error` if it raised that."""
        names = list(_names(item))
        failure = None
        if error is not None:
            failure = describe(error, str(item.path))._replace(names=tuple(names))
        outcome = "passed" if error is None else "failed"
        self._send(Finished(self._own_id(item.nodeid), outcome, duration_s, failure, [], names))

    def pytest_internalerror(self, excrepr: Any) -> None:
        crash = getattr(excrepr, "reprcrash", None)
        self._send(Broken("pytest failed: {}".format(getattr(crash, "message", excrepr))[:2000]))

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        self._send(Broken("the run was interrupted: {!r}".format(excinfo.value)[:2000]))

    def _collected(self, nodeids: Sequence[str]) -> None:
        ids = [self._own_id(nodeid) for nodeid in nodeids]
        for start in range(0, len(ids), _IDS_IN_A_FRAME):
            self._send(Collected(ids[start : start + _IDS_IN_A_FRAME]))

    def _own_id(self, nodeid: str) -> str:
        """Pytest counts from its rootdir, which need not be the root of the run."""
        path, separator, rest = nodeid.partition("::")
        if path not in self._paths:
            self._paths[path] = self._relative(os.path.join(self._rootpath, path))
        own = self._paths[path] + separator + rest
        if len(own) <= _MAX_ID:
            return own
        digest = hashlib.sha256(own.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return own[:_MAX_ID] + "..." + digest

    def _relative(self, path: str) -> str:
        return os.path.relpath(path, self._root).replace(os.sep, "/")


class Learning:
    """Tells a learner where the run has got to."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:
        self._learner.start()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        self._learner.collected()


class Unread:
    """Spares the long form of a failure, which nobody reads and which takes longer than most tests.

    What pytest's own options say of it is what they say in the terminal.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> None:
        if getattr(type(item), "repr_failure", None) is pytest.Function.repr_failure:
            item.repr_failure = lambda excinfo, style=None: excinfo.getrepr(style="native")


class UpToRed:
    """Ends the session with the first red test, as `--exitfirst` does."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._session = session

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self._session.shouldfail = "a test is red"


class Leave:
    """Ends the process once fixtures are torn down, before any plugin makes its summary."""

    def __init__(self, send: Callable[[Any], None], nonce: str) -> None:
        self._send = send
        self._nonce = nonce

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> None:
        item.repr_failure = lambda excinfo, style=None: excinfo.exconly()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._send(Done(self._nonce, int(exitstatus)))
        os._exit(0)


class Fork:
    """Calls `begin` when all but the collection has been prepared."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        for setting in ("norecursedirs", "python_files"):
            for pattern in session.config.getini(setting):
                fnmatch.fnmatch("", pattern)  # compiled here, each fork has it
        self._begin()


class ForkEarly:
    """Calls `begin` when the plugins have been loaded, and nothing of the user's."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:
        self._begin()


class Timed:
    """Tells when a test function is called, and when it has ended."""

    def __init__(self, tell: Callable[[bool], None]) -> None:
        self._tell = tell

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        self._tell(True)
        yield
        self._tell(False)


class BeforeTests:
    """Calls `collected` when all tests are known."""

    def __init__(self, collected: Callable[[Any, Reporter], None], reporter: Reporter) -> None:
        self._collected = collected
        self._reporter = reporter

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        self._collected(session, self._reporter)


class Backwards:
    """Has the tests run in the reverse of the order in which they stand.

    Tests of one class, module or package stay next to each other, and pytest then arranges them for
    fixtures with parameters as it always does; so each fixture is made and torn down as often as
    in the order of the user.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: List[Any]) -> None:
        items.reverse()


class InOneProcess:
    """Keeps xdist, where it is asked for, from moving tests to processes without the overlay."""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_cmdline_main(self, config: Any) -> Iterator[None]:
        if hasattr(config.option, "numprocesses"):
            config.option.numprocesses = 0
            config.option.dist = "no"
            config.option.tx = []
        yield


class _Test:
    """The phases of one test folded into one outcome, red before anything else."""

    def __init__(self) -> None:
        self.outcome = "error"
        self.duration_s = 0.0
        self.failure: Any = None
        self.names: List[str] = []
        self._red = False

    def add(self, report: Any, failure: Any) -> None:
        self.duration_s += getattr(report, "duration", 0.0)
        if report.outcome == "rerun":
            self._red, self.failure = False, None
            return
        if self._red:
            return
        if report.failed:
            self._red = True
            self.outcome = "failed" if report.when == "call" else "error"
            self.failure = failure
        elif report.skipped:
            self.outcome = "xfailed" if hasattr(report, "wasxfail") else "skipped"
        elif report.when == "call":
            self.outcome = "xpassed" if hasattr(report, "wasxfail") else "passed"


def _names(item: Any) -> Tuple[str, ...]:
    return names_in(getattr(item, "function", item))


def _from_text(report: Any) -> FailureRecord:
    """What can be had of a report that was made elsewhere, such as in an xdist worker."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return FailureRecord("Error", str(report.longrepr)[-2000:], [])
    kind, _, message = str(crash.message).partition(": ")
    frames = [(os.path.realpath(crash.path), max(int(crash.lineno) - 1, 0), "")]
    return FailureRecord(kind, (message or kind)[:2000], frames)
