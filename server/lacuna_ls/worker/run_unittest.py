"""Tests where there is no pytest: those of `unittest`, and the examples in documentation.

The verdict is that of `python -m unittest FILE` in the root, with the folder of the file on the
path too, as under `python -m unittest discover`. Test ids have the form of pytest's node ids, so
that nothing else has to know which of the two ran. What pytest alone could run is named, and the
rest runs.
"""

import os
import sys
import unittest
import warnings
from types import ModuleType
from typing import Any, Callable, Dict, Iterator, List, Sequence

from .examples import Example, examples_of
from .failure import describe
from .messages import (
    Broken,
    Collected,
    CollectionFailed,
    Done,
    NoFramework,
    Request,
)
from .test_modules import load, only_for_pytest
from .unittest_reporter import Found, Reporter
from .witness import Witness

_IDS_IN_A_FRAME = 100
_PASSED, _FAILED, _INTERRUPTED, _NO_TESTS = 0, 1, 2, 5


def run(request: Request, send: Callable[[Any], None], session: Any) -> None:
    """Load the targets, run them, and say what became of each test.

    `session` is a `run_tests.Session`. Does not return where that ends with the last test.
    """
    if session.begin is not None:
        session.begin()
    if session.learner is not None:
        session.learner.start()
    found = _collected(request, send)
    if session.learner is not None:
        session.learner.collected()
    if request.backwards:
        found = found._replace(suite=unittest.TestSuite(reversed(list(found.suite))))
    ids = list(found.ids.values())
    for start in range(0, len(ids), _IDS_IN_A_FRAME):
        send(Collected(ids[start : start + _IDS_IN_A_FRAME]))
    witness = Witness(request.trace, request.facts)
    up_to_red = session.up_to_the_first_red or request.up_to_red
    reporter = Reporter(send, found, witness, up_to_red)
    exit_code = _run(found.suite, reporter) if ids else _NO_TESTS
    witness.close()
    send(Done(request.nonce, exit_code))
    if session.up_to_the_first_red:
        os._exit(0)


def _run(suite: unittest.TestSuite, reporter: Reporter) -> int:
    """As `unittest.TextTestRunner` does, without its text."""
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("default")
        reporter.startTestRun()
        try:
            suite(reporter)
        except KeyboardInterrupt as error:
            reporter.send(Broken("the run was interrupted: {!r}".format(error)[:2000]))
            return _INTERRUPTED
        finally:
            reporter.stopTestRun()
    return _PASSED if reporter.wasSuccessful() else _FAILED


def _collected(request: Request, send: Callable[[Any], None]) -> Found:
    found = Found(unittest.TestSuite(), [], {}, {})
    wanted: Dict[str, List[str]] = {}
    for target in request.targets:
        file, _, name = target.partition("::")
        wanted.setdefault(file, []).append(name)
    needs_pytest = False
    for file, names in wanted.items():
        try:
            module = load(os.path.join(request.root, file))
            suite = unittest.defaultTestLoader.loadTestsFromModule(module)
            examples = examples_of(module) if file in request.doctests else []
            if not (_loaded(suite) or examples) and only_for_pytest(module):
                needs_pytest = True
        except unittest.SkipTest:
            continue
        except (Exception, SystemExit) as error:
            if _is_for_pytest(error):
                needs_pytest = True
            else:
                send(CollectionFailed(file, describe(error)))
            continue
        _add(found, file, module, suite, examples, names)
    if needs_pytest:
        send(NoFramework(sys.executable))
    return found


def _add(
    found: Found,
    file: str,
    module: ModuleType,
    suite: unittest.TestSuite,
    examples: Sequence[Example],
    names: Sequence[str],
) -> None:
    """Take over the tests that `names` ask for: all of the file where one of them is empty."""
    tests = [*_leaves(suite), *examples]
    kept: List[unittest.TestCase] = []
    taken: Dict[str, int] = {}
    for test in tests:
        own = _own_id(test, file, module.__name__)
        taken[own] = taken.get(own, 0) + 1
        if taken[own] > 1:
            own = "{}[{}]".format(own, taken[own])
        rest = own.partition("::")[2]
        if any(not name or rest == name or rest.startswith(name + "::") for name in names):
            kept.append(test)
            found.ids[id(test)] = own
            found.paths[id(test)] = str(module.__file__)
    found.tests.extend(kept)
    if len(kept) == len(tests):
        # A suite that `load_tests` made may do more than its tests.
        found.suite.addTest(suite)
        found.suite.addTests(examples)
    else:
        found.suite.addTests(kept)


def _loaded(suite: unittest.TestSuite) -> bool:
    """Whether there are tests in it.

    Raises:
        Exception: what `load_tests` raised, which the loader keeps in a test of its own.
    """
    tests = list(_leaves(suite))
    for test in tests:
        error = getattr(test, "_exception", None)
        if type(test).__name__ == "_FailedTest" and isinstance(error, Exception):
            raise error
    return bool(tests)


def _leaves(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _leaves(test)
        else:
            yield test


def _own_id(test: unittest.TestCase, file: str, module: str) -> str:
    if isinstance(test, Example):
        return "{}::{}".format(file, test.name)
    method = getattr(test, "_testMethodName", "")
    name = str(test.id())
    if name == "{}.{}.{}".format(type(test).__module__, type(test).__qualname__, method):
        return "::".join([file, *type(test).__qualname__.split("."), method])
    return "{}::{}".format(file, name.removeprefix(module + "."))


def _is_for_pytest(error: BaseException) -> bool:
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    return name is not None and (name in ("pytest", "_pytest") or name.startswith("pytest_"))
