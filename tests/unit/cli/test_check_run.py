"""What a check runs, what it takes for a finding, and where that stands."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from fakes import FakeClock, FakeFiles, FakeRunner
from lacuna_ls.cli.check_paths import GivenFile
from lacuna_ls.cli.check_run import MOST_AT_ONCE, FileRun, reds, run_all, select
from lacuna_ls.domain.test_result import (
    Failure,
    Frame,
    Outcome,
    RunStatus,
    TestReport,
    TestResult,
)
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.finished import FinishedFixes

ROOT = Path("/project")
SHOP = "def price(n):\n    return n * 3\n"


class Bench:
    """A project in memory, and a runner with a script."""

    def __init__(self, files: Mapping[str, str], script: Callable[[TestRequest], TestReport]):
        self.files = FakeFiles({ROOT / name: text.encode() for name, text in files.items()})
        self.runner = FakeRunner(script)
        finished = FinishedFixes()
        self.tools = SaveTools(self.runner, self.files, FakeClock(), finished, lambda *_: ROOT)

    async def checked(self, *names: str, named: bool = True) -> tuple[list[FileRun], list[str]]:
        """What was tested, and the findings as `path:line: test`."""
        selected = await select([GivenFile(ROOT / n, ROOT, named) for n in names], self.tools)
        tested: list[FileRun] = []
        await run_all(selected.subjects, self.tools, tested.append)
        by_path = {subject.path: subject for subject in selected.subjects}
        found = [red for file in tested for red in reds(file, by_path)]
        places = [
            f"{red.subject.path.name}:"
            f"{red.subject.document.source.line_at(red.finding.span.start) + 1}: "
            f"{red.finding.test_id}"
            for red in found
        ]
        return tested, places

    @property
    def asked(self) -> list[tuple[str, ...]]:
        return [request.targets for request in self.runner.requests if not request.facts]


def failing(request: TestRequest, *frames: tuple[str, int]) -> TestReport:
    """Each target has one test, which fails."""
    where = tuple(Frame(ROOT / name, line, "f") for name, line in frames)
    failure = Failure("AssertionError", "assert 6 == 8", where)
    results = tuple(
        TestResult(f"{target}::test_price", Outcome.FAILED, 0.1, failure)
        for target in request.targets
    )
    return TestReport(RunStatus.COMPLETED, results)


async def test_a_failure_is_one_finding_at_the_innermost_line_in_a_given_file():
    bench = Bench(
        {"shop.py": SHOP, "test_shop.py": "\n\n\n"},
        lambda request: failing(request, ("test_shop.py", 1), ("shop.py", 1), ("lib.py", 7)),
    )
    _, places = await bench.checked("test_shop.py", "shop.py")
    assert places == ["shop.py:2: test_shop.py::test_price"]


async def test_a_wrong_value_stands_at_the_assertion_where_the_test_file_was_given():
    script = lambda request: failing(request, ("test_shop.py", 1))  # noqa: E731
    both = Bench({"shop.py": SHOP, "test_shop.py": "\n\n\n"}, script)
    _, places = await both.checked("shop.py", "test_shop.py")
    assert places == ["test_shop.py:2: test_shop.py::test_price"]
    alone = Bench({"shop.py": SHOP, "test_shop.py": ""}, script)
    _, places = await alone.checked("shop.py")
    assert places == ["shop.py:1: test_shop.py::test_price"]


async def test_test_files_run_a_few_at_a_time_each_once():
    names = [f"test_{n:02}.py" for n in range(MOST_AT_ONCE + 2)]
    bench = Bench(dict.fromkeys(names, ""), failing)
    await bench.checked(*names)
    assert [len(targets) for targets in bench.asked] == [MOST_AT_ONCE, 2]
    assert [name for targets in bench.asked for name in targets] == names


async def test_a_run_has_tests_of_one_language():
    bench = Bench({"test_a.py": "", "b.test.js": "", "test_c.py": ""}, failing)
    await bench.checked("test_a.py", "b.test.js", "test_c.py")
    assert bench.asked == [("test_a.py", "test_c.py"), ("b.test.js",)]


@pytest.mark.parametrize(
    "status", [RunStatus.CRASHED, RunStatus.TIMED_OUT, RunStatus.COLLECTION_ERROR]
)
async def test_what_ends_a_run_early_takes_no_other_test_file_with_it(status):
    def script(request: TestRequest) -> TestReport:
        if "test_a.py" in request.targets:
            return TestReport(status, (), "it ended early")
        passed = TestResult(f"{request.targets[0]}::test_x", Outcome.PASSED, 0.1)
        return TestReport(RunStatus.COMPLETED, (passed,))

    bench = Bench({"test_a.py": "import b\n", "test_b.py": ""}, script)
    tested, places = await bench.checked("test_a.py", "test_b.py")
    assert places == ["test_a.py:1: "]
    assert [file.report.status for file in tested] == [status, RunStatus.COMPLETED]


EXAMPLE = 'def f():\n    """\n    >>> f()\n    1\n    """\n'


async def test_examples_run_where_their_file_is_named_but_not_because_of_its_folder():
    bench = Bench({"shop.py": EXAMPLE, "test_shop.py": ""}, failing)
    await bench.checked("shop.py", named=False)
    await bench.checked("shop.py", named=True)
    assert bench.asked == [("test_shop.py",), ("shop.py", "test_shop.py")]


async def test_examples_run_where_the_project_runs_them():
    ini = "[pytest]\naddopts = --doctest-modules\n"
    bench = Bench({"shop.py": EXAMPLE, "pytest.ini": ini}, failing)
    await bench.checked("shop.py", named=False)
    assert bench.asked == [("shop.py",)]


async def test_a_file_without_tests_of_its_own_is_tested_by_the_nearest_that_reach_it():
    files = {"money.py": "", "test_shop.py": "import money\n", "test_b.py": ""}
    bench = Bench(files, failing)
    await bench.checked("money.py")
    assert bench.asked == [("test_shop.py",)]


async def test_a_file_that_cannot_be_read_is_named_and_the_others_are_checked():
    bench = Bench({"test_a.py": ""}, failing)
    files = [GivenFile(ROOT / name, ROOT, named=True) for name in ("big.py", "test_a.py")]
    selected = await select(files, bench.tools)
    assert [subject.path.name for subject in selected.subjects] == ["test_a.py"]
    assert [sentence.partition(":")[0] for sentence in selected.wrong] == ["big.py"]
