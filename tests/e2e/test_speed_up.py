"""A search for a speed-up, from the menu to the rewrite, with the real server."""

import copy
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from e2e.real_server import Editor, connected
from lacuna_ls.lsp.client import CAPABILITIES, OpenFile

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

COMMON = """\
def common(left, right):
    found = set()
    for one in left:
        for other in right:
            if one == other:
                found.add(one)
    return sorted(found)
"""
TEST_COMMON = """\
from pairs import common


def test_common():
    assert common([1, 4, 3, 34, 653, 2, 5], [5, 7, 1, 5, 9, 653, 121]) == [1, 5, 653]
    assert common([5, 3, 2, 8], [3, 2]) == [2, 3]
"""
AT_DEF = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}}
INFORMATION = 3
TITLE = "Search for a speed-up of common"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    capabilities = copy.deepcopy(CAPABILITIES)
    capabilities["workspace"] |= {"executeCommand": {}, "codeLens": {"refreshSupport": True}}
    capabilities["textDocument"]["codeLens"] = {}
    base = tmp_path_factory.getbasetemp().resolve()
    first, home = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("home")
    async with connected(first, home, capabilities=capabilities, trustedFolders=[str(base)]) as own:
        own.configuration = {"interpreter": sys.executable}
        own.notify("workspace/didChangeConfiguration", {"settings": None})
        yield own


async def start(editor: Editor, file: OpenFile) -> None:
    menu = await editor.code_actions(file, AT_DEF, ["refactor"])
    (action,) = [each for each in menu if each["title"] == TITLE]
    command = action["command"]
    params = {"command": command["command"], "arguments": command["arguments"]}
    await editor.request("workspace/executeCommand", params)


async def test_what_is_asked_for_is_found_shown_and_in_the_menu(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"pairs.py": COMMON, "test_pairs.py": TEST_COMMON})
    file = editor.open(root / "pairs.py")
    await start(editor, file)

    def notes() -> list[dict[str, Any]]:
        return [
            each
            for publication in editor.publications
            if publication["uri"] == file.uri
            for each in publication["diagnostics"]
            if each["severity"] == INFORMATION
        ]

    await editor.wait_until(lambda: bool(notes()))
    (note,) = notes()
    assert note["message"].startswith("Speed up common: ")
    assert note["range"]["start"]["line"] == 0
    menu = await editor.code_actions(file, AT_DEF, ["quickfix"])
    (offer,) = [each for each in menu if each["title"].startswith("Speed up common: ")]
    assert "x faster (" in offer["title"]
    assert " inputs" in offer["title"]
    await editor.apply(offer)
    assert "if one in known:" in file.text


async def test_nothing_runs_before_it_is_asked_for(editor, tmp_path):
    ran = tmp_path / "ran"
    tests = f"open({str(ran)!r}, 'a').write('!')\n" + TEST_COMMON
    root = await editor.workspace(tmp_path, {"pairs.py": COMMON, "test_pairs.py": tests})
    file = editor.open(root / "pairs.py")
    menu = await editor.code_actions(file, AT_DEF, ["refactor"])
    assert TITLE in [each["title"] for each in menu]
    assert not ran.exists()


async def test_without_tests_it_says_so(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"alone.py": COMMON})
    file = editor.open(root / "alone.py")
    before = len(editor.shown())
    await start(editor, file)
    await editor.wait_until(lambda: len(editor.shown()) > before)
    assert editor.shown()[-1].endswith("it has no tests to compare by")


SLOW = """\
def slow(n):
    t = 0
    for i in range(n):
        t += i % 7
    return t
"""
TEST_SLOW = "from slow import slow\n\n\ndef test_slow():\n    assert slow(9_000_000) > 0\n"


async def test_a_lens_says_where_the_time_of_a_slow_function_goes(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"slow.py": SLOW, "test_slow.py": TEST_SLOW})
    file = editor.open(root / "slow.py")
    await editor.save(file)
    found: list[Any] = []
    while not found:
        known = len(editor.refreshed)
        identifier = {"textDocument": {"uri": file.uri}}
        lenses = await editor.request("textDocument/codeLens", identifier)
        found = [each for each in lenses if each["command"]["title"].startswith("time: ")]
        if not found:
            await editor.wait_until(lambda known=known: len(editor.refreshed) > known)
    (lens,) = found
    assert " in line 4 (" in lens["command"]["title"]
    assert lens["command"]["arguments"] == [file.uri, "slow"]
