"""A result of `unittest` that reports each test once, with its outcome, its failure and its lines.

A test in whose class or module something fails around the tests is reported too: every one that
did not run because of it, and the last one where tearing down failed.
"""

import os
import traceback
import unittest
from time import perf_counter
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from .failure import describe
from .messages import Broken, FailureRecord, Finished, Started
from .witness import Witness, names_in

_SUBTESTS_NAMED = 3
_RED = ("failed", "error")


class Found(NamedTuple):
    """The tests of a run; `ids` and the `paths` of their files go by the identity of the test."""

    suite: unittest.TestSuite
    tests: List[unittest.TestCase]
    ids: Dict[int, str]
    paths: Dict[int, str]


class _Test:
    """What became of one test so far; `subtests` are those that failed."""

    def __init__(self) -> None:
        self.outcome = "passed"
        self.failure: Optional[FailureRecord] = None
        self.subtests: List[str] = []
        self.started_s = perf_counter()

    def add(self, outcome: str, failure: Optional[FailureRecord]) -> None:
        if self.outcome not in _RED:
            self.outcome, self.failure = outcome, failure


class Reporter(unittest.TestResult):
    """Sends messages as `unittest` tells of its tests; ends after the first red one if asked to."""

    def __init__(
        self, send: Callable[[Any], None], found: Found, witness: Witness, to_first_red: bool
    ) -> None:
        super().__init__()
        self.send = send
        self._found = found
        self._witness = witness
        self._to_first_red = to_first_red
        self._running: Dict[int, _Test] = {}
        self._ended: List[int] = []

    def startTest(self, test: Any) -> None:  # noqa: N802 -- unittest's own names, as below
        super().startTest(test)
        if id(test) in self._found.ids:
            self.send(Started(self._found.ids[id(test)]))
            self._running[id(test)] = _Test()
            self._witness.start(_function(test))

    def stopTest(self, test: Any) -> None:  # noqa: N802
        super().stopTest(test)
        covered = self._witness.stop()
        known = self._running.pop(id(test), None)
        if known is not None:
            self._tell(test, known, covered)

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        if id(test) in self._found.ids:
            self._add(test, "error", self._failure(test, err[1]))
        else:
            self._around_failed(str(getattr(test, "description", test)), err[1])

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._add(test, "failed", self._failure(test, err[1]))

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        if id(test) in self._found.ids:
            self._add(test, "skipped", None)
        else:
            for each in self._around(str(getattr(test, "description", ""))):
                self._tell_at_once(each, "skipped", None)

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addExpectedFailure(test, err)
        self._add(test, "xfailed", None)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        code = getattr(_function(test), "__code__", None)
        frames = []
        if code is not None:
            path = os.path.realpath(code.co_filename)
            frames = [(path, code.co_firstlineno - 1, code.co_name)]
        message = "it passed, and is marked as expected to fail"
        self._add(test, "failed", FailureRecord("UnexpectedSuccess", message, frames))

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        known = self._running.get(id(test))
        if err is None or known is None:
            return
        described = str(subtest._subDescription())
        known.subtests.append(described)
        outcome = "failed" if issubclass(err[0], test.failureException) else "error"
        failure = self._failure(test, err[1])
        self._add(test, outcome, failure._replace(message=described + " " + failure.message))

    def _add(self, test: Any, outcome: str, failure: Optional[FailureRecord]) -> None:
        if failure is not None:
            self._witness.freeze()
        known = self._running.get(id(test))
        if known is not None:
            known.add(outcome, failure)
        elif id(test) in self._found.ids:
            # Some versions do not start what they skip.
            self._tell_at_once(test, outcome, failure)

    def _failure(self, test: Any, error: BaseException) -> FailureRecord:
        failure = describe(error, self._found.paths.get(id(test), ""))
        return failure._replace(names=names_in(_function(test)))

    def _around_failed(self, described: str, error: BaseException) -> None:
        concerned = self._around(described)
        if described.startswith("tearDown"):
            concerned = [test for test in concerned if id(test) in self._ended][-1:]
        else:
            concerned = [test for test in concerned if id(test) not in self._ended]
        for test in concerned:
            self._tell_at_once(test, "error", self._failure(test, error))
        if not concerned:
            text = "".join(traceback.format_exception_only(type(error), error)).strip()
            self.send(Broken("{}: {}".format(described, text)[:2000]))

    def _around(self, described: str) -> List[unittest.TestCase]:
        """The tests of the class or module that is described: `setUpClass (module.Class)`."""
        owner = described.partition("(")[2].rstrip(")")
        return [test for test in self._found.tests if owner in _owners(test)]

    def _tell_at_once(self, test: Any, outcome: str, failure: Optional[FailureRecord]) -> None:
        known = _Test()
        known.add(outcome, failure)
        self.send(Started(self._found.ids[id(test)]))
        self._tell(test, known, [])

    def _tell(self, test: Any, known: _Test, covered: Any) -> None:
        own = self._found.ids[id(test)]
        elapsed_s = perf_counter() - known.started_s
        red = known.outcome in _RED
        if red:
            self._witness.send_facts(self.send, own)
        failure = _with_others(known)
        self._ended.append(id(test))
        names = list(names_in(_function(test)))
        self.send(Finished(own, known.outcome, elapsed_s, failure, covered, names))
        if red and self._to_first_red:
            self.stop()


def _owners(test: unittest.TestCase) -> "tuple[str, str]":
    own = type(test)
    return "{}.{}".format(own.__module__, own.__qualname__), own.__module__


def _with_others(known: _Test) -> Optional[FailureRecord]:
    """The failure, with the names of further subtests that failed."""
    if known.failure is None or len(known.subtests) < 2:
        return known.failure
    more = ", ".join(known.subtests[1 : 1 + _SUBTESTS_NAMED])
    unnamed = len(known.subtests) - 1 - _SUBTESTS_NAMED
    text = "{}\nso do {}{}".format(
        known.failure.message, more, " and {} more".format(unnamed) if unnamed > 0 else ""
    )
    return known.failure._replace(message=text)


def _function(test: Any) -> Any:
    return getattr(test, getattr(test, "_testMethodName", ""), None)
