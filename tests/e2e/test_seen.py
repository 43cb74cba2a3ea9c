"""What stands in the editor after a red save besides diagnostics, with real runs."""

import asyncio
import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from e2e.real_server import PATIENCE_S, Editor, connected
from lacuna_ls.lsp.client import CAPABILITIES, OpenFile
from lacuna_ls.lsp.uris import uri_of

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

SHOP = """def price(count):
    total = 0
    for each in range(count):
        total += 3
    return total


def free():
    return 0
"""
TESTS = """from shop import free, price


def test_price():
    got = price(2)
    assert got == 8


def test_nothing():
    assert price(0) == free()
"""
EVERYTHING = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    capabilities = copy.deepcopy(CAPABILITIES)
    capabilities["textDocument"] |= {
        "hover": {"contentFormat": ["markdown"]},
        "inlayHint": {},
        "codeLens": {},
    }
    base = str(tmp_path_factory.getbasetemp().resolve())
    home, first = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("first")
    async with connected(first, home, capabilities=capabilities, trustedFolders=[base]) as own:
        yield own


async def hints(editor: Editor, file: OpenFile) -> dict[int, str]:
    params = {"textDocument": {"uri": uri_of(file.path)}, "range": EVERYTHING}
    found = await editor.request("textDocument/inlayHint", params)
    return {hint["position"]["line"]: hint["label"] for hint in found or ()}


async def seen(editor: Editor, file: OpenFile) -> dict[int, str]:
    """The hints, once they are there."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await hints(editor, file)):  # noqa: ASYNC110 - the server tells no one
            await asyncio.sleep(0.02)
    return found


async def hover(editor: Editor, file: OpenFile, line: int, character: int) -> str:
    place = {"line": line, "character": character}
    params = {"textDocument": {"uri": uri_of(file.path)}, "position": place}
    found: Any = await editor.request("textDocument/hover", params)
    return "" if found is None else str(found["contents"]["value"])


async def lenses(editor: Editor, file: OpenFile) -> dict[int, str]:
    params = {"textDocument": {"uri": uri_of(file.path)}}
    found = await editor.request("textDocument/codeLens", params)
    return {
        lens["range"]["start"]["line"]: lens["command"]["title"].rpartition(", ")[0]
        for lens in found or ()
    }


async def test_a_red_save_shows_the_values_on_the_way(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"shop.py": SHOP, "test_shop.py": TESTS})
    tests, shop = editor.open(root / "test_shop.py"), editor.open(root / "shop.py")
    assert await hints(editor, shop) == {}
    await editor.tested(shop)
    assert await seen(editor, shop) == {
        0: "count = 2",
        1: "total = 0",
        2: "each = 0 … 1 (2×)",
        3: "total = 3 … 6 (2×)",
        4: "→ 6",
    }
    assert (await hints(editor, tests))[4] == "got = 6"
    assert await lenses(editor, shop) == {0: "2 tests, 1 passes, 1 fails", 7: "1 test passes"}
    assert await lenses(editor, tests) == {3: "fails", 8: "passes"}
    trace = await hover(editor, shop, 0, 5)
    assert "test_shop.py::test_price" in trace
    assert "    return total\n" not in trace, "the common indentation is taken away"
    assert "return total\n#     total = 6\n#     returns 6" in trace
    assert "shop.py was saved, which its file is named after" in await hover(editor, tests, 3, 5)

    editor.change(shop, shop.text.replace("total += 3", "total += 4"))
    assert sorted(await hints(editor, shop)) == [0, 1, 2, 4]
    assert await lenses(editor, shop) == {7: "1 test passes"}
    assert await hover(editor, shop, 0, 5) == ""
    await editor.tested(shop)
    assert await hints(editor, shop) == {}
    assert await lenses(editor, shop) == {0: "2 tests pass", 7: "1 test passes"}


async def test_the_finding_stands_at_the_function_that_gave_the_value(editor, tmp_path):
    code = "def half(n):\n    return n / 2\n\n\ndef third(n):\n    return n / 2\n"
    test = (
        "import calc\n\n\ndef test_half_and_third():\n"
        "    parts = [calc.half(3)]\n    parts.append(calc.third(6))\n    last = parts[-1]\n"
        "    assert last == 2\n"
    )
    root = await editor.workspace(tmp_path, {"calc.py": code, "test_calc.py": test})
    calc = editor.open(root / "calc.py")
    await editor.tested(calc)
    await seen(editor, calc)
    await editor.wait_until(lambda: len(shown_lines(editor, calc)) == 2)
    assert shown_lines(editor, calc) == [[0], [4]], "first by name, then by what was recorded"


def shown_lines(editor: Editor, file: OpenFile) -> list[list[int]]:
    return [
        [found["range"]["start"]["line"] for found in publication["diagnostics"]]
        for publication in editor.publications
        if publication["uri"] == file.uri
    ]
