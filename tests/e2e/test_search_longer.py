"""The search that a user asks for, with the real server and a scripted endpoint on loopback."""

import asyncio
import copy
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from e2e.real_server import Editor, connected
from endpoints.scripted_server import event, refusal, said, serving, streamed
from lacuna_ls.lsp.client import CAPABILITIES, OpenFile
from real_runs import project

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

NAMES = '''import random


def greeting(name):
    """How to greet somebody at the end of the day."""
    return "Hello"


PASSWORD = "swordfish-7"
'''
RIGHT = '''def greeting(name):
    """How to greet somebody at the end of the day."""
    return f"Good night, {name[:1].upper()}{name[1:]}"
'''
TEST_NAMES = """from names import greeting


def test_ada():
    assert greeting("ada") == "Good night, Ada"


def test_grace():
    assert greeting("Grace") == "Good night, Grace"
"""
FILES = {"names.py": NAMES, "test_names.py": TEST_NAMES}
IN_GREETING = {"start": {"line": 5, "character": 4}, "end": {"line": 5, "character": 4}}
ELSEWHERE = {"start": {"line": 8, "character": 0}, "end": {"line": 8, "character": 0}}
TITLE = "Search longer for a fix"
REPLY = f"It has to say who is greeted.\n```python\n{RIGHT}```\n"


def with_commands(*, progress: bool = True) -> dict[str, Any]:
    capabilities = copy.deepcopy(CAPABILITIES)
    capabilities["workspace"]["executeCommand"] = {}
    capabilities["window"]["workDoneProgress"] = progress
    return capabilities


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    base = tmp_path_factory.getbasetemp().resolve()
    first, home = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("home")
    async with connected(
        first, home, capabilities=with_commands(), trustedFolders=[str(base)]
    ) as own:
        yield own


async def red(
    editor: Editor,
    root: Path,
    endpoint: str = "",
    files: Mapping[str, str] = FILES,
    budget_s: float = 0.5,
) -> OpenFile:
    """`names.py` was saved, its tests are red, and the quiet search has found nothing."""
    editor.leave()
    editor.told.clear()
    editor.progressed.clear()
    editor.configuration = {
        "interpreter": sys.executable,
        "actions": {"timeBudgetSeconds": budget_s},
        "model": {"endpoint": endpoint, "name": "coder"},
    }
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    folder = await editor.workspace(root, files)
    file = editor.open(folder / "names.py")
    assert await editor.tested(file)
    assert await editor.fixes(file, IN_GREETING) == []
    return file


async def longer(editor: Editor, file: OpenFile) -> None:
    """Choose the menu's item."""
    menu = await editor.code_actions(file, IN_GREETING, ["quickfix"])
    (action,) = [each for each in menu if each["title"] == TITLE]
    command = action["command"]
    params = {"command": command["command"], "arguments": command["arguments"]}
    assert await editor.request("workspace/executeCommand", params) is None


async def message(editor: Editor) -> str:
    """What the user is told in the end."""

    def told() -> list[str]:
        return [m for m in editor.shown() if m.startswith("Lacuna: names.py: ")]

    await editor.wait_until(lambda: bool(told()))
    return told()[-1].removeprefix("Lacuna: names.py: ")


async def test_a_models_draft_becomes_a_fix_with_its_evidence_and_is_green(editor, tmp_path):
    replies = (REPLY, REPLY, "I do not know.", "```python\ndef")
    async with serving(said(*replies)) as server:
        # Six times as long is the model's: enough on a machine that has much else to do.
        file = await red(editor, tmp_path, server.url, budget_s=3)
        await longer(editor, file)
        assert "in the menu after" in await message(editor)
    fix, *others = await editor.code_actions(file, IN_GREETING, ["quickfix"])
    assert fix["title"].endswith("(2 of 2 tests pass, written by coder)")
    assert [each["title"] for each in others] == [TITLE]
    await editor.apply(fix)
    assert RIGHT in file.text
    assert await editor.tested(file) == []
    prompt = server.asked[0].prompt
    assert "greeting(name='ada') returned 'Hello'" in prompt
    assert 'assert greeting("ada") == "Good night, Ada"' in prompt
    assert "swordfish" not in prompt
    bars = [each["value"].get("title", "") for each in editor.progressed]
    assert "Searching longer for a fix in names.py" in bars


async def test_without_an_endpoint_it_says_what_was_tried(editor, tmp_path):
    file = await red(editor, tmp_path)
    assert await editor.code_actions(file, ELSEWHERE, ["quickfix"]) == []
    await longer(editor, file)
    words = await message(editor)
    assert words.startswith("found nothing in ")
    assert words.endswith(" candidates tried)")


async def test_an_endpoint_that_fails_is_quoted(editor, tmp_path):
    async with serving(refusal(404, "no model named coder")) as server:
        file = await red(editor, tmp_path, server.url)
        await longer(editor, file)
        words = await message(editor)
    assert words.endswith("could not answer (404): no model named coder)")


@pytest.mark.parametrize("how", ["by the user", "by an edit", "by a save"])
async def test_a_cancelled_search_hangs_up(editor, tmp_path, how):
    async with serving(streamed(event("It"), then="hang")) as server:
        file = await red(editor, tmp_path, server.url)
        await longer(editor, file)
        await server.came.wait()
        if how == "by the user":
            token = next(
                each["token"]
                for each in editor.progressed
                if "Searching longer" in each["value"].get("title", "")
            )
            editor.notify("window/workDoneProgress/cancel", {"token": token})
        elif how == "by a save":
            await editor.save(file)
        else:
            editor.change(file, NAMES.replace("Hello", "Bye"))
            assert await editor.code_actions(file, IN_GREETING, ["quickfix"]) == []
        await asyncio.wait_for(server.hung_up.wait(), 20)


async def test_a_file_that_is_kept_from_models_is_not_asked_about(editor, tmp_path):
    async with serving(said(REPLY)) as server:
        file = await red(editor, tmp_path, server.url, {**FILES, ".aiexclude": "names.py\n"})
        await longer(editor, file)
        assert "kept from models" in await message(editor)
    assert server.asked == []


async def test_a_client_without_progress_is_told_the_result(tmp_path):
    async with serving(said(REPLY)) as server:
        table = f'[tool.lacuna.model]\nendpoint = "{server.url}"\n'
        root = project(tmp_path / "w", {**FILES, "pyproject.toml": table})
        capabilities = with_commands(progress=False)
        options: dict[str, Any] = {"actions": {"timeBudgetSeconds": 0.5}}
        async with connected(root, tmp_path, capabilities=capabilities, **options) as editor:
            file = editor.open(root / "names.py")
            assert await editor.tested(file)
            assert await editor.fixes(file, IN_GREETING) == []
            await longer(editor, file)
            assert (await message(editor)).startswith("found nothing in ")
            assert editor.progressed == []
    assert server.asked == [], "a repository does not name the endpoint"
