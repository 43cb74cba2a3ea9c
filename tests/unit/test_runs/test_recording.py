"""Which tests are run once more for their facts, and how a trace reads."""

from dataclasses import replace
from pathlib import Path

from lacuna_ls.domain.facts import BlockPass, FunctionFacts
from lacuna_ls.domain.test_result import Failure, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import Source
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.test_runs.facts import recording, trace, trace_text

SHOP = Path("/w/shop.py")
ASKED = TestRequest(Path("/w"), Path("/python"), ("test_shop.py",), doctests=("shop.py",))


def red(name: str, duration_s: float = 0.1) -> TestResult:
    return TestResult(name, Outcome.FAILED, duration_s, Failure("E", "", ()))


def targets(*results: TestResult, status: RunStatus = RunStatus.COMPLETED) -> tuple[str, ...]:
    request = recording(ASKED, TestReport(status, results), [SHOP])
    return () if request is None else request.targets


def test_the_first_three_failing_tests_are_run_again():
    green = TestResult("g", Outcome.PASSED, 0.1)
    assert targets(red("a"), green, red("b"), red("c"), red("d")) == ("a", "b", "c")


def test_nothing_is_run_again_that_takes_long():
    assert targets(red("a"), red("b", 3.0), red("c")) == ("a",)
    assert targets(red("a", 3.0)) == ()


def test_nothing_is_run_again_where_a_run_did_not_end_or_nothing_failed():
    assert targets(red("a"), status=RunStatus.TIMED_OUT) == ()
    assert targets(TestResult("g", Outcome.PASSED, 0.1)) == ()
    assert recording(ASKED, TestReport(RunStatus.COMPLETED, (red("a"),)), []) is None


def test_what_is_run_again_is_otherwise_the_same():
    request = recording(ASKED, TestReport(RunStatus.COMPLETED, (red("a"),)), [SHOP])
    assert request is not None
    assert request == replace(ASKED, targets=("a",), facts=(SHOP,), limits=request.limits)
    assert request.limits.wall_s == 10.0


def test_a_trace_reads_like_the_code_it_went_through():
    source = Source.of(
        b"def price(n):\n    total = 0\n    for i in n:\n        total += i\n    return total\n"
    )
    blocks = [BlockPass(1, 1, 1, (("total", "0"),))]
    blocks += [BlockPass(n, 2 + n % 2, 2 + n % 2, (("i", str(n)),)) for n in range(2, 30)]
    blocks += [BlockPass(30, 4, 4, (("total", "9"), ("return", "9")))]
    kept = (*blocks[:5], *blocks[-5:])
    text = trace_text(trace([FunctionFacts(SHOP, "price", 0, 1, 30, (), kept)]), {SHOP: source})
    assert text.startswith(
        "# block 1: price, shop.py line 2\ntotal = 0\n#     total = 0\n\n# block 2: price,"
    )
    assert "#     i = 5\n\n# ... 20 more blocks ...\n\n# block 26: " in text
    assert text.endswith("line 5\nreturn total\n#     total = 9\n#     returns 9")
