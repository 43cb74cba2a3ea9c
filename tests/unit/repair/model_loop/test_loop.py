"""The model loop with a scripted model: each mechanism is one without which the outcome is another.

The judge is honest: it runs the function that stands in the file on the inputs of the tests.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import FakeClock, FakeRunner
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.facts import Argument, BlockPass, Caller, CapturedCall, FunctionFacts
from lacuna_ls.domain.observation import (
    Behaviour,
    Ending,
    InputKind,
    Observation,
    ObservedInput,
)
from lacuna_ls.domain.test_result import (
    CoveredFile,
    Failure,
    Frame,
    Outcome,
    RunStatus,
    TestReport,
    TestResult,
)
from lacuna_ls.domain.text import apply_edits
from lacuna_ls.ports.code_runner import ObserveRequest, TestRequest
from lacuna_ls.repair.fix import Fix, Problem
from lacuna_ls.repair.model_loop.loop import LoopBudget, LoopEnd, LoopResult, refine_with_model
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.evidence import titled
from lacuna_ls.verification.replies import Unusable
from scripted_model import Question, ScriptedModel

ROOT = Path("/workspace")
HERE, TESTS = ROOT / "limits.py", ROOT / "test_limits.py"


def clamp(below: str, above: str, inside: str = "value") -> str:
    return f'''def clamp(value, low, high):
    """The value, but not below low and not above high."""
    if value < low:
        return {below}
    if value > high:
        return {above}
    return {inside}
'''


WRONG, RIGHT = clamp("high", "low"), clamp("low", "high")
BELOW, ABOVE, WORSE = clamp("low", "low"), clamp("high", "high"), clamp("high", "low", "low")
SHORT = "def clamp(value, low, high):\n    return max(low, min(value, high))\n"
CALLS = {
    "test_far_below": ((-100000, -50000, 90000), -50000),
    "test_below": ((1, 3, 9), 3),
    "test_above": ((12, 3, 9), 9),
    "test_inside": ((5, 3, 9), 5),
}
TEST_CODE = "from limits import clamp\n" + "".join(
    f"\n\ndef {name}():\n    assert clamp{call} == {result}\n"
    for name, (call, result) in CALLS.items()
)


def outcome(text: bytes, name: str) -> tuple[bool, str]:
    """What one test shows of a text: whether it passes, and what the function gave or raised."""
    call, expected = CALLS[name]
    space: dict[str, Callable[..., object]] = {}
    exec(compile(text, "limits.py", "exec"), space)  # only texts of this file come here
    try:
        got = space["clamp"](*call)
    except Exception as error:  # noqa: BLE001
        return False, f"{type(error).__name__}()"
    return got == expected, repr(got)


def result(request: TestRequest, text: bytes, name: str) -> TestResult:
    passed, got = outcome(text, name)
    test_id, covered = f"test_limits.py::{name}", (CoveredFile(HERE, (2, 3, 4, 5, 6)),)
    if passed:
        return TestResult(test_id, Outcome.PASSED, 0.01, covered=covered)
    line = next(i for i, each in enumerate(TEST_CODE.splitlines()) if f"def {name}(" in each) + 1
    message = f"assert {got} == {CALLS[name][1]}"
    failure = Failure("AssertionError", message, (Frame(TESTS, line, name),))
    facts = (seen(name, got),) if request.facts else ()
    return TestResult(test_id, Outcome.FAILED, 0.01, failure, covered, facts=facts)


def seen(name: str, got: str) -> FunctionFacts:
    """What a failing test recorded."""
    values = zip(("value", "low", "high"), map(repr, CALLS[name][0]), strict=True)
    arguments = tuple(Argument(each, text, text) for each, text in values)
    call = CapturedCall(1, arguments, got, got, None, Caller(TESTS, 1, name))
    block = BlockPass(1, 2, 3, (("value", arguments[0].text), ("return", got)))
    return FunctionFacts(HERE, "clamp", 0, 1, 1, blocks=(block,), captured=(call,))


def judge(request: TestRequest) -> TestReport:
    text = request.overlays[-1].data if request.overlays else WRONG.encode()
    wanted = [n for n in CALLS if any(t.endswith(("limits.py", f"::{n}")) for t in request.targets)]
    return TestReport(RunStatus.COMPLETED, tuple(result(request, text, n) for n in wanted))


def problem(path: Path = HERE, text: str = WRONG) -> Problem:
    document = open_document(path.as_uri(), 3, by_language_id("python"), text.encode())
    request = TestRequest(ROOT, Path("python"), ("test_limits.py",))
    return Problem(document, path, request, judge(request))


async def looped(
    script: Callable[[Question], Sequence[str]] | ScriptedModel,
    budget: LoopBudget | None = None,
    runner: FakeRunner | None = None,
    of: Problem | None = None,
    readable: bool = True,
    clock: FakeClock | None = None,
    confirmed: Callable[[Fix], None] = lambda _: None,
) -> LoopResult:
    model = script if isinstance(script, ScriptedModel) else ScriptedModel(script)
    return await refine_with_model(
        of or problem(),
        model,
        runner or FakeRunner(judge),
        clock or FakeClock(),
        lambda path: TEST_CODE.encode() if readable and path == TESTS else None,
        budget or LoopBudget(),
        confirmed,
    )


def texts(result: LoopResult) -> list[str]:
    return [apply_edits(WRONG.encode(), fix.candidate.edits).decode() for fix in result.fixes]


def fenced(code: str) -> str:
    return f"```python\n{code}```"


def change(before: str, after: str) -> str:
    return f"<<<<<<< SEARCH\n{before}\n=======\n{after}\n>>>>>>> REPLACE"


def hard(answer: Callable[[Question], str]) -> Callable[[Question], list[str]]:
    """A model whose first answers are of no use, and that explains without saying anything."""

    def script(question: Question) -> list[str]:
        if question.kind == "sample":
            return ["I am not sure."] * question.n
        return ["It goes wrong."] if question.kind == "explain" else [answer(question)]

    return script


# Easy cases: sampled and voted


async def test_an_easy_case_takes_one_question_and_its_evidence_names_the_model():
    model = ScriptedModel(lambda question: [fenced(RIGHT)] * question.n)
    result = await looped(model)
    assert (texts(result), result.end) == ([RIGHT], LoopEnd.FOUND)
    assert model.kinds == ["sample"]
    title = titled(f"Fix: {result.fixes[0].candidate.summary}", result.fixes[0].evidence)
    assert title == ("Fix: rewrite 2 lines of `clamp` (4 of 4 tests pass, written by coder.gguf)")


@pytest.mark.parametrize("majority", [RIGHT, SHORT])
async def test_of_drafts_that_pass_the_one_that_was_said_most_often_comes_first(majority: str):
    minority = SHORT if majority is RIGHT else RIGHT
    result = await looped(lambda _: [fenced(c) for c in (minority, majority, WORSE, majority)])
    assert len(result.fixes) == 2
    assert ("max(" in texts(result)[0]) == (majority is SHORT)


async def test_a_vote_does_not_depend_on_layout_comments_or_docstring():
    same = RIGHT.replace("    if value < low:\n", "    if value<low:  # too low\n\n")
    bare = "\n".join(line for line in RIGHT.splitlines() if '"""' not in line) + "\n"
    result = await looped(lambda _: [fenced(c) for c in (SHORT, RIGHT, same, bare)])
    assert texts(result)[0] == RIGHT
    assert result.drafts_tried == 2


async def test_replies_of_which_nothing_can_be_used_do_not_hide_the_one_that_can():
    replies = [
        "The bounds are swapped, I think.",
        "```python\n" + RIGHT[:70],
        fenced(RIGHT.replace(":\n", "\n")),
        fenced("def test_below():\n    assert True\n"),
        fenced("import pytest\n\n\n" + RIGHT.replace("low\n", "pytest.skip()\n")),
        fenced(WRONG),
        f"The bounds are swapped:\n{fenced(RIGHT)}\nNow they are not.",
    ]
    result = await looped(lambda _: replies, LoopBudget(samples=len(replies)))
    assert texts(result) == [RIGHT]
    assert set(dict(result.refused)) == {
        Unusable.UNPARSEABLE,
        Unusable.TRUNCATED,
        Unusable.ELSEWHERE,
        Unusable.FOREIGN_IMPORT,
        Unusable.UNCHANGED,
    }


async def test_a_server_that_gives_one_reply_at_a_time_is_asked_for_the_others():
    replies = iter([WORSE, BELOW, RIGHT, RIGHT])
    model = ScriptedModel(lambda _: [fenced(next(replies))])
    result = await looped(model)
    assert texts(result) == [RIGHT]
    assert model.kinds == ["sample"] * 4


# Hard cases: refined


async def test_a_hard_case_is_refined_until_it_passes():
    result = await looped(hard(lambda _: change("        return high", "        return low")))
    assert result.fixes == ()

    def answer(question: Question) -> str:
        half = "return low\n" in question.messages[1].content.rpartition("as it stands")[2]
        if "passes now" in question.text and half:
            return fenced(RIGHT)
        return fenced(BELOW)

    result = await looped(hard(answer))
    assert (texts(result), result.end) == ([RIGHT], LoopEnd.FOUND)


async def test_the_explanation_comes_first_and_is_there_when_the_code_is_written():
    def script(question: Question) -> list[str]:
        if question.kind == "explain":
            return ["EXPLANATION: the bounds are swapped."]
        explained = any(
            m.role == "assistant" and "EXPLANATION" in m.content for m in question.messages
        )
        return [fenced(RIGHT if explained else WORSE)]

    assert texts(await looped(script)) == [RIGHT]


@pytest.mark.parametrize("works", ["local", "global"])
async def test_a_local_and_a_global_draft_are_asked_for_and_either_may_be_right(works: str):
    def answer(question: Question) -> str:
        if question.kind != works:
            return "```python\n" + RIGHT[:50]
        if works == "global":
            return fenced(RIGHT)
        return change(
            "        return high\n    if value > high:\n        return low",
            "        return low\n    if value > high:\n        return high",
        )

    assert texts(await looped(hard(answer))) == [RIGHT]


async def test_a_local_draft_is_applied_to_the_code_that_was_asked_about():
    def script(question: Question) -> list[str]:
        if question.kind == "sample":
            return [fenced(BELOW)]
        if question.kind == "explain":
            return ["It returns low twice."]
        return [change("if value > high:\n    return low", "if value > high:\n    return high")]

    assert texts(await looped(script)) == [RIGHT]


async def test_the_smallest_failing_input_and_what_it_breaks_are_told():
    def script(question: Question) -> list[str]:
        told = (
            "The smallest failing input: clamp(value=1, low=3, high=9) returned 9" in question.text
            and "assert clamp(1, 3, 9) == 3\nAssertionError: assert 9 == 3" in question.text
        )
        return [fenced(RIGHT if told else WORSE)]

    assert texts(await looped(script)) == [RIGHT]


async def test_the_values_of_each_block_are_told():
    def answer(question: Question) -> str:
        told = "#     value = 1\n#     returns 9" in question.text
        return fenced(RIGHT if told else WORSE)

    assert texts(await looped(hard(answer))) == [RIGHT]


async def test_the_values_are_those_of_the_draft_that_is_refined():
    def script(question: Question) -> list[str]:
        if question.kind == "sample":
            return [fenced(BELOW)]
        told = "#     value = 12\n#     returns 3" in question.text
        return [fenced(RIGHT if told else WORSE)]

    assert texts(await looped(script)) == [RIGHT]


async def test_the_draft_that_stands_best_is_refined_first():
    def script(question: Question) -> list[str]:
        if question.kind == "sample":
            return [fenced(ABOVE), fenced(ABOVE), fenced(BELOW), fenced(WORSE)]
        current = question.text.rpartition("The function as it stands")[2]
        return [fenced(RIGHT if BELOW in current else WORSE)]

    assert texts(await looped(script, LoopBudget(max_rounds=1))) == [RIGHT]


async def test_a_draft_that_is_worse_than_its_origin_is_not_refined():
    def script(question: Question) -> list[str]:
        if question.kind == "sample":
            return [fenced(BELOW)]
        current = question.text.rpartition("The function as it stands")[2]
        if WRONG in current:
            return [fenced(RIGHT)]
        return [fenced(ABOVE)] if BELOW in current else ["I do not know."]

    assert texts(await looped(script, LoopBudget(max_rounds=2))) == [RIGHT]


async def test_the_best_drafts_are_carried_forward_with_what_became_of_each_test():
    def script(question: Question) -> list[str]:
        if question.kind == "sample":
            return [fenced(BELOW), fenced(ABOVE)]
        told = all(
            line in question.text
            for line in (
                "- test_limits.py::test_below passes now",
                "- test_limits.py::test_above still fails: AssertionError: assert 3 == 9",
                "- test_limits.py::test_above passes now",
                "- test_limits.py::test_below still fails: AssertionError: assert 9 == 3",
            )
        )
        return [fenced(RIGHT if told else WORSE)]

    assert texts(await looped(script, LoopBudget(max_rounds=1))) == [RIGHT]


@pytest.mark.parametrize("again", [WRONG, BELOW], ids=["the old code", "a draft"])
async def test_who_says_the_same_again_is_asked_without_the_old_code(again: str):
    def script(question: Question) -> list[str]:
        out_of_sight = "if value < low" not in question.text
        return [fenced(RIGHT if out_of_sight else again)]

    model = ScriptedModel(script)
    assert texts(await looped(model)) == [RIGHT]
    assert model.kinds[-1] == "restart"
    assert '"""The value, but not below low' in model.questions[-1].text


async def test_what_was_tried_is_not_run_again():
    runner = FakeRunner(judge)
    result = await looped(lambda _: [fenced(WORSE)], runner=runner)
    assert result.fixes == ()
    assert len(runner.screened) == 1
    assert dict(result.refused)[Unusable.SEEN] > 0


# Bounds


def something_new() -> Callable[[Question], list[str]]:
    """A model that never says the same twice and is never right."""
    count = iter(range(1000))
    return hard(
        lambda _: fenced(WRONG.replace("return value", f"return value + 0 * {next(count)}"))
    )


async def test_rounds_without_gain_end_the_loop():
    model = ScriptedModel(something_new())
    result = await looped(model, LoopBudget(max_rounds=9))
    assert (result.fixes, result.end) == ((), LoopEnd.NO_GAIN)
    assert model.kinds.count("explain") == 2


async def test_no_more_tokens_are_spent_than_allowed():
    result = await looped(something_new(), LoopBudget(max_tokens=1500))
    assert result.end is LoopEnd.OVER_BUDGET
    assert 0 < result.tokens <= 1500


async def test_no_question_is_asked_after_the_time_is_over():
    model = ScriptedModel(something_new())
    result = await looped(model, LoopBudget(wall_s=10.0), clock=FakeClock(step_s=4.0))
    assert len(model.questions) <= 2
    assert result.fixes == ()


async def test_a_model_that_fails_is_quoted():
    def script(question: Question) -> list[str]:
        raise ModelError("localhost:1 could not be reached")

    result = await looped(script)
    assert (result.end, result.reason) == (
        LoopEnd.MODEL_FAILED,
        "localhost:1 could not be reached",
    )


async def test_at_most_the_asked_number_of_fixes_is_confirmed():
    result = await looped(lambda _: [fenced(RIGHT), fenced(SHORT)], LoopBudget(max_fixes=1))
    assert len(result.fixes) == 1


# What is run, and what is believed


async def test_a_draft_that_breaks_another_test_is_no_fix_and_says_what_it_breaks():
    breaking = clamp("low", "high", "low")

    def script(question: Question) -> list[str]:
        if question.kind == "sample":
            return [fenced(breaking)]
        told = "test_inside passed before and fails now: AssertionError: assert 3 == 5"
        return [fenced(RIGHT if told in question.text else WORSE)]

    assert texts(await looped(lambda _: [fenced(breaking)])) == []
    assert texts(await looped(script)) == [RIGHT]


async def test_a_draft_that_is_refuted_beside_the_tests_is_told_why_and_is_no_fix():
    """`SHORT` passes all tests; of an input beside them it is said to raise what no test sees."""

    def behaviour(request: ObserveRequest) -> Observation:
        fine = Behaviour(Ending.RETURNED, "2", "2", "-50000")
        raises = Behaviour(Ending.RAISED, exception="TypeError")
        refuted = b"max(" in request.variants[1]
        tested = observed_input("clamp(1, 3, 9)", InputKind.CAPTURED, fine, fine)
        beside = observed_input(
            "clamp(1, 9, 3)", InputKind.MUTATED, fine, raises if refuted else fine
        )
        return Observation((tested, beside))

    def script(question: Question) -> list[str]:
        told = "it passes the tests, but clamp(1, 9, 3) raises TypeError"
        return [fenced(RIGHT if told in question.text else SHORT)]

    runner = FakeRunner(judge, behaviour=behaviour)
    assert texts(await looped(script, runner=runner)) == [RIGHT]


def observed_input(call: str, kind: InputKind, *behaviours: Behaviour) -> ObservedInput:
    return ObservedInput(call, call, kind, "", True, behaviours)


async def test_a_fix_is_confirmed_twice_with_different_hash_seeds_and_told_at_once():
    runner = FakeRunner(judge)
    told: list[Fix] = []
    result = await looped(lambda _: [fenced(RIGHT)], runner=runner, confirmed=told.append)
    seeds = [r.hash_seed for r in runner.requests if r.overlays and r.hash_seed is not None]
    assert sorted(seeds) == [1, 2]
    assert tuple(told) == result.fixes


async def test_a_draft_that_passes_once_is_not_believed():
    def script(request: TestRequest) -> TestReport:
        return judge(request if request.hash_seed != 2 else replace(request, overlays=()))

    assert (await looped(lambda _: [fenced(RIGHT)], runner=FakeRunner(script))).fixes == ()


async def test_what_must_not_be_read_is_not_told():
    model = ScriptedModel(lambda _: [fenced(RIGHT)])
    await looped(model, readable=False)
    assert "def test_below" not in model.questions[0].text
    assert "return high" in model.questions[0].text


@pytest.mark.parametrize("name", ["test_limits.py", "conftest.py"])
async def test_a_test_file_is_never_shown_or_edited(name: str):
    model = ScriptedModel(lambda _: [fenced(RIGHT)])
    result = await looped(model, of=problem(ROOT / name))
    assert result.end is LoopEnd.NOT_SEARCHABLE
    assert model.questions == []


async def test_a_failure_that_does_not_show_again_is_not_asked_about():
    def script(request: TestRequest) -> TestReport:
        report = judge(request)
        return replace(report, results=report.results[-1:])

    model = ScriptedModel(lambda _: [fenced(RIGHT)])
    result = await looped(model, runner=FakeRunner(script))
    assert (result.end, model.questions) == (LoopEnd.FLAKY, [])
