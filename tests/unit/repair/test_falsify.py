"""Candidates that pass the tests and are not shown, and fixes that are told apart."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fakes import FakeClock, FakeRunner
from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.observation import Behaviour, Ending, InputKind, Observation, ObservedInput
from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import Span, TextEdit, apply_edits
from lacuna_ls.ports.code_runner import ObserveRequest, TestRequest
from lacuna_ls.repair.engine import search
from lacuna_ls.repair.falsify import doubt, information_bits
from lacuna_ls.repair.fix import Budget, Fix, Problem, SearchEnd, SearchResult, in_words
from lacuna_ls.repair.rank import readings
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.evidence import Evidence, titled

TEXT = b"def total(xs):\n    return max(xs) - 1\n"
PATH = Path("/workspace/sums.py")


def returned(shown: str, *, changed: bool = False) -> Behaviour:
    return Behaviour(Ending.RETURNED, shown, shown, shown, arguments_changed=changed)


def raised(exception: str) -> Behaviour:
    return Behaviour(Ending.RAISED, exception=exception)


def seen(
    call: str,
    *behaviours: Behaviour,
    kind: InputKind = InputKind.MUTATED,
    steady: bool = True,
    expected: str = "",
) -> ObservedInput:
    return ObservedInput(call, call, kind, "", steady, behaviours, expected)


TESTED = seen("f([3])", returned("2"), returned("[3, 3, 3]"), kind=InputKind.CAPTURED)


def reason(*inputs: ObservedInput, place: int = 1) -> str:
    found = doubt(Observation((TESTED, *inputs)), place)
    return "" if found is None else found.reason


def test_a_candidate_that_fails_on_inputs_like_those_of_the_tests_is_doubted() -> None:
    assert reason(seen("f([])", returned("0"), raised("IndexError"))) == "f([]) raises IndexError"
    ran_on = Behaviour(Ending.RAN_ON)
    assert reason(seen("f([])", returned("0"), ran_on)) == "f([]) does not end in time"


def test_a_candidate_may_fail_as_the_original_does() -> None:
    assert not reason(seen("f([])", raised("IndexError"), raised("IndexError")))


def test_a_candidate_may_fail_as_a_test_has_it_fail() -> None:
    test = seen("f(None)", returned("0"), raised("TypeError"), kind=InputKind.CAPTURED)
    assert not reason(test, seen("f([])", returned("0"), raised("TypeError")))


def test_what_it_does_at_the_edge_or_where_the_original_wavers_says_nothing() -> None:
    broken = returned("0"), raised("IndexError")
    assert not reason(seen("f([])", *broken, kind=InputKind.EDGE))
    assert not reason(seen("f([])", *broken, steady=False))


def test_a_candidate_that_gives_none_where_no_test_sees_it_is_doubted() -> None:
    assert reason(seen("f([1])", returned("0"), returned("None"))) == "f([1]) returns None"


def test_a_candidate_that_breaks_a_documented_example_is_doubted() -> None:
    example = seen("f([2])", returned("1"), returned("2"), kind=InputKind.DOCUMENTED, expected="1")
    assert reason(example) == "f([2]) returns 2, documented otherwise"
    assert not reason(replace(example, expected="9")), "the original does not keep it either"


def test_few_bits_are_enough_for_an_early_candidate_only() -> None:
    weak = Observation((seen("f()", returned("1"), returned("True"), kind=InputKind.CAPTURED),))
    assert doubt(weak, place=1) is None
    found = doubt(weak, place=2)
    assert found is not None
    assert "chance" in found.reason


def test_a_result_that_the_candidate_spells_out_checks_nothing() -> None:
    test = seen("f()", returned("1"), returned("'Bye'"), kind=InputKind.CAPTURED)
    assert doubt(Observation((test,)), 3, "x.title()") is None
    assert doubt(Observation((test,)), 3, 'return "Bye"') is not None


def test_where_no_test_calls_the_function_nothing_speaks_against_it() -> None:
    assert doubt(Observation(()), place=1000) is None


def test_longer_results_check_more() -> None:
    def bits(shown: str) -> float:
        return information_bits([returned(shown)])

    assert bits("True") < bits("12") < bits("[1, 2, 3]")
    assert information_bits([returned("None", changed=True)]) > bits("None")


def fix(summary: str, new: bytes = b"") -> Fix:
    start = ord(summary)
    edit = TextEdit(Span(start, start + 1), new or summary.encode())
    return Fix(Candidate(summary, (edit,)), Evidence(tests_passed=3, tests_total=3), Span(0, 9))


def titles(observation: Observation, priorities: list[float]) -> list[str]:
    fixes = [fix(name) for name in "ABC"[: len(priorities)]]
    return [
        titled(each.candidate.summary, each.evidence)
        for each in readings(observation, fixes, priorities)
    ]


def test_two_readings_are_told_apart_by_an_input() -> None:
    observation = Observation((seen("f([])", returned("1"), returned("0"), raised("ValueError")),))
    assert titles(observation, [2.0, 1.0]) == [
        "A (3 of 3 tests pass; 2 readings: f([]) returns 0)",
        "B (3 of 3 tests pass; 2 readings: f([]) raises ValueError)",
    ]


def test_one_reading_is_shown_without_further_words() -> None:
    observation = Observation((seen("f([])", returned("1"), returned("0"), returned("0")),))
    assert titles(observation, [2.0, 1.0]) == ["A (3 of 3 tests pass)", "B (3 of 3 tests pass)"]


def test_a_reading_that_more_fixes_agree_on_comes_first() -> None:
    observation = Observation(
        (seen("f([])", returned("1"), returned("0"), returned("5"), returned("5")),)
    )
    assert [title[0] for title in titles(observation, [1.0, 0.9, 0.8])] == ["B", "C", "A"]
    assert [title[0] for title in titles(observation, [1.0, 0.3, 0.2])] == ["A", "B", "C"]


def test_one_idea_that_passes_in_several_forms_has_one_voice() -> None:
    observation = Observation(
        (seen("f([])", returned("1"), returned("0"), returned("5"), returned("5")),)
    )
    fixes = [fix("A"), fix("B", b"len(xs)"), fix("C", b"len(xs)")]
    ordered = readings(observation, fixes, [1.0, 0.9, 0.8])
    assert [each.candidate.summary for each in ordered] == ["A", "B", "C"]


def test_a_reading_that_keeps_the_documented_examples_comes_first() -> None:
    observation = Observation(
        (seen("f([])", returned("1"), returned("0"), returned("5"), expected="5"),)
    )
    assert [title[0] for title in titles(observation, [1.0, 0.1])] == ["B", "A"]


def test_a_reading_that_changes_what_no_failing_test_implicates_comes_last() -> None:
    spared = replace(seen("f([2])", returned("1"), returned("9"), returned("1")), test_id="green")
    fixes = [fix("A"), fix("B")]
    observation = Observation((spared,))
    ordered = readings(observation, fixes, [1.0, 0.5], frozenset({"red"}))
    assert [each.candidate.summary for each in ordered] == ["B", "A"]
    ordered = readings(observation, fixes, [1.0, 0.5], frozenset({"green"}))
    assert [each.candidate.summary for each in ordered] == ["A", "B"]


def searched(observe: Callable[[ObserveRequest], Observation]) -> SearchResult:
    """A search in which every candidate passes."""

    def script(request: TestRequest) -> TestReport:
        outcome = Outcome.PASSED if request.overlays else Outcome.FAILED
        return TestReport(RunStatus.COMPLETED, (TestResult("test_sums.py::t", outcome, 0.01),))

    document = open_document(PATH.as_uri(), 1, by_language_id("python"), TEXT)
    request = TestRequest(PATH.parent, Path("python"), ("test_sums.py",))
    problem = Problem(document, PATH, request, script(request))
    runner = FakeRunner(script, behaviour=observe)
    return asyncio.run(search(problem, runner, FakeClock(), Budget(max_fixes=2)))


def test_a_refuted_candidate_is_not_offered_and_the_search_goes_on() -> None:
    refused: list[bytes] = []

    def observe(request: ObserveRequest) -> Observation:
        assert request.function == "total"
        candidate = request.variants[1]
        if not refused:
            refused.append(candidate)
        if candidate in refused:
            return Observation((TESTED, seen("total([])", returned("0"), raised("IndexError"))))
        return Observation(())

    result = searched(observe)
    shown = [apply_edits(TEXT, fix.candidate.edits) for fix in result.fixes]
    assert shown
    assert refused[0] not in shown


def test_a_search_that_finds_only_doubtful_candidates_says_what_speaks_against_them() -> None:
    broken = seen("total([])", returned("0"), raised("IndexError"))
    result = searched(lambda _: Observation((TESTED, broken)))
    assert result.fixes == ()
    assert result.end is SearchEnd.DOUBTED
    assert "total([]) raises IndexError" in in_words(result)
