"""Every example of every action, run: the examples are what the manual prints."""

import asyncio
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import lacuna_ls.actions
from fakes import FakeClock, FakeRunner
from lacuna_ls.actions import fix_failing_test
from lacuna_ls.actions.provider import ActionRequest, CodeActionProvider, Example, Offer
from lacuna_ls.actions.registry import all_offers
from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import apply_edits, decode, encode
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.engine import search
from lacuna_ls.repair.finished import FinishedFixes
from lacuna_ls.repair.fix import Budget, Problem
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id
from marked_text import read_marks

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


# Actions whose provider answers from what was found earlier: how a test finds it.
PREPARE: dict[str, Prepare] = {"fix_failing_test": after_a_search}


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
    assert decode(apply_edits(data, doable[0].edits)) == example.after


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
