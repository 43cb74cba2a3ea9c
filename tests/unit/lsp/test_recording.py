"""After a red save the failing tests run once more, where the editor can show what they do."""

import asyncio
from dataclasses import replace

import pytest
from lsprotocol import types

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.domain.facts import FunctionFacts
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.text import Span
from lacuna_ls.lsp import hover
from lacuna_ls.lsp.client_features import ClientFeatures
from lacuna_ls.repair.fix import Fix
from lacuna_ls.syntax.document import Document
from lacuna_ls.verification.evidence import Evidence
from unit.lsp.test_saves import GREEN, SHOP, Desk, desk, turns

__all__ = ["desk"]

# Runs after a red save, the first one: the search's, then the recorded one.
SEARCHED, RECORDED = 2, 3


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


async def test_what_failing_tests_do_is_recorded_beside_the_search_for_fixes(shows):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.ended(SEARCHED, shows.failed("shop.py"))
    await shows.runner.began(RECORDED)
    await turns()
    assert shows.runner.screens == 1, "the search does not wait"
    asked = shows.runner.requests[RECORDED - 1]
    assert (asked.targets, asked.facts) == (
        ("test_shop.py::test_price",),
        (shows.root / "shop.py",),
    )
    await shows.runner.ended(RECORDED, recorded(shows, "shop.py"))
    await turns()
    assert known(shows, shop.uri) == 1


async def test_no_two_runs_of_the_users_own_tests_are_made_at_once_and_the_search_goes_first(shows):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.began(SEARCHED)
    await turns()
    assert [request.facts for request in shows.runner.requests] == [(), ()]


async def test_a_fix_that_came_first_is_listed_where_the_values_say_that_the_failure_is(shows):
    shop = shows.open("shop.py", SHOP)
    fix = Fix(Candidate("a", ()), Evidence(), Span(0, 1))
    await shows.red(shop, "shop.py")
    await shows.runner.ended(SEARCHED, shows.failed("shop.py"))
    await shows.runner.began(RECORDED)
    shows.finished.put(shop.uri, shop.version, [fix])
    await shows.runner.ended(RECORDED, recorded(shows, "shop.py"))
    await turns()
    shown = tuple(finding.span for finding in shows.server.diagnostics.shown(shop.uri))
    finished = shows.finished.get(shop.uri, shop.version)
    assert finished is not None
    assert shown
    assert (finished.shown_at, finished.fixes) == (shown, (fix,))


async def test_a_newer_save_ends_it_and_what_was_known_is_gone(shows):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.ended(SEARCHED, shows.failed("shop.py"))
    await shows.runner.ended(RECORDED, recorded(shows, "shop.py"))
    await turns()
    assert known(shows, shop.uri) == 1
    saving = shows.save(shop)
    await shows.runner.ended(RECORDED + 1, shows.failed("shop.py"))
    await saving
    await shows.runner.ended(RECORDED + SEARCHED, shows.failed("shop.py"))
    await shows.runner.began(2 * RECORDED)
    assert known(shows, shop.uri) == 0
    again = shows.save(shop)
    await shows.runner.ended(2 * RECORDED + 1, GREEN)
    await again
    assert shows.runner.requests[2 * RECORDED - 1] in shows.runner.killed


async def test_edits_do_not_end_it(shows):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.began(SEARCHED)
    shows.edit(shop, "# new\n" + SHOP)
    await shows.runner.ended(RECORDED, recorded(shows, "shop.py"))
    await turns()
    assert known(shows, shop.uri) == 1
    assert shows.runner.killed == [shows.runner.requests[SEARCHED - 1]]


@pytest.mark.parametrize("end", [RunnerError("no such program"), GREEN])
async def test_where_it_brings_nothing_the_search_goes_on_and_nothing_is_said(shows, end):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.ended(SEARCHED, shows.failed("shop.py"))
    await shows.runner.ended(RECORDED, end)
    await turns()
    assert (known(shows, shop.uri), shows.said(), shows.runner.screens) == (0, [], 1)


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


async def test_what_comes_after_an_edit_is_shown_with_the_next_save_only(shows):
    shop = shows.open("shop.py", SHOP)
    await shows.red(shop, "shop.py")
    await shows.runner.ended(SEARCHED, shows.failed("shop.py"))
    await shows.runner.began(RECORDED)
    shows.edit(shop, SHOP + "x = 1\n")
    shows.server.diagnostics.clear(shop.uri)
    said = len(shows.published(shop))
    await shows.runner.ended(RECORDED, recorded(shows, "shop.py"))
    await turns()
    assert len(shows.published(shop)) == said
