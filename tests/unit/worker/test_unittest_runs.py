"""Tests in an interpreter that has no pytest: `unittest`'s and the examples in documentation."""

import sys
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import CoveredFile, Outcome, RunStatus, TestReport
from lacuna_ls.ports.code_runner import Overlay, TestRequest
from real_runs import LIMITS, Trusting, failures, outcomes, project, request

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the runner forks")

CALC = "def add(a, b):\n    return a - b\n"
TEST_CALC = """import unittest
import calc

class AddTest(unittest.TestCase):
    def test_add(self):
        self.assertEqual(calc.add(1, 2), 3)

    def test_zero(self):
        self.assertEqual(calc.add(0, 0), 0)
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with nothing installed."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / "bin" / "python"


@pytest.fixture
async def pool():
    pool = WorkerPool(Trusting())
    yield pool
    await pool.close()


def asked(root: Path, bare: Path, *targets: str) -> TestRequest:
    return replace(request(root, *targets), interpreter=bare)


async def run_one(root: Path, bare: Path, test: str) -> TestReport:
    project(root, {"test_it.py": test})
    pool = WorkerPool(Trusting())
    try:
        return await pool.run(asked(root, bare, "test_it.py"))
    finally:
        await pool.close()


async def test_every_outcome_is_told_apart(tmp_path, bare):
    report = await run_one(
        tmp_path,
        bare,
        """
import unittest

class T(unittest.TestCase):
    def test_passes(self): pass
    def test_fails(self): self.assertEqual(1, 2)
    def test_errs(self): {}["x"]
    def test_skips(self): self.skipTest("later")

    @unittest.skip("never")
    def test_is_skipped(self): pass

    @unittest.expectedFailure
    def test_xfails(self): self.fail()

    @unittest.expectedFailure
    def test_must_fail(self): pass
""",
    )
    assert report.status is RunStatus.COMPLETED, report
    assert outcomes(report) == {
        "T::test_passes": Outcome.PASSED,
        "T::test_fails": Outcome.FAILED,
        "T::test_errs": Outcome.ERROR,
        "T::test_skips": Outcome.SKIPPED,
        "T::test_is_skipped": Outcome.SKIPPED,
        "T::test_xfails": Outcome.XFAILED,
        "T::test_must_fail": Outcome.FAILED,
    }


async def test_a_failure_has_its_frames_and_the_compared_values(tmp_path, bare, pool):
    root = project(tmp_path, {"calc.py": CALC, "test_calc.py": TEST_CALC})
    report = await pool.run(asked(root, bare, "test_calc.py"))
    (failure,) = failures(report)
    assert (failure.exception, failure.message) == ("AssertionError", "-1 != 3")
    (frame,) = failure.frames
    assert (frame.path.name, frame.line, frame.function) == ("test_calc.py", 5, "test_add")
    assert "add" in failure.names


async def test_an_error_leads_from_the_test_into_the_code(tmp_path, bare, pool):
    root = project(tmp_path, {"calc.py": "def add(a, b):\n    return 1 / 0\n"})
    project(root, {"test_calc.py": TEST_CALC})
    report = await pool.run(asked(root, bare, "test_calc.py"))
    frames = [(frame.path.name, frame.line) for frame in failures(report)[0].frames]
    assert frames == [("test_calc.py", 5), ("calc.py", 1)]


async def test_failing_subtests_are_one_failure_that_names_them(tmp_path, bare):
    report = await run_one(
        tmp_path,
        bare,
        """
import unittest

class T(unittest.TestCase):
    def test_all(self):
        for n in range(4):
            with self.subTest(n=n):
                self.assertEqual(n % 2, 0)
""",
    )
    assert outcomes(report) == {"T::test_all": Outcome.FAILED}
    assert failures(report)[0].message == "(n=1) 1 != 0\nso do (n=3)"


async def test_a_skipped_subtest_leaves_its_test_as_it_is(tmp_path, bare):
    test = "with self.subTest(n=1):\n            self.skipTest('no')"
    report = await run_one(
        tmp_path,
        bare,
        f"import unittest\n\nclass T(unittest.TestCase):\n    def test_x(self):\n        {test}\n",
    )
    assert report.status is RunStatus.COMPLETED
    assert not report.failures


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ("setUpClass(cls): raise OSError('no')", {"ERROR"}),
        ("setUpClass(cls): raise unittest.SkipTest('no')", {"SKIPPED"}),
        ("tearDownClass(cls): raise OSError('no')", {"PASSED", "ERROR"}),
    ],
)
async def test_what_fails_around_a_class_is_told_of_its_tests(tmp_path, bare, around, expected):
    report = await run_one(
        tmp_path,
        bare,
        f"""
import unittest

class A(unittest.TestCase):
    @classmethod
    def {around}
    def test_one(self): pass
    def test_two(self): pass

class B(unittest.TestCase):
    def test_other(self): pass
""",
    )
    assert report.status is RunStatus.COMPLETED, report
    found = outcomes(report)
    assert found.pop("B::test_other") is Outcome.PASSED
    assert {outcome.name for outcome in found.values()} == expected
    assert len(found) == 2


async def test_a_module_that_cannot_be_set_up_fails_all_its_tests(tmp_path, bare):
    test = "def setUpModule(): raise OSError('no database')\n" + TEST_CALC.replace("calc", "math")
    report = await run_one(tmp_path, bare, test)
    assert set(outcomes(report).values()) == {Outcome.ERROR}
    assert failures(report)[0].message == "no database"


async def test_asynchronous_tests(tmp_path, bare):
    report = await run_one(
        tmp_path,
        bare,
        """
import asyncio, unittest

class T(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self): self.two = await self.give(2)
    async def give(self, value):
        await asyncio.sleep(0)
        return value
    async def test_good(self): self.assertEqual(self.two, 2)
    async def test_bad(self): self.assertEqual(await self.give(1), 2)
""",
    )
    assert outcomes(report) == {"T::test_good": Outcome.PASSED, "T::test_bad": Outcome.FAILED}
    frames = failures(report)[0].frames
    assert [frame.function for frame in frames] == ["test_bad"]


async def test_tests_that_load_tests_makes(tmp_path, bare):
    report = await run_one(
        tmp_path,
        bare,
        """
import unittest

def one(): pass

class T(unittest.TestCase):
    def __init__(self, n):
        super().__init__("check")
        self.n = n
    def check(self): self.assertLess(self.n, 2)

def load_tests(loader, tests, pattern):
    return unittest.TestSuite([T(1), T(2), unittest.FunctionTestCase(one)])
""",
    )
    assert outcomes(report) == {
        "T::check": Outcome.PASSED,
        "T::check[2]": Outcome.FAILED,
        "one": Outcome.PASSED,
    }


async def test_a_load_tests_that_fails_is_an_error_of_its_file(tmp_path, bare):
    report = await run_one(
        tmp_path, bare, "def load_tests(loader, tests, pattern):\n    raise OSError('no')\n"
    )
    assert report.status is RunStatus.COLLECTION_ERROR
    assert failures(report)[0].frames[-1].line == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [("x = 1\nraise OSError\n", 1), ("x = 1\ndef (\n", 1), ("import nothing\n", 0)],
)
async def test_a_file_that_does_not_load_is_an_error_at_its_line(tmp_path, bare, text, line):
    report = await run_one(tmp_path, bare, text)
    assert report.status is RunStatus.COLLECTION_ERROR
    (failure,) = failures(report)
    assert [(frame.path.name, frame.line) for frame in failure.frames] == [("test_it.py", line)]


async def test_a_package_of_tests_with_relative_imports_and_helpers(tmp_path, bare, pool):
    root = project(
        tmp_path,
        {
            "tests/__init__.py": "",
            "tests/unit/__init__.py": "",
            "tests/unit/helper.py": "ONE = 1\n",
            "tests/unit/test_a.py": "import unittest\nfrom .helper import ONE\n\n"
            "class T(unittest.TestCase):\n    def test_one(self): self.assertEqual(ONE, 1)\n",
            "plain/helping.py": "TWO = 2\n",
            "plain/test_a.py": "import unittest\nfrom helping import TWO\n\n"
            "class T(unittest.TestCase):\n    def test_two(self): self.assertEqual(TWO, 2)\n",
        },
    )
    report = await pool.run(asked(root, bare, "tests/unit/test_a.py", "plain/test_a.py"))
    assert report.green
    assert [result.test_id for result in report.results] == [
        "tests/unit/test_a.py::T::test_one",
        "plain/test_a.py::T::test_two",
    ]


async def test_test_files_of_the_same_name_do_not_get_in_each_others_way(tmp_path, bare, pool):
    text = "import unittest\n\nclass {0}(unittest.TestCase):\n    def test_{0}(self): pass\n"
    files = {f"{name}/test_it.py": text.format(name) for name in ("A", "B")}
    root = project(tmp_path, files)
    report = await pool.run(asked(root, bare, *files))
    assert outcomes(report) == {"A::test_A": Outcome.PASSED, "B::test_B": Outcome.PASSED}


async def test_single_tests_are_run_by_their_ids(tmp_path, bare, pool):
    root = project(tmp_path, {"calc.py": CALC, "test_calc.py": TEST_CALC})
    one = await pool.run(asked(root, bare, "test_calc.py::AddTest::test_zero"))
    assert outcomes(one) == {"AddTest::test_zero": Outcome.PASSED}
    class_ = await pool.run(asked(root, bare, "test_calc.py::AddTest"))
    assert len(class_.results) == 2


async def test_examples_in_documentation(tmp_path, bare, pool):
    shop = '''"""
>>> 1 + 1
2
"""

def price(count):
    """
    >>> price(2)
    8
    >>> price(3)
    9
    """
    return count * 3

def broken():
    """
    >>> broken()
    """
    raise OSError("no")

def later():
    """
    >>> later()  # doctest: +SKIP
    """
'''
    root = project(tmp_path, {"pkg/__init__.py": "", "pkg/shop.py": shop})
    ask = replace(asked(root, bare, "pkg/shop.py"), doctests=("pkg/shop.py",))
    report = await pool.run(ask)
    assert outcomes(report) == {
        "pkg.shop": Outcome.PASSED,
        "pkg.shop.broken": Outcome.FAILED,
        "pkg.shop.later": Outcome.SKIPPED,
        "pkg.shop.price": Outcome.FAILED,
    }
    mismatch = next(f for f in failures(report) if f.exception == "DocTestFailure")
    assert mismatch.message == "price(2): expected 8, got 6"
    assert mismatch.frames[0].line == 7
    one = await pool.run(replace(ask, targets=("pkg/shop.py::pkg.shop.price",)))
    assert outcomes(one) == {"pkg.shop.price": Outcome.FAILED}


async def test_a_file_of_examples_and_tests_has_both(tmp_path, bare, pool):
    text = f'"""\n>>> 1\n1\n"""\n{TEST_CALC}'
    root = project(tmp_path, {"calc.py": CALC, "test_calc.py": text})
    report = await pool.run(replace(asked(root, bare, "test_calc.py"), doctests=("test_calc.py",)))
    assert set(outcomes(report)) == {"AddTest::test_add", "AddTest::test_zero", "test_calc"}


@pytest.mark.parametrize(
    "text",
    [
        "import pytest\n\ndef test_x(): pass\n",
        "def test_x(): pass\n",
        "class TestIt:\n    def test_x(self): pass\n",
    ],
)
async def test_what_only_pytest_can_run_is_said_and_the_rest_runs(tmp_path, bare, pool, text):
    root = project(tmp_path, {"calc.py": CALC, "test_calc.py": TEST_CALC, "test_x.py": text})
    alone = await pool.run(asked(root, bare, "test_x.py"))
    assert alone.status is RunStatus.NO_FRAMEWORK
    assert "-m pip install pytest" in alone.detail
    both = await pool.run(asked(root, bare, "test_x.py", "test_calc.py"))
    assert both.status is RunStatus.NO_FRAMEWORK
    assert both.detail == alone.detail
    assert len(both.results) == 2


async def test_a_file_without_tests_has_none(tmp_path, bare):
    assert (await run_one(tmp_path, bare, "x = 1\n")).status is RunStatus.NO_TESTS


async def test_a_test_that_hangs_is_named_with_its_line(tmp_path, bare, pool):
    hangs = "import unittest\n\nclass T(unittest.TestCase):\n    def test_x(self):\n        while True: pass\n"
    root = project(tmp_path, {"test_it.py": hangs})
    limits = replace(LIMITS, wall_s=1.0)
    report = await pool.run(replace(asked(root, bare, "test_it.py"), limits=limits))
    assert report.status is RunStatus.TIMED_OUT
    (failure,) = failures(report)
    assert [(f.path.name, f.line) for f in failure.frames] == [("test_it.py", 4)]


async def test_a_test_that_ends_the_process_has_crashed(tmp_path, bare):
    ends = "import os, unittest\n\nclass T(unittest.TestCase):\n    def test_x(self): os._exit(0)\n"
    report = await run_one(tmp_path, bare, ends)
    assert report.status is RunStatus.CRASHED
    assert "T::test_x" in report.detail


async def test_lines_and_facts_are_recorded(tmp_path, bare, pool):
    root = project(tmp_path, {"calc.py": CALC, "test_calc.py": TEST_CALC}).resolve()
    code = root / "calc.py"
    ask = asked(root, bare, "test_calc.py")
    traced = await pool.run(replace(ask, trace=(code,)))
    assert [result.covered for result in traced.results] == [(CoveredFile(code, (1,)),)] * 2
    bad, good = (await pool.run(replace(ask, facts=(code,)))).results
    (function,) = bad.facts
    assert (function.name, function.captured[0].returned) == ("add", "-1")
    assert good.facts == ()


async def test_candidates_are_screened_and_confirmed(tmp_path, bare, pool):
    root = project(tmp_path, {"calc.py": CALC, "test_calc.py": TEST_CALC}).resolve()
    ask = asked(root, bare, "test_calc.py")
    await pool.run(ask)
    texts = [CALC.replace("-", op) for op in ("*", "+", "")]
    candidates = [Overlay(root / "calc.py", text.encode()) for text in texts]
    assert [r.green async for r in pool.screen(ask, candidates)] == [False, True, False]
    confirmed = await pool.run(replace(ask, overlays=(candidates[1],), hash_seed=1))
    assert confirmed.green
    assert len(confirmed.results) == 2
    assert (root / "calc.py").read_text() == CALC


async def test_the_process_looks_to_its_tests_like_python_m_unittest(tmp_path, bare):
    report = await run_one(
        tmp_path,
        bare,
        """
import sys, unittest

class T(unittest.TestCase):
    def test_main(self):
        self.assertEqual(sys.modules["__main__"].__spec__.name, "unittest.__main__")
    def test_nothing_of_ours_is_on_the_path(self):
        self.assertFalse([path for path in sys.path if "lacuna_ls" in path])
    def test_no_error_is_being_handled(self):
        self.assertEqual(sys.exc_info(), (None, None, None))
    def test_warnings_are_shown(self):
        import warnings
        self.assertIn("default", [each[0] for each in warnings.filters])
""",
    )
    assert report.green, failures(report)


async def test_a_pytest_that_is_too_old_is_named(tmp_path, bare, pool):
    old = {"pytest.py": "__version__ = '6.2.5'\n", "test_it.py": "def test_x(): pass\n"}
    root = project(tmp_path, old)
    report = await pool.run(asked(root, bare, "test_it.py"))
    assert report.status is RunStatus.CRASHED
    assert report.detail == "pytest 6.2.5 is too old, tests run with pytest 7 or newer"


async def test_a_run_up_to_the_first_red_test_leaves_out_what_follows(tmp_path, bare, pool):
    test = (
        "import unittest\n\nclass Test(unittest.TestCase):\n    def test_a(self): pass\n"
        "    def test_b(self): self.fail()\n    def test_c(self): pass\n"
    )
    project(tmp_path, {"test_it.py": test})
    report = await pool.run(replace(asked(tmp_path, bare, "test_it.py"), up_to_red=True))
    assert report.status is RunStatus.COMPLETED
    assert list(outcomes(report)) == ["Test::test_a", "Test::test_b"]
