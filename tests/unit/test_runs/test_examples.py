from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.domain.test_result import Failure, Frame, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.test_runs.examples import examples, is_new, without

HERE = Path("/w/shop.py")
TEXT = b'"""\n>>> price(1)\n3\n"""\n'
REQUEST = TestRequest(
    Path("/w"), Path("python"), ("shop.py", "test_shop.py"), doctests=("shop.py",)
)


def report(*ids: str) -> TestReport:
    return TestReport(
        RunStatus.COMPLETED, tuple(TestResult(id_, Outcome.FAILED, 0.1) for id_ in ids)
    )


@pytest.mark.parametrize(
    ("test_id", "found"),
    [
        ("shop.py::shop", True),
        ("shop.py::shop.price", True),
        ("shop.py::pkg.shop.Till.price", True),
        ("shop.py::test_price", False),
        ("shop.py::test_price[1.5]", False),
        ("test_shop.py::shop.price", False),
    ],
)
def test_examples_are_told_by_their_names(test_id, found):
    assert bool(examples(report(test_id), REQUEST.doctests)) is found


@pytest.mark.parametrize(
    ("opened", "new"),
    [
        (TEXT, False),
        (b"import os\n" + TEXT.replace(b"\n", b"\r\n"), False),
        (TEXT.replace(b"price(1)", b"price(2)"), True),
        (TEXT.replace(b"3", b"4"), True),
        (b"", True),
    ],
)
def test_an_example_is_new_where_it_or_what_it_expects_is(opened, new):
    failure = Failure("DocTestFailure", "", (Frame(HERE, 1, "shop"),))
    result = replace(report("shop.py::shop").results[0], failure=failure)
    assert is_new(result, HERE, TEXT, opened) is new


def test_without_illustrations_the_other_examples_of_a_file_are_named():
    request, left = without(
        REQUEST, report("shop.py::shop.a", "shop.py::shop.b"), {"shop.py::shop.b"}
    )
    assert request.targets == ("test_shop.py", "shop.py::shop.a")
    assert [result.test_id for result in left.results] == ["shop.py::shop.a"]
