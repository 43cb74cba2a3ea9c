"""Examples in documentation as tests of `unittest`."""

import doctest
import unittest
from types import ModuleType
from typing import Any, List


class Example(unittest.TestCase):
    """The examples of one docstring; `name` is that of what it documents, module first."""

    # Either is what a failing example raises, and none is an error of the test itself.
    failureException: Any = (doctest.DocTestFailure, doctest.UnexpectedException)

    def __init__(self, test: doctest.DocTest) -> None:
        super().__init__()
        self.name = test.name
        self._test = test

    def runTest(self) -> None:  # noqa: N802 -- unittest's own name
        if all(each.options.get(doctest.SKIP) for each in self._test.examples):
            self.skipTest("all examples are skipped")
        try:
            doctest.DebugRunner(verbose=False).run(self._test)
        except doctest.UnexpectedException as error:
            if isinstance(error.exc_info[1], unittest.SkipTest):
                self.skipTest(str(error.exc_info[1]))
            raise


def examples_of(module: ModuleType) -> List[Example]:
    """One test for each docstring of the module's own that has examples."""
    found = doctest.DocTestFinder().find(module, module.__name__)
    return [Example(test) for test in found if test.examples]
