"""Every example of every action, run: the examples are what the manual prints."""

import ast
import asyncio
import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import lacuna_ls.actions
from fakes import FakeClock, FakeRunner
from lacuna_ls.actions import break_function, extract_by_model, fix_failing_test, speed_up
from lacuna_ls.actions.break_function import Found
from lacuna_ls.actions.provider import ActionRequest, CodeActionProvider, Example, Offer
from lacuna_ls.actions.registry import all_offers
from lacuna_ls.domain.observation import (
    Behaviour,
    Ending,
    InputKind,
    Observation,
    ObservedInput,
)
from lacuna_ls.domain.test_result import Failure, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import Span, apply_edits, decode, encode
from lacuna_ls.domain.timing import LARGEST, Timed, Timing
from lacuna_ls.optimization.engine import Faster
from lacuna_ls.optimization.engine import Target as SlowTarget
from lacuna_ls.optimization.engine import search as search_speed_up
from lacuna_ls.ports.code_runner import ObserveRequest, TestRequest
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.repair.engine import search
from lacuna_ls.repair.finished import FinishedFixes
from lacuna_ls.repair.fix import Budget, Problem
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import span_of
from lacuna_ls.verification.breaking import Broken, Target, try_to_break
from lacuna_ls.verification.callables import callable_at
from lacuna_ls.worker.behaviour import of_call
from lacuna_ls.worker.canonical import form
from lacuna_ls.worker.capture import Call
from lacuna_ls.worker.documented import call_of
from lacuna_ls.worker.documented import examples as documented_examples
from lacuna_ls.worker.inputs import Contract, mutants
from marked_text import read_marks
from scripted_model import ScriptedModel

PATH = Path("/workspace/example.py")
Prepare = Callable[[Example, Document], CodeActionProvider]


def after_a_search(example: Example, document: Document) -> CodeActionProvider:
    """The menu after a red save: a runner to which only the example's result is right."""
    red = TestReport(RunStatus.COMPLETED, (TestResult("test_example.py::t", Outcome.FAILED, 0.0),))
    green = TestReport(
        RunStatus.COMPLETED, (TestResult("test_example.py::t", Outcome.PASSED, 0.0),)
    )
    right = None if example.after is None else encode(example.after)

    def script(request: TestRequest) -> TestReport:
        return green if request.overlays and request.overlays[-1].data == right else red

    request = TestRequest(PATH.parent, Path("python"), ("test_example.py",))
    problem = Problem(document, PATH, request, red)
    result = asyncio.run(search(problem, FakeRunner(script), FakeClock(), Budget()))
    finished = FinishedFixes()
    finished.put(document.uri, document.version, result.fixes)
    return fix_failing_test.provider(finished)


def after_an_attempt(example: Example, document: Document) -> CodeActionProvider:
    """The menu after "Try to break": the example's function is called here, in this process."""
    offset = read_marks(example.before)[1].start
    assert document.tree is not None
    function = callable_at(
        document.tree.root_node, Span(offset, offset), frozenset({"function_definition"})
    )
    assert function is not None
    runner = FakeRunner(red_for, behaviour=observed_here)
    request = TestRequest(PATH.parent, Path("python"), (PATH.name,))
    target = Target(document, PATH, function, request, PATH, document.data)
    result = asyncio.run(try_to_break(target, runner, FakeClock(), 10.0))
    found = [Found(span_of(function.node), result)] if isinstance(result, Broken) else []
    return break_function.provider(lambda _: found)


def red_for(request: TestRequest) -> TestReport:
    """The run of a test: it fails with what its last line raises."""
    names: dict[str, Any] = {}
    exec(request.overlays[-1].data, names)
    test_id = request.targets[0]
    try:
        names[test_id.partition("::")[2]]()
    except (AssertionError, IndexError) as error:
        failure = Failure(type(error).__name__, str(error), ())
        result = TestResult(test_id, Outcome.FAILED, 0.0, failure)
        return TestReport(RunStatus.COMPLETED, (result,))
    return TestReport(RunStatus.COMPLETED, (TestResult(test_id, Outcome.PASSED, 0.0),))


def observed_here(request: ObserveRequest) -> Observation:
    """As the worker observes, without processes: calls in the asserts stand for captured ones."""
    text = request.variants[0]
    functions = []
    for variant in request.variants:
        names: dict[str, Any] = {}
        exec(variant, names)
        functions.append(names[request.function])
    function = functions[0]
    captured = [
        call
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assert)
        and (call := call_of(ast.unparse(node.test).partition(" == ")[0])) is not None
    ]
    inputs = [(call, "captured", "") for call in captured]
    inputs += [
        (example.call, "documented", repr((example.expected or ("",))[0]))
        for example in documented_examples(function, request.function)
    ]
    if request.probes:
        probes = [call for code in request.probes if (call := call_of(code)) is not None]
        contract = Contract(captured)
        inputs += [(call, "probed", "") for call in probes if contract.judged(call)]
    else:
        made = mutants(captured, request.mutated, request.seed)
        inputs += [(each.call, "edge" if each.edge else "mutated", "") for each in made]
    return Observation(tuple(seen_here(functions, request.function, *each) for each in inputs))


def seen_here(
    functions: Sequence[Callable[..., Any]], name: str, call: Call, kind: str, expected: str
) -> ObservedInput:
    kept = [of_call(function, call, 1.0) for function in functions]
    code = f"{name}({', '.join(map(repr, call.positional))})"
    behaviours = tuple(Behaviour(Ending(each[0]), *each[1:]) for each in kept)
    loose = form(ast.literal_eval(expected)).loose if expected else ""
    return ObservedInput(code, code, InputKind(kind), "", True, behaviours, loose, expected)


class TimedRunner(FakeRunner):
    """A rewrite is faster the shorter it is; all pass the tests."""

    async def time(self, request: TimeRequest) -> Timing:
        variants = request.variants[1:]
        ones = (4000.0,) * 9
        rows = [
            tuple(
                Timed(level, 0, 10, True, ones, (1000.0 + len(each),) * 9) for level in (0, LARGEST)
            )
            for each in variants
        ]
        return Timing(tuple(rows), confined=self.tier)


def after_a_speed_search(example: Example, document: Document) -> CodeActionProvider:
    """The menu after a search for a speed-up; the calls are made here, in this process."""
    offset = read_marks(example.before)[1].start
    assert document.tree is not None
    assert document.language is not None
    function = callable_at(
        document.tree.root_node, Span(offset, offset), frozenset({"function_definition"})
    )
    assert function is not None
    green = TestReport(
        RunStatus.COMPLETED, (TestResult("test_example.py::t", Outcome.PASSED, 0.0),)
    )
    runner = TimedRunner(lambda _: green, behaviour=observed_here)
    request = TestRequest(PATH.parent, Path("python"), (PATH.name,))
    target = SlowTarget(document.data, PATH, function.name, document.language, request)
    result = asyncio.run(search_speed_up(target, runner))
    span = span_of(function.node)
    found = [speed_up.Found(span, function.name, result)] if isinstance(result, Faster) else []
    return speed_up.provider(lambda _: found)


def with_a_model(example: Example, document: Document) -> CodeActionProvider:
    """The menu of somebody who has a model: it always chooses the first part."""
    model = ScriptedModel(lambda _: ("1 revenue_of",))
    return extract_by_model.provider(lambda _: model)


# Actions whose provider answers from what was found earlier: how a test finds it.
PREPARE: dict[str, Prepare] = {
    "fix_failing_test": after_a_search,
    "break_function": after_an_attempt,
    "speed_up": after_a_speed_search,
    "extract_by_model": with_a_model,
}


def examples() -> Iterator[object]:
    for info in pkgutil.iter_modules(lacuna_ls.actions.__path__):
        module = importlib.import_module(f"lacuna_ls.actions.{info.name}")
        for example in getattr(module, "EXAMPLES", ()):
            yield pytest.param(info.name, example, id=f"{info.name}: {example.title}")


@pytest.mark.parametrize(("action", "example"), list(examples()))
def test_the_example_gives_what_the_manual_says(action: str, example: Example) -> None:
    data, span = read_marks(example.before)
    language = by_language_id(example.language_id)
    document = open_document(PATH.as_uri(), 1, language, data)
    provider = prepared(action, example, document)
    offers = all_offers([provider], ActionRequest(document, span, asked=True))
    assert all(offer.version == document.version for offer in offers)
    if example.after is None:
        assert_refused(offers, example.refusal)
        return
    doable = [offer for offer in offers if offer.disabled is None]
    assert doable, f"nothing offered; disabled: {[offer.disabled for offer in offers]}"
    first = doable[0] if doable[0].later is None else asyncio.run(made(doable[0].later))
    assert decode(apply_edits(data, first.edits)) == example.after


async def made(later: Callable[[], Awaitable[Offer]]) -> Offer:
    return await later()


def prepared(action: str, example: Example, document: Document) -> CodeActionProvider:
    if action in PREPARE:
        return PREPARE[action](example, document)
    module = importlib.import_module(f"lacuna_ls.actions.{action}")
    provider: CodeActionProvider = module.provider()
    return provider


def assert_refused(offers: tuple[Offer, ...], reason: str) -> None:
    assert not [offer.title for offer in offers if offer.disabled is None]
    if not reason:
        assert not offers
        return
    assert any(reason in (offer.disabled or "") for offer in offers), [o.disabled for o in offers]
