"""What a save sets off, with scripted runs: what is shown, what is said, what is ended."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from e2e.fake_server import build_services
from fakes import FakeClock, FakeFiles
from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.errors import LacunaError, RunnerError, UntrustedFolderError
from lacuna_ls.domain.observation import Observation
from lacuna_ls.domain.test_result import (
    Failure,
    Frame,
    Outcome,
    RunStatus,
    TestReport,
    TestResult,
)
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.lsp import readiness, text_sync
from lacuna_ls.lsp.fix_search import MOST_AT_ONCE, NICENESS
from lacuna_ls.lsp.framing import Framing
from lacuna_ls.lsp.lifecycle import create_server
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.lsp.saves import Saves
from lacuna_ls.lsp.uris import uri_of
from lacuna_ls.ports.code_runner import Candidates, ObserveRequest, TestRequest
from lacuna_ls.repair.finished import FinishedFixes
from lacuna_ls.repair.fix import Fix
from lacuna_ls.settings import Settings
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.evidence import Evidence

SHOP = "def price(n):\n    return n * 3\n"
GREEN = TestReport(
    RunStatus.COMPLETED, (TestResult("test_shop.py::test_price", Outcome.PASSED, 0.1),)
)


@dataclass
class Runner:
    """A `CodeRunner` whose runs end when the test says so; `killed` are those that were ended."""

    requests: list[TestRequest] = field(default_factory=list)
    killed: list[TestRequest] = field(default_factory=list)
    screens: int = 0
    expected: asyncio.Queue[TestRequest] = field(default_factory=asyncio.Queue)
    _ends: "list[asyncio.Future[TestReport]]" = field(default_factory=list)
    _began: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, request: TestRequest) -> TestReport:
        end: asyncio.Future[TestReport] = asyncio.get_running_loop().create_future()
        self.requests.append(request)
        self._ends.append(end)
        self._began.set()
        try:
            return await end
        except asyncio.CancelledError:
            self.killed.append(request)
            raise

    async def screen(
        self, request: TestRequest, candidates: Candidates
    ) -> AsyncIterator[TestReport]:
        self.screens += 1
        await asyncio.Event().wait()
        yield GREEN

    async def observe(self, request: ObserveRequest) -> Observation:
        return Observation(())

    async def began(self, count: int) -> None:
        while len(self.requests) < count:
            self._began.clear()
            await self._began.wait()

    async def ended(self, number: int, report: TestReport | Exception) -> None:
        """The run of this number, once it has begun, ends with `report`."""
        await self.began(number)
        if isinstance(report, Exception):
            self._ends[number - 1].set_exception(report)
        else:
            self._ends[number - 1].set_result(report)


class Desk:
    """A server without a client's process, the files of a shop, and a runner."""

    def __init__(self, root: Path, *, trusted: bool = True) -> None:
        self.root = root.resolve()
        self.server = create_server(build_services)
        self.server.roots = (self.root,)
        self.server.protocol.set_writer(self)
        text_sync.register(self.server)
        if trusted:
            self.server.trust.trust_for_session([self.root])
        else:
            self.server.settings = Settings(trust="never")
        self.runner, self.files, self.finished = Runner(), FakeFiles(), FinishedFixes()
        self.no_python: LacunaError | None = None
        tools = SaveTools(
            self.runner,
            self.files,
            FakeClock(),
            self.finished,
            self._interpreter,
            expect=self.runner.expected.put,
        )
        self.saves = Saves(self.server, tools)
        self.sent: list[dict[str, Any]] = []
        self._framing = Framing()
        self._saving: list[asyncio.Task[None]] = []
        for stem in ("shop", "cart"):
            self.files.contents[self.root / f"test_{stem}.py"] = b""

    def _interpreter(self, root: Path, path: Path) -> Path:
        if self.no_python is not None:
            raise self.no_python
        return Path(sys.executable)

    def write(self, data: bytes) -> None:
        self.sent += map(json.loads, self._framing.feed(data))

    def close(self) -> None:
        """A writer's part that is not needed here."""

    def open(self, name: str, text: str, *, on_disk: str | bytes | None = None) -> Document:
        path = self.root / name
        disk = text if on_disk is None else on_disk
        self.files.contents[path] = disk if isinstance(disk, bytes) else encode(disk)
        return self._put(name, 1, text)

    def edit(self, document: Document, text: str) -> Document:
        after = self._put(document.uri.rpartition("/")[2], document.version + 1, text)
        self.server.diagnostics.edited(document, after)
        self.saves.edited(document.uri)
        return after

    def save(self, document: Document) -> "asyncio.Task[None]":
        self._saving.append(asyncio.ensure_future(self.saves.saved(document)))
        return self._saving[-1]

    async def red(self, document: Document, *frames: str) -> None:
        """Save; the run, the next one, ends with a failure."""
        number = len(self.runner.requests) + 1
        saving = self.save(document)
        await self.runner.ended(number, self.failed(*frames))
        await saving

    def failed(self, *frames: str, test: str = "test_shop.py") -> TestReport:
        at = tuple(Frame(self.root / name, 1, "f") for name in (test, *frames))
        failure = Failure("AssertionError", "assert 3 == 4", at)
        result = TestResult(f"{test}::test_price", Outcome.FAILED, 0.1, failure)
        return TestReport(RunStatus.COMPLETED, (result,))

    def published(self, document: Document) -> list[list[str]]:
        """The messages of each publication for this document."""
        return [
            [each["message"] for each in message["params"]["diagnostics"]]
            for message in self.sent
            if message.get("method") == "textDocument/publishDiagnostics"
            and message["params"]["uri"] == document.uri
        ]

    def said(self, method: str = "window/showMessage") -> list[str]:
        return [m["params"]["message"] for m in self.sent if m.get("method") == method]

    def _put(self, name: str, version: int, text: str) -> Document:
        uri = uri_of(self.root / name)
        document = open_document(uri, version, by_language_id("python"), encode(text))
        self.server.documents.put(document)
        return document


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    await desk.saves.close()


async def turns() -> None:
    """Let the loop turn until all that waits for nothing else has gone on."""
    for _ in range(100):
        await asyncio.sleep(0)


async def test_a_failure_is_shown_in_the_saved_version(desk):
    shop = desk.open("shop.py", SHOP)
    await desk.red(shop, "shop.py")
    assert desk.published(shop) == [["test_price: assert 3 == 4"]]


async def test_a_newer_save_of_a_document_kills_the_older_run_and_the_last_save_runs(desk):
    shop = desk.open("shop.py", SHOP)
    older = desk.save(shop)
    await desk.runner.began(1)
    newer = [desk.save(shop) for _ in range(3)]
    await desk.runner.ended(2, GREEN)
    await asyncio.gather(older, *newer)
    assert desk.runner.killed == desk.runner.requests[:1]
    assert desk.published(shop) == [[]]


async def test_saves_of_two_documents_run_one_after_the_other_and_both_report(desk):
    shop, cart = desk.open("shop.py", SHOP), desk.open("cart.py", "x = 1\n")
    saves = [desk.save(shop), desk.save(cart)]
    await desk.runner.began(1)
    await turns()
    assert len(desk.runner.requests) == 1
    await desk.runner.ended(1, GREEN)
    await desk.runner.ended(2, GREEN)
    await saves[0]
    await saves[1]
    assert [r.targets for r in desk.runner.requests] == [("test_shop.py",), ("test_cart.py",)]
    assert (desk.published(cart)[-1], desk.runner.killed) == ([], [])


async def test_what_is_typed_while_the_tests_run_does_not_lose_their_result(desk):
    shop = desk.open("shop.py", SHOP)
    saving = desk.save(shop)
    await desk.runner.began(1)
    after = desk.edit(shop, "# new\n" + SHOP)
    await desk.runner.ended(1, desk.failed("shop.py"))
    await saving
    (message,) = [m for m in desk.sent if m.get("method") == "textDocument/publishDiagnostics"]
    (found,) = message["params"]["diagnostics"]
    assert found["range"]["start"]["line"] == 2
    assert desk.published(after) == [["test_price: assert 3 == 4"]]


async def test_what_was_edited_before_its_tests_began_is_followed_too(desk):
    shop = desk.open("shop.py", SHOP)
    saving = desk.save(shop)
    desk.edit(shop, SHOP + "x = 1\n")
    await desk.runner.ended(1, desk.failed("shop.py"))
    await saving
    assert desk.published(shop) == [["test_price: assert 3 == 4"]]
    assert len(desk.runner.requests) == 1, "fixes are searched for a text that nobody has any more"


async def test_an_edit_ends_the_search(desk):
    shop = desk.open("shop.py", SHOP)
    await desk.red(shop, "shop.py")
    await desk.runner.began(2)
    desk.edit(shop, SHOP + "\n")
    await turns()
    assert desk.runner.requests[1] in desk.runner.killed


async def test_two_red_files_that_are_saved_together_are_both_searched(desk):
    shop, cart = desk.open("shop.py", SHOP), desk.open("cart.py", "x = 1\n")
    saves = [desk.save(shop), desk.save(cart)]
    # Each red run is followed by the search's own; they take turns with the save that waits.
    for number in range(1, 5):
        await desk.runner.began(number)
        (stem,) = desk.runner.requests[number - 1].targets
        await desk.runner.ended(number, desk.failed(stem.removeprefix("test_"), test=stem))
    await asyncio.gather(*saves)
    await turns()
    assert desk.runner.screens == 2
    targets = [request.targets for request in desk.runner.requests]
    assert sorted(targets) == [("test_cart.py",)] * 2 + [("test_shop.py",)] * 2
    assert desk.runner.killed == []


async def test_no_more_than_a_few_searches_run_at_once(desk):
    stems = ["shop", "cart", "till"]
    desk.files.contents[desk.root / "test_till.py"] = b""
    saves = [desk.save(desk.open(f"{stem}.py", SHOP)) for stem in stems]
    for number in range(1, len(stems) + MOST_AT_ONCE + 1):
        await desk.runner.began(number)
        (test,) = desk.runner.requests[number - 1].targets
        await desk.runner.ended(number, desk.failed(test.removeprefix("test_"), test=test))
    await asyncio.gather(*saves)
    await turns()
    assert desk.runner.screens == MOST_AT_ONCE
    assert len(desk.runner.requests) == len(stems) + MOST_AT_ONCE


async def test_a_search_that_another_files_save_outdated_is_made_again_after_it(desk):
    shop, cart = desk.open("shop.py", SHOP), desk.open("cart.py", "x = 1\n")
    await desk.red(shop, "shop.py")
    await desk.runner.began(2)
    saving = desk.save(cart)
    await desk.runner.began(3)
    assert desk.runner.requests[1] in desk.runner.killed
    await desk.runner.ended(3, passed("test_cart.py"))
    await saving
    await desk.runner.began(4)
    assert desk.runner.requests[3].targets == ("test_shop.py",)


async def test_a_search_that_a_save_outdated_is_not_made_again_for_an_edited_file(desk):
    shop, cart = desk.open("shop.py", SHOP), desk.open("cart.py", "x = 1\n")
    await desk.red(shop, "shop.py")
    await desk.runner.began(2)
    saving = desk.save(cart)
    desk.edit(shop, SHOP + "\n")
    await desk.runner.ended(3, passed("test_cart.py"))
    await saving
    await turns()
    assert len(desk.runner.requests) == 3


async def test_a_search_lets_others_go_first(desk):
    await desk.red(desk.open("shop.py", SHOP), "shop.py")
    await desk.runner.began(2)
    first, search = desk.runner.requests
    assert (first.limits.niceness, search.limits.niceness) == (0, NICENESS)


async def test_a_save_in_the_root_forgets_fixes_that_were_verified_with_other_files(desk):
    shop, cart = desk.open("shop.py", SHOP), desk.open("cart.py", "x = 1\n")
    fix = Fix(Candidate("a", ()), Evidence(), Span(0, 1))
    desk.finished.put(shop.uri, shop.version, [fix])
    saving = desk.save(cart)
    await desk.runner.ended(1, GREEN)
    await saving
    assert desk.finished.get(shop.uri, shop.version) is None


async def test_an_unsaved_sibling_is_named_in_the_message(desk):
    shop = desk.open("shop.py", SHOP)
    desk.open("cart.py", "x = 2\n", on_disk="x = 1\n")
    await desk.red(shop, "shop.py")
    ((message,),) = desk.published(shop)
    assert message.endswith("(tests ran on the files on disk; unsaved: cart.py)")


async def test_a_saved_file_in_another_encoding_is_not_called_unsaved(desk):
    text = "# coding: latin-1\nx = 'é'\n"
    latin = desk.open("shop.py", text, on_disk=text.encode("latin-1"))
    await desk.red(latin, "shop.py")
    assert desk.published(latin) == [["test_price: assert 3 == 4"]]
    assert len(desk.runner.requests) == 1, "no candidate can stand in its place, byte by byte"


async def test_nothing_runs_when_tests_on_save_are_off(desk):
    desk.server.settings = Settings(tests_on_save="off")
    await desk.save(desk.open("shop.py", SHOP))
    assert desk.runner.requests == []


async def test_nothing_runs_in_an_untrusted_folder(tmp_path):
    desk = Desk(tmp_path, trusted=False)
    await desk.save(desk.open("shop.py", SHOP))
    assert desk.runner.requests == []


async def test_a_file_without_tests_runs_nothing_and_the_log_says_so(desk):
    await desk.save(desk.open("lonely.py", "x = 1\n"))
    assert desk.runner.requests == []
    assert desk.said() == []
    assert desk.said("window/logMessage") == ["lonely.py: no tests of it were found"]


async def test_a_missing_test_framework_is_said_once(desk):
    shop = desk.open("shop.py", SHOP)
    report = TestReport(RunStatus.NO_FRAMEWORK, (), "python has no pytest")
    for number in (1, 2):
        saving = desk.save(shop)
        await desk.runner.ended(number, report)
        await saving
    assert desk.said() == [f"Lacuna, {desk.root.name}: python has no pytest"]


@pytest.mark.parametrize("error", [RunnerError("no such program"), UntrustedFolderError("no")])
async def test_what_keeps_tests_from_running_is_said_once_and_the_next_save_runs(desk, error):
    shop = desk.open("shop.py", SHOP)
    for number in (1, 2):
        saving = desk.save(shop)
        await desk.runner.ended(number, error)
        await saving
    assert desk.said() == [f"Lacuna, {desk.root.name}: {error}"]
    await desk.red(shop, "shop.py")
    assert desk.published(shop) == [["test_price: assert 3 == 4"]]


async def test_no_python_to_run_tests_with_is_said_once(desk):
    desk.no_python = RunnerError("found no Python")
    shop = desk.open("shop.py", SHOP)
    await desk.save(shop)
    await desk.save(shop)
    assert desk.said() == [f"Lacuna, {desk.root.name}: found no Python"]


async def test_a_file_outside_the_workspace_runs_nothing(desk):
    uri = uri_of(desk.root.parent / "elsewhere.py")
    outside = open_document(uri, 1, by_language_id("python"), b">>> 1\n")
    desk.server.documents.put(outside)
    await desk.save(outside)
    assert desk.runner.requests == []


@pytest.mark.parametrize("status", [RunStatus.CRASHED, RunStatus.NO_TESTS])
async def test_no_fix_is_searched_where_tests_gave_nothing_to_compare_with(desk, status):
    shop = desk.open("shop.py", SHOP)
    saving = desk.save(shop)
    await desk.runner.ended(1, replace(desk.failed("shop.py"), status=status))
    await saving
    assert len(desk.runner.requests) == 1


async def test_close_ends_runs_and_searches(desk):
    shop, cart = desk.open("shop.py", SHOP), desk.open("cart.py", "x = 1\n")
    await desk.red(shop, "shop.py")
    await desk.runner.began(2)
    desk.save(cart)
    await desk.runner.began(3)
    await desk.saves.close()
    assert len(desk.runner.killed) == len(desk.runner.requests) - 1


def reaching(desk: Desk, *names: str) -> None:
    """Test files that import `shop` and are not named after it."""
    for name in names:
        desk.files.contents[desk.root / name] = b"import shop\n"


def passed(*names: str) -> TestReport:
    results = tuple(TestResult(f"{name}::test", Outcome.PASSED, 0.1) for name in names)
    return TestReport(RunStatus.COMPLETED, results)


def broken(name: str) -> TestReport:
    result = TestResult(f"{name}::test", Outcome.FAILED, 0.1, Failure("E", "no price", ()))
    return TestReport(RunStatus.COMPLETED, (result,))


async def test_after_its_own_tests_those_run_that_reach_the_saved_file(desk):
    reaching(desk, "test_far.py", "test_near.py")
    saving = desk.save(desk.open("shop.py", SHOP))
    await desk.runner.ended(1, GREEN)
    await saving
    await desk.runner.began(2)
    targets = [request.targets for request in desk.runner.requests]
    assert targets == [("test_shop.py",), ("test_far.py", "test_near.py")]
    assert [request.limits.niceness for request in desk.runner.requests] == [0, 10]


async def test_what_a_save_broke_elsewhere_is_shown_in_the_saved_file(desk):
    reaching(desk, "test_far.py")
    shop = desk.open("shop.py", SHOP)
    saving = desk.save(shop)
    await desk.runner.ended(1, GREEN)
    await saving
    await desk.runner.ended(2, broken("test_far.py"))
    await turns()
    assert desk.published(shop) == [[], ["test: E: no price"]]


async def test_a_file_without_tests_of_its_own_is_tested_by_the_nearest_that_reach_it(desk):
    desk.files.contents[desk.root / "test_far.py"] = b"import lonely\n"
    saving = desk.save(desk.open("lonely.py", "x = 1\n"))
    await desk.runner.ended(1, passed("test_far.py"))
    await saving
    assert [request.targets for request in desk.runner.requests] == [("test_far.py",)]


async def test_a_save_kills_the_affected_tests_and_they_run_after_it(desk):
    reaching(desk, "test_far.py")
    shop, cart = desk.open("shop.py", SHOP), desk.open("cart.py", "x = 1\n")
    saving = desk.save(shop)
    await desk.runner.ended(1, GREEN)
    await saving
    await desk.runner.began(2)
    saving = desk.save(cart)
    await desk.runner.ended(3, passed("test_cart.py"))
    await saving
    await desk.runner.began(4)
    targets = [request.targets for request in desk.runner.requests]
    assert targets == [("test_shop.py",), ("test_far.py",), ("test_cart.py",), ("test_far.py",)]
    assert desk.runner.killed == desk.runner.requests[1:2]


async def test_affected_tests_that_were_cut_short_together_run_one_by_one(desk):
    reaching(desk, "test_a.py", "test_b.py")
    saving = desk.save(desk.open("shop.py", SHOP))
    await desk.runner.ended(1, GREEN)
    await saving
    await desk.runner.ended(2, TestReport(RunStatus.TIMED_OUT, ()))
    await desk.runner.ended(3, passed("test_a.py"))
    await desk.runner.ended(4, passed("test_b.py"))
    targets = [request.targets for request in desk.runner.requests]
    assert targets[2:] == [("test_a.py",), ("test_b.py",)]


async def test_a_save_that_changed_only_a_comment_runs_nothing(desk):
    shop = desk.open("shop.py", SHOP)
    saving = desk.save(shop)
    await desk.runner.ended(1, GREEN)
    await saving
    await desk.save(desk.edit(shop, "# what it costs\n" + SHOP))
    assert len(desk.runner.requests) == 1


async def test_a_finding_whose_code_is_only_moved_by_a_comment_stays_with_it(desk):
    shop = desk.open("shop.py", SHOP)
    await desk.red(shop, "shop.py")
    after = desk.edit(shop, "# what it costs\n" + SHOP)
    desk.files.contents[desk.root / "shop.py"] = after.data
    await desk.save(after)
    last = [m for m in desk.sent if m.get("method") == "textDocument/publishDiagnostics"][-1]
    assert last["params"]["diagnostics"][0]["range"]["start"]["line"] == 2


async def test_a_save_without_any_change_runs_the_tests_again(desk):
    shop = desk.open("shop.py", SHOP)
    for number in (1, 2):
        saving = desk.save(shop)
        await desk.runner.ended(number, GREEN)
        await saving
    assert len(desk.runner.requests) == 2


DOCUMENTED = 'def price(n):\n    """\n    >>> price(1)\n    3\n    """\n    return n * 3\n'


def example(outcome: Outcome, desk: Desk) -> TestReport:
    frame = Frame(desk.root / "till.py", 2, "till.price")
    failure = Failure("DocTestFailure", "expected 3, got 4", (frame,))
    red = failure if outcome is Outcome.FAILED else None
    return TestReport(RunStatus.COMPLETED, (TestResult("till.py::till.price", outcome, 0, red),))


async def test_an_example_that_failed_when_its_file_was_opened_is_an_illustration(desk):
    till = desk.open("till.py", DOCUMENTED)
    saving = desk.save(desk.edit(till, DOCUMENTED + "x = 1\n"))
    await desk.runner.ended(1, example(Outcome.FAILED, desk))
    await desk.runner.ended(2, example(Outcome.FAILED, desk))
    await saving
    assert desk.runner.requests[1].overlays[0].data == till.data
    assert desk.published(till) == [[]]


async def test_a_save_of_the_text_as_it_was_opened_shows_all_examples(desk):
    till = desk.open("till.py", DOCUMENTED)
    saving = desk.save(till)
    await desk.runner.ended(1, example(Outcome.FAILED, desk))
    await saving
    assert desk.published(till)[-1] == ["till.price: expected 3, got 4"]


async def test_an_example_that_an_edit_broke_is_shown(desk):
    till = desk.open("till.py", DOCUMENTED)
    saving = desk.save(desk.edit(till, DOCUMENTED.replace("n * 3", "n * 4")))
    await desk.runner.ended(1, example(Outcome.FAILED, desk))
    await desk.runner.ended(2, example(Outcome.PASSED, desk))
    await saving
    assert desk.published(till)[-1] == ["till.price: expected 3, got 4"]


async def test_an_example_that_was_edited_is_shown_though_it_never_passed(desk):
    till = desk.open("till.py", DOCUMENTED.replace(">>> price(1)", ">>> price(0)"))
    saving = desk.save(desk.edit(till, DOCUMENTED))
    await desk.runner.ended(1, example(Outcome.FAILED, desk))
    await desk.runner.ended(2, example(Outcome.FAILED, desk))
    await saving
    assert desk.published(till)[-1] == ["till.price: expected 3, got 4"]


async def test_an_example_is_a_test_where_the_project_says_so(desk):
    config = b'[tool.pytest.ini_options]\naddopts = "-q --doctest-modules"\n'
    desk.files.contents[desk.root / "pyproject.toml"] = config
    till = desk.open("till.py", DOCUMENTED)
    saving = desk.save(till)
    await desk.runner.ended(1, example(Outcome.FAILED, desk))
    await saving
    assert desk.published(till)[-1] == ["till.price: expected 3, got 4"]


async def test_after_a_green_save_candidates_are_prepared_for(desk, monkeypatch):
    monkeypatch.setattr(readiness, "_AT_REST_S", 0.0)
    save = desk.save(desk.open("shop.py", SHOP))
    await desk.runner.ended(1, GREEN)
    await save
    asked = await asyncio.wait_for(desk.runner.expected.get(), 60)
    assert asked == desk.runner.requests[0]
