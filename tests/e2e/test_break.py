"""An attempt to break a function, from the menu to a failing test, with the real server."""

import copy
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from e2e.real_server import Editor, connected
from lacuna_ls.lsp.client import CAPABILITIES, OpenFile

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

RANKS = "def second(xs):\n    return sorted(set(xs))[1]\n"
TEST_RANKS = """from ranks import second


def test_second():
    assert second([3, 1, 2]) == 2
    assert second([5, 4]) == 5
    assert second([9, 7, 7]) == 9
"""
AT_DEF = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}}
IN_BODY = {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 4}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    capabilities = copy.deepcopy(CAPABILITIES)
    capabilities["workspace"]["executeCommand"] = {}
    base = tmp_path_factory.getbasetemp().resolve()
    first, home = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("home")
    async with connected(first, home, capabilities=capabilities, trustedFolders=[str(base)]) as own:
        own.configuration = {"interpreter": sys.executable}
        own.notify("workspace/didChangeConfiguration", {"settings": None})
        yield own


async def attempted(editor: Editor, file: OpenFile, title: str) -> str:
    """Choose the menu's item; what the user is told."""
    menu = await editor.code_actions(file, AT_DEF, ["refactor"])
    (action,) = [each for each in menu if each["title"] == title]
    before = len(editor.shown())
    command = action["command"]
    params = {"command": command["command"], "arguments": command["arguments"]}
    await editor.request("workspace/executeCommand", params)
    await editor.wait_until(lambda: len(editor.shown()) > before)
    return editor.shown()[-1]


async def test_what_is_found_becomes_a_test_that_fails(editor, tmp_path):
    files = {"ranks.py": RANKS, "test_ranks.py": TEST_RANKS}
    root = await editor.workspace(tmp_path, files)
    file = editor.open(root / "ranks.py")
    said = await attempted(editor, file, "Try to break second")
    assert said.startswith("Lacuna: second([1, 1]) raises IndexError (found in ")
    assert said.endswith("a test that fails because of it is in the menu")
    menu = await editor.code_actions(file, AT_DEF, ["quickfix"])
    title = "Add a failing test: second([1, 1]) raises IndexError"
    (action,) = [each for each in menu if each["title"] == title]
    edit = (await editor.request("codeAction/resolve", action))["edit"]
    (change,) = edit["documentChanges"]
    assert change["textDocument"]["uri"].endswith("/test_ranks.py")
    (added,) = change["edits"]
    assert added["newText"] == "\n\ndef test_second_counterexample():\n    second([1, 1])\n"
    (root / "test_ranks.py").write_text(TEST_RANKS + added["newText"])
    assert len(await editor.tested(editor.open(root / "test_ranks.py"))) == 1


async def test_where_nothing_is_found_the_user_is_told_how_much_was_tried(editor, tmp_path):
    source = "def double(n):\n    return 2 * n\n"
    test = "from twice import double\n\n\ndef test_it():\n    assert double(3) == 6\n"
    root = await editor.workspace(tmp_path, {"twice.py": source, "test_twice.py": test})
    said = await attempted(editor, editor.open(root / "twice.py"), "Try to break double")
    assert said.startswith("Lacuna: could not break double in ")
    assert " inputs" in said


async def test_nothing_is_offered_but_on_the_line_of_the_function(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"ranks.py": RANKS, "test_ranks.py": TEST_RANKS})
    menu = await editor.code_actions(editor.open(root / "ranks.py"), IN_BODY, ["refactor"])
    assert not [each for each in menu if "break" in each["title"]]
