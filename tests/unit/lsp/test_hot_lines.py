"""Which functions are looked at for where their time goes."""

from lacuna_ls.domain.test_result import Outcome, TestResult
from lacuna_ls.domain.text import Span
from lacuna_ls.lsp.hot_lines import slowest
from lacuna_ls.test_runs.tested import Definition, Judged


def judged(
    name: str, *durations_s: float, is_test: bool = False, outcome: Outcome = Outcome.PASSED
) -> Judged:
    results = tuple(TestResult(f"t.py::{name}{i}", outcome, s) for i, s in enumerate(durations_s))
    return Judged(Definition(Span(0, 1), 0, 1, (name,)), results, is_test)


def names(*found: Judged) -> list[str]:
    return [each.definition.path[0] for each in slowest(found)]


def test_a_function_is_slow_if_one_of_its_tests_is_the_slowest_first() -> None:
    assert names(judged("a", 0.01, 0.4), judged("b", 2.0), judged("c", 0.2, 0.2)) == ["b", "a"]


def test_a_test_itself_is_not_looked_at() -> None:
    assert names(judged("test_a", 2.0, is_test=True)) == []


def test_what_fails_is_to_be_mended_first() -> None:
    assert names(judged("a", 2.0, outcome=Outcome.FAILED)) == []
