"""After a red save the failing tests run once more, where the editor can show what they do."""

import asyncio
from dataclasses import replace

import pytest
from lsprotocol import types

from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.domain.facts import FunctionFacts
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.lsp import hover
from lacuna_ls.lsp.client_features import ClientFeatures
from lacuna_ls.syntax.document import Document
from unit.lsp.test_saves import GREEN, SHOP, Desk, desk, turns

__all__ = ["desk"]


@pytest.fixture
def shows(desk: Desk) -> Desk:
    desk.server.client = ClientFeatures(hover=True)
    return desk


def recorded(desk: Desk, name: str) -> TestReport:
    report = desk.failed(name)
    facts = (FunctionFacts(desk.root / name, "price", 0, 1, 0),)
    return replace(report, results=tuple(replace(r, facts=facts) for r in report.results))


def known(desk: Desk, uri: str) -> int:
    observed = desk.server.observed.get(uri)
    return 0 if observed is None else len(observed.recorded)


async def test_failing_tests_run_once_more_before_fixes_are_searched(shows):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.began(2)
    await turns()
    asked = shows.runner.requests[1]
    assert (asked.targets, asked.facts) == (
        ("test_shop.py::test_price",),
        (shows.root / "shop.py",),
    )
    assert len(shows.runner.requests) == 2, "nothing else runs tests here meanwhile"
    await shows.runner.ended(2, recorded(shows, "shop.py"))
    await shows.runner.began(3)
    assert known(shows, shop.uri) == 1
    assert shows.runner.requests[2].facts == ()


async def test_a_newer_save_ends_it_and_what_was_known_is_gone(shows):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.ended(2, recorded(shows, "shop.py"))
    await shows.runner.began(3)
    saving = shows.save(shop)
    await shows.runner.ended(4, shows.failed("shop.py"))
    await saving
    await shows.runner.began(5)
    assert known(shows, shop.uri) == 0
    again = shows.save(shop)
    await shows.runner.ended(6, GREEN)
    await again
    assert shows.runner.requests[4] in shows.runner.killed


async def test_edits_do_not_end_it(shows):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.began(2)
    shows.edit(shop, "# new\n" + SHOP)
    await shows.runner.ended(2, recorded(shows, "shop.py"))
    await turns()
    assert known(shows, shop.uri) == 1
    assert len(shows.runner.requests) == 2


@pytest.mark.parametrize("end", [RunnerError("no such program"), GREEN])
async def test_where_it_brings_nothing_the_search_goes_on_and_nothing_is_said(shows, end):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.ended(2, end)
    await shows.runner.began(3)
    assert (known(shows, shop.uri), shows.said()) == (0, [])


async def test_tests_can_be_run_for_what_is_on_disk(desk):
    shop = desk.open("shop.py", SHOP + "x = 1\n", on_disk=SHOP)
    running = asyncio.ensure_future(desk.saves.run_tests(shop))
    await desk.runner.ended(1, desk.failed("shop.py"))
    await running
    assert desk.published(shop) == [], "the editor holds another text"


async def test_a_hover_says_that_fixes_were_tried_unsandboxed_until_the_next_save(shows):
    hover.register(shows.server)
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    shows.server.observed.ran_unsandboxed(shop.uri)
    assert "unsandboxed, under limits only" in hovered(shows, shop, line=1)
    assert hovered(shows, shop, line=0) == ""
    shows.save(shop)
    await turns()
    assert hovered(shows, shop, line=1) == ""


def hovered(desk: Desk, document: Document, line: int) -> str:
    params = types.HoverParams(types.TextDocumentIdentifier(document.uri), types.Position(line, 6))
    found = desk.server.protocol.handlers[types.TEXT_DOCUMENT_HOVER](params)
    return "" if found is None else found.contents.value
