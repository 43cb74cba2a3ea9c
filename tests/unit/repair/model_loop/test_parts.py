"""What the loop is made of: standing, tree, one list of two, and what is told of a failure."""

from dataclasses import replace
from pathlib import Path

from fakes import FakeRunner
from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.observation import (
    Behaviour,
    Ending,
    InputKind,
    Observation,
    ObservedInput,
)
from lacuna_ls.domain.test_result import Failure, Frame, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.ports.code_runner import ObserveRequest, TestRequest
from lacuna_ls.repair.fix import Fix, Problem
from lacuna_ls.repair.model_loop.briefing import briefing
from lacuna_ls.repair.model_loop.joined import joined, told_apart
from lacuna_ls.repair.model_loop.language import drafting_of
from lacuna_ls.repair.model_loop.prompts import Attempt, Strategy
from lacuna_ls.repair.model_loop.standing import Standing, in_words, standing
from lacuna_ls.repair.model_loop.target import functions, header, most_suspicious, surroundings
from lacuna_ls.repair.model_loop.tree import Node, Tree
from lacuna_ls.repair.proposers.template import templates_of
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.evidence import Evidence, titled

PYTHON = by_language_id("python")
HERE, TESTS = Path("/w/a.py"), Path("/w/test_a.py")


def report(status: RunStatus = RunStatus.COMPLETED, **outcomes: str) -> TestReport:
    """Tests by name: "passed", or the exception that they fail with."""
    return TestReport(
        status,
        tuple(
            TestResult(f"test_a.py::{name}", Outcome.PASSED, 0.0)
            if outcome == "passed"
            else TestResult(
                f"test_a.py::{name}",
                Outcome.FAILED,
                0.0,
                Failure(outcome, "what it was", (Frame(TESTS, 4, name),)),
            )
            for name, outcome in outcomes.items()
        ),
    )


BEFORE = report(one="AssertionError", two="AssertionError", three="passed")


def test_texts_stand_in_the_order_of_how_near_they_are_to_passing():
    nothing_runs = standing(BEFORE, report(RunStatus.COLLECTION_ERROR))
    hangs = standing(BEFORE, report(RunStatus.TIMED_OUT))
    breaks = standing(BEFORE, report(one="passed", two="passed", three="ValueError"))
    raises = standing(BEFORE, report(one="passed", two="TypeError", three="passed"))
    wrong = standing(BEFORE, report(one="passed", two="AssertionError", three="passed"))
    nothing_changed = standing(BEFORE, BEFORE)
    order = [nothing_runs, hangs, nothing_changed, breaks, raises, wrong]
    assert sorted(order) == [nothing_runs, hangs, nothing_changed, breaks, raises, wrong]


def test_the_difference_is_told_test_by_test():
    after = report(one="passed", two="TypeError")
    assert in_words(BEFORE, after) == (
        "- test_a.py::one passes now\n"
        "- test_a.py::two still fails: TypeError: what it was\n"
        "- test_a.py::three passed before and does not run any more"
    )


def node(net: int, code: str) -> Node:
    return Node(Attempt(code, ""), b"", Standing(2, net, 0), Strategy.GLOBAL)


def test_the_original_is_refined_where_no_draft_is_left():
    tree = Tree(node(0, "original"), beam=2)
    assert tree.add(node(1, "a"))
    assert [each.attempt.code for each in iter(tree.next_to_refine, None)] == ["a", "original"]


def test_only_the_beam_is_refined():
    tree = Tree(node(0, "original"), beam=2)
    for net, code in ((1, "a"), (3, "b"), (2, "c")):
        tree.add(node(net, code))
    assert [each.attempt.code for each in iter(tree.next_to_refine, None)] == ["b", "c", "original"]


def fix(start: int, end: int, new: bytes, summary: str = "") -> Fix:
    return Fix(Candidate(summary, (TextEdit(Span(start, end), new),)), Evidence(1, 1), Span(0, 9))


DATA = b"x = 1 + 2"


def test_what_two_searches_agree_on_comes_first_in_the_words_of_the_one_that_has_words():
    found = [fix(4, 5, b"2", "small"), fix(4, 9, b"30", "both")]
    drafted = [fix(4, 9, b"30", "drafted"), fix(8, 9, b"4444444", "large")]
    order = joined(DATA, found, drafted)
    assert [each.candidate.summary for each in order] == ["both", "small", "large"]


def test_each_search_keeps_its_own_order():
    found = [fix(0, 9, b"a" * 40, "best"), fix(4, 5, b"2", "second")]
    drafted = [fix(4, 9, b"xyz", "draft")]
    order = joined(DATA, found, drafted)
    assert [each.candidate.summary for each in order] == ["draft", "best", "second"]


async def test_fixes_of_both_searches_are_told_apart_by_an_input_on_which_they_differ():
    before = b"def f(x):\n    return x\n"
    at = before.rindex(b"x")
    source = open_document("file:///w/a.py", 1, PYTHON, before)
    scope = Span(0, len(before) - 1)
    found, drafted = (
        replace(fix(at, at + 1, new, new.decode()), scope=scope) for new in (b"x + 1", b"x * 2")
    )

    def behaviour(request: ObserveRequest) -> Observation:
        ended = [Behaviour(Ending.RETURNED, v, v, v) for v in ("5", "6", "10")]
        seen = ObservedInput("f(5)", "f(5)", InputKind.MUTATED, "", True, tuple(ended))
        return Observation((seen,))

    request = TestRequest(Path("/w"), Path("python"), ("test_a.py",))
    runner = FakeRunner(lambda _: BEFORE, behaviour=behaviour)
    ranked = await told_apart(Problem(source, HERE, request, BEFORE), [found, drafted], runner)
    titles = [titled(each.candidate.summary, each.evidence) for each in ranked]
    assert titles[0] == "x + 1 (1 of 1 test passes; 2 readings: f(5) returns 6)"
    assert titles[1] == "x * 2 (1 of 1 test passes; 2 readings: f(5) returns 10)"


SHOP = '''import math
from os import path


class Cart:
    """A cart."""

    def total(self):
        """What it costs."""
        return sum(self.prices)

    def count(self):
        return len(self.items)


def free():
    return 0


def test_shop():
    assert free() == 0
'''


def document() -> Document:
    return open_document("file:///w/a.py", 1, PYTHON, SHOP.encode())


def test_the_function_with_the_most_suspicious_line_is_the_target():
    templates = templates_of(PYTHON)
    assert templates is not None
    found = functions(document(), templates)
    assert [each.name for each in found] == ["total", "count", "free"]
    suspicion = [0.0] * 25
    assert most_suspicious(found, suspicion, document()) is None
    suspicion[11], suspicion[15] = 0.4, 0.3
    target = most_suspicious(found, suspicion, document())
    assert target is not None
    assert target.name == "count"


def test_a_header_has_the_docstring_and_nothing_of_the_body():
    templates, drafting = templates_of(PYTHON), drafting_of(PYTHON)
    assert templates is not None
    assert drafting is not None
    total = functions(document(), templates)[0]
    assert header(document(), total, drafting) == ('def total(self):\n    """What it costs."""')


def test_the_surroundings_leave_the_target_out_and_are_shortened_to_what_fits():
    templates, drafting = templates_of(PYTHON), drafting_of(PYTHON)
    assert templates is not None
    assert drafting is not None
    total = functions(document(), templates)[0]
    whole = surroundings(document(), total, drafting, 5000)
    assert "def count" in whole
    assert "sum(self.prices)" not in whole
    short = surroundings(document(), total, drafting, 100)
    assert short.startswith("import math\nfrom os import path\n")
    assert len(short) <= 100


def test_an_input_that_was_shrunk_is_told_as_it_was_left():
    templates = templates_of(PYTHON)
    assert templates is not None
    (_, _, free) = functions(document(), templates)
    (failed,) = report(free="AssertionError").results
    assert failed.failure is not None
    shrunk = replace(failed, failure=replace(failed.failure, example="free(n=0)"))
    other = replace(failed, test_id="test_a.py::a")
    told = briefing(
        TestReport(RunStatus.COMPLETED, (other, shrunk)),
        document(),
        HERE,
        free,
        lambda path: b"\n\n\n\nassert free(n) == 1\n" if path == TESTS else None,
    )
    assert told.example == "free(n=0)"
    assert told.broken == "assert free(n) == 1\nAssertionError: what it was"
