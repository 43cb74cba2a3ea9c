"""Files that are not simply a saved file of the one workspace, with the real server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from e2e.real_server import Editor, connected
from lacuna_ls.lsp.client import OpenFile
from lacuna_ls.lsp.uris import uri_of

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

SHOP = """def price(count):
    total = 0
    for each in range(count):
        total += 3
    return total


def prices(counts):
    total = 0
    for each in """
RED = "from shop import price\n\n\ndef test_price():\n    assert price(2) == {}\n"
CELLS = "vscode-notebook-cell:/c%3A/notes.ipynb#W0sZmlsZQ%3D%3D"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    base = str(tmp_path_factory.getbasetemp().resolve())
    home, first = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("first")
    async with connected(first, home, trustedFolders=[base]) as own:
        yield own
        own.leave()


async def opened(editor: Editor, uri: str, text: str) -> OpenFile:
    """A document that has no file."""
    item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    editor.notify("textDocument/didOpen", {"textDocument": item})
    return OpenFile(Path(uri), 1, text, "python")


async def suggested(editor: Editor, uri: str, text: str) -> str:
    """The ghost text at the end of an open document."""
    lines = text.split("\n")
    position = {"line": len(lines) - 1, "character": len(lines[-1])}
    params = {"textDocument": {"uri": uri}, "position": position, "context": {"triggerKind": 1}}
    answer = await editor.request("textDocument/inlineCompletion", params)
    shown = [item["insertText"] for item in answer["items"]]
    return "".join(each if isinstance(each, str) else each["value"] for each in shown)


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", CELLS], ids=["unsaved", "notebook cell"])
async def test_what_has_no_file_is_completed_and_has_a_menu(editor, uri):
    await opened(editor, uri, SHOP)
    assert await suggested(editor, uri, SHOP)
    place = {"line": 1, "character": 4}
    context = {"diagnostics": [], "triggerKind": 1}
    range_ = {"start": place, "end": {"line": 3, "character": 18}}
    params = {"textDocument": {"uri": uri}, "range": range_, "context": context}
    await editor.request("textDocument/codeAction", params)


@pytest.mark.parametrize("uri", ["untitled:Untitled-2", CELLS + "2"], ids=["unsaved", "cell"])
async def test_a_save_of_what_has_no_file_runs_nothing(editor, uri):
    await opened(editor, uri, "def test_it():\n    assert False\n")
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    await suggested(editor, uri, "def test_it():\n    assert False\n")
    assert not [p for p in editor.publications if p["uri"] == uri and p["diagnostics"]]


async def test_each_folder_of_a_window_is_tested_by_its_own_tests(editor, tmp_path):
    for name, expected in (("one", 7), ("two", 8)):
        files = {"shop.py": SHOP.partition("\n\n\n")[0], "test_shop.py": RED.format(expected)}
        root = await editor.workspace(tmp_path / name, files)
        shown = await editor.tested(editor.open(root / "shop.py"))
        assert f"assert 6 == {expected}" in shown[0]["message"]


async def test_a_file_outside_of_every_folder_is_completed_and_not_tested(editor, tmp_path):
    path = tmp_path / "loose.py"
    path.write_text(SHOP)
    file = editor.open(path)
    assert await suggested(editor, file.uri, SHOP)
    questions = len(editor.questions)
    await editor.save(file)
    await suggested(editor, file.uri, SHOP)
    assert len(editor.questions) == questions
    assert not [p for p in editor.publications if p["uri"] == file.uri and p["diagnostics"]]


async def test_a_renamed_file_takes_its_findings_along(editor, tmp_path):
    files = {"shop.py": SHOP.partition("\n\n\n")[0], "test_shop.py": RED.format(7)}
    root = await editor.workspace(tmp_path / "renamed", files)
    before = editor.open(root / "shop.py")
    assert await editor.tested(before)
    before.path.rename(root / "store.py")
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri_of(root / "shop.py")}})
    test = root / "test_shop.py"
    test.write_text(test.read_text().replace("from shop", "from store"))
    shown = await editor.tested(editor.open(root / "store.py"))
    assert "assert 6 == 7" in shown[0]["message"]
    left = [p for p in editor.publications if p["uri"] == before.uri]
    assert left[-1]["diagnostics"] == []


async def test_a_test_that_changed_outside_of_the_editor_is_run_as_it_is(editor, tmp_path):
    files = {"shop.py": SHOP.partition("\n\n\n")[0], "test_shop.py": RED.format(7)}
    root = await editor.workspace(tmp_path / "checkout", files)
    file = editor.open(root / "shop.py")
    assert await editor.tested(file)
    (root / "test_shop.py").write_text(RED.format(6))
    assert await editor.tested(file) == []


async def test_line_ends_and_a_byte_order_mark_stay_as_they_are(editor, tmp_path):
    text = "\ufeffdef low(a):\r\n    return a < 3\r\n"
    test = "from marked import low\n\n\ndef test_low():\n    assert low(3) and not low(4)\n"
    root = await editor.workspace(
        tmp_path / "lines", {"marked.py": text.encode(), "test_marked.py": test}
    )
    file = editor.open(root / "marked.py")
    found = await editor.tested(file)
    fix, *_ = await editor.fixes(file, found[0]["range"])
    await editor.apply(fix)
    assert file.text == text.replace("<", "<=")
