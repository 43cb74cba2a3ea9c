"""What a save runs where it is recorded what tests execute, with scripted runs and records."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from lacuna_ls.domain.execution import Code, Execution
from lacuna_ls.domain.test_result import Failure, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.lsp.saves import Saves
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.syntax.document import Document
from unit.lsp.test_saves import SHOP, Desk, turns

WHOLE = SHOP + "\n\ndef unused(n):\n    return n\n"
EDITED = WHOLE.replace("* 3", "* 4")
NEVER_BEFORE_NS = 1 << 62


@dataclass
class Kept:
    """A `ContextStore` in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def load(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def save(self, key: str, data: bytes) -> None:
        self.kept[key] = data

    def installed(self, interpreter: Path) -> str:
        return "1"


class Watching(Desk):
    """A desk whose runs tell what they execute: each test of `calling` calls `price`."""

    def __init__(self, root: Path, store: Kept, calling: tuple[str, ...]) -> None:
        super().__init__(root)
        self.calling = calling
        self.start(store)

    def start(self, store: Kept) -> None:
        """The server starts."""
        tools = replace(self.saves._tools, contexts=store)
        self.saves = Saves(self.server, tools)

    def report(self, request: TestRequest, *red: str) -> TestReport:
        """On two tests of each file, `test_a` and `test_b`."""
        ids = [f"{file}::{name}" for file in request.targets for name in ("test_a", "test_b")]
        ran = [i for i in ids if not request.only or {i, i.partition("::")[0]} & {*request.only}]
        price = frozenset({Code(self.root / "shop.py", 0, "price")})
        results, executions = [], [Execution("", frozenset(), frozenset())]
        for test in ran:
            failed = Failure("E", "no", ()) if test in red else None
            outcome = Outcome.FAILED if failed else Outcome.PASSED
            results.append(TestResult(test, outcome, 0.1, failed))
            code = price if test in self.calling else frozenset[Code]()
            executions.append(Execution(test, code, frozenset()))
        told = tuple(executions) if request.contexts else ()
        return TestReport(RunStatus.COMPLETED, tuple(results), executions=told)

    async def answered(self, number: int, *red: str) -> str:
        """The run of this number ends; what it was of, and whether it was watched."""
        await self.runner.began(number)
        request = self.runner.requests[number - 1]
        await self.runner.ended(number, self.report(request, *red))
        names = [name.removeprefix("test_shop.py::") for name in request.only or request.targets]
        return " ".join(sorted(names)) + (" watched" if request.contexts else "")

    async def saved(self, document: Document, *answers: int) -> list[str]:
        """Save; the next runs, as they are answered."""
        start = len(self.runner.requests)
        saving = self.save(document)
        found = [await self.answered(start + number) for number in answers]
        await saving
        await self.settled()
        return found

    async def settled(self) -> None:
        """The background is quiet, and all has been learnt that there is to learn."""
        for queue in self.saves._affected._queues.values():
            if queue.task is not None:
                await asyncio.wait([queue.task])

    def put(self, document: Document, text: str) -> Document:
        self.files.contents[self.root / "shop.py"] = text.encode()
        return self.edit(document, text)


@pytest.fixture
def store() -> Kept:
    return Kept()


@pytest.fixture
async def desk(tmp_path: Path, store: Kept) -> AsyncIterator[Watching]:
    desk = Watching(tmp_path, store, ("test_shop.py::test_a",))
    yield desk
    await desk.saves.close()


async def known(desk: Watching) -> Document:
    """The shop, of whose tests all is known."""
    shop = desk.open("shop.py", WHOLE)
    assert await desk.saved(shop, 1, 2) == ["test_shop.py", "test_shop.py watched"]
    return shop


async def test_after_its_first_save_a_file_of_tests_is_watched_once(desk):
    shop = await known(desk)
    assert await desk.saved(shop, 1) == ["test_shop.py"]
    assert len(desk.runner.requests) == 3


async def test_a_save_runs_what_is_hit_and_then_what_stands_beside_it(desk):
    shop = await known(desk)
    assert await desk.saved(desk.put(shop, EDITED), 1, 2) == ["test_a", "test_b watched"]
    assert len(desk.runner.requests) == 4, "no test runs twice"


async def test_what_was_not_watched_is_so_after_the_next_save(desk):
    shop = await known(desk)
    shop = desk.put(shop, EDITED)
    await desk.saved(shop, 1, 2)
    shop = desk.put(shop, EDITED.replace("return n\n", "return -n\n"))
    assert await desk.saved(shop, 1) == ["test_a watched"]
    assert "shop.py: no test executes what changed" in desk.said("window/logMessage")


async def test_what_a_newer_save_interrupts_is_owed(desk):
    shop = await known(desk)
    start = len(desk.runner.requests)
    saving = desk.save(desk.put(shop, EDITED))
    await desk.answered(start + 1)
    await saving
    await desk.runner.began(start + 2)
    cart = desk.open("cart.py", "x = 1\n")
    saving = desk.save(cart)
    assert await desk.answered(start + 3) == "test_cart.py"
    await saving
    rest = {await desk.answered(start + 4), await desk.answered(start + 5)}
    assert rest == {"test_shop.py watched", "test_cart.py watched"}


async def test_a_red_test_among_a_few_is_shown_if_its_whole_file_says_so(desk):
    shop = await known(desk)
    start = len(desk.runner.requests)
    shop = desk.put(shop, EDITED)
    saving = desk.save(shop)
    assert await desk.answered(start + 1, "test_shop.py::test_a") == "test_a"
    assert await desk.answered(start + 2) == "test_shop.py"
    await saving
    assert desk.published(shop)[-1] == []


async def test_what_was_red_runs_whole_with_the_next_save(desk):
    shop = await known(desk)
    edited = desk.put(shop, EDITED)
    first = len(desk.runner.requests) + 1
    saving = desk.save(edited)
    red = "test_shop.py::test_a"
    assert await desk.answered(first, red) == "test_a"
    assert await desk.answered(first + 1, red) == "test_shop.py"
    await saving
    await turns()
    mended = desk.put(edited, WHOLE)
    again = len(desk.runner.requests) + 1
    saving = desk.save(mended)
    assert await desk.answered(again) == "test_shop.py"
    await saving


async def test_a_test_that_is_red_only_when_it_is_watched_is_not_shown(desk):
    desk.files.contents[desk.root / "test_far.py"] = b"import shop\n"
    shop = desk.open("shop.py", WHOLE)
    saving = desk.save(shop)
    await desk.answered(1)
    await saving
    assert await desk.answered(2, "test_far.py::test_a") == "test_far.py watched"
    assert await desk.answered(3) == "test_far.py"
    await turns()
    assert all(published == [] for published in desk.published(shop))


async def test_the_next_server_knows_what_this_one_has_recorded(desk, store):
    shop = await known(desk)
    await desk.saves.close()
    desk.start(store)
    assert await desk.saved(shop, 1) == ["test_shop.py"]
    assert await desk.saved(desk.put(shop, EDITED), 1, 2) == ["test_a", "test_b watched"]


async def test_a_damaged_record_is_a_line_in_the_log_and_tests_are_watched_anew(
    desk, store, caplog
):
    shop = await known(desk)
    await desk.saves.close()
    store.kept = {key: data[:-1] for key, data in store.kept.items()}
    desk.start(store)
    with caplog.at_level(logging.WARNING):
        assert await desk.saved(shop, 1, 2) == ["test_shop.py", "test_shop.py watched"]
    assert "damaged" in caplog.text


async def test_what_is_written_while_tests_run_is_not_taken_for_what_ran(desk):
    shop = await known(desk)
    # What is known cannot be asked in time, so the files as they were are not known either.
    desk.saves._affected._known._last = asyncio.get_running_loop().create_future()
    start = len(desk.runner.requests)
    saving = desk.save(shop)
    await desk.runner.began(start + 1)
    edited = desk.put(shop, EDITED)
    desk.files.changed_ns[desk.root / "shop.py"] = NEVER_BEFORE_NS
    await desk.answered(start + 1)
    await saving
    await turns()
    assert await desk.saved(edited, 1) == ["test_a"]
