"""Ghost text from an endpoint, through the real server; the endpoint does what its script says."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import converters

from e2e.profiles import capabilities
from e2e.real_server import connected
from endpoints.scripted_server import (
    completed,
    completing,
    sent,
    serving_by,
)
from lacuna_ls.adapters.local_record import LocalRecord

UTIL = "def load_basket(path: str) -> list[int]:\n    return []\n"
MAIN = "from util import load_basket\n\n\ndef total():\n    basket = "
GOOD = sent(*completed(('load_basket("a")', -0.01), ("\n", -0.01), ("    return", -0.3)))


async def shown(editor, file, offset: int) -> list[str]:
    items = await editor.complete(file, offset)
    texts = [item["insertText"] for item in items]
    return [text if isinstance(text, str) else text["value"] for text in texts]


async def until_shown(editor, file, offset: int, wanted: str) -> None:
    """An endpoint that has not answered yet is not waited for: ask again, as typing does."""
    async with asyncio.timeout(60):
        while wanted not in "".join(await shown(editor, file, offset)):
            pass


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "util.py").write_text(UTIL)
    (root / "AGENTS.md").write_text("Baskets are lists of prices.")
    return root


def options(url: str) -> dict[str, Any]:
    return {"model": {"endpoint": url, "name": "coder"}}


async def test_an_endpoint_completes_with_what_the_project_says(project, tmp_path):
    async with (
        serving_by(completing(GOOD)) as server,
        connected(project, tmp_path / "home", **options(server.url)) as editor,
    ):
        file = editor.open(project / "main.py", MAIN)
        await until_shown(editor, file, len(MAIN.encode()), "load_basket")
        asked = len(server.asked)
        editor.change(file, MAIN + "load_")
        assert 'basket("a")' in (await shown(editor, file, len(MAIN.encode()) + 5))[0]
        assert len(server.asked) == asked
    prompt = server.asked[-1].body["prompt"]
    assert "# def load_basket(path: str) -> list[int]: ..." in prompt
    assert prompt.startswith("# AGENTS.md:\n# Baskets are lists of prices.\n")


async def test_what_is_accepted_by_word_and_by_line_is_recorded_and_asks_nobody(project, tmp_path):
    lines = sent(*completed(("basket = ", -0.01), ("[1]\n", -0.01), ("return basket", -0.01)))
    before = "def total():\r\n    "
    async with (
        serving_by(completing(lines)) as server,
        connected(project, tmp_path / "home", **options(server.url)) as editor,
    ):
        file = editor.open(project / "main.py", before)
        await until_shown(editor, file, len(before), "return basket")
        asked = len(server.asked)
        rests = []
        for accepted in ("basket", "basket = [1]\r\n    "):
            editor.change(file, before + accepted)
            rests += await shown(editor, file, len(before + accepted))
        assert len(server.asked) == asked
    # It is written at the end at the latest.
    record = LocalRecord(tmp_path / "home" / "data" / "lacuna-ls")
    assert rests == [" = [1]\r\n    return basket", "return basket"]
    (tally,) = record.days().values()
    assert (tally.accepted, tally.accepted_in_part) == (0, 2)


async def test_what_follows_an_accepted_suggestion_is_asked_for_before_the_editor_asks(
    project, tmp_path
):
    async with (
        serving_by(completing(GOOD)) as server,
        connected(project, tmp_path / "home", **options(server.url)) as editor,
    ):
        file = editor.open(project / "main.py", MAIN)
        await until_shown(editor, file, len(MAIN.encode()), "load_basket")
        before = len(server.asked)
        server.came.clear()
        editor.change(file, MAIN + 'load_basket("a")')
        await asyncio.wait_for(server.came.wait(), 60)
    assert server.asked[before].body["prompt"].endswith('basket = load_basket("a")')


async def test_in_a_folder_without_trust_nobody_is_asked(project, tmp_path):
    async with (
        serving_by(completing(GOOD)) as server,
        connected(project, tmp_path / "home", trusted=False, **options(server.url)) as editor,
    ):
        file = editor.open(project / "main.py", MAIN)
        await shown(editor, file, len(MAIN.encode()))
    assert server.asked == []


async def test_a_repository_names_no_endpoint(project, tmp_path):
    async with serving_by(completing(GOOD)) as server:
        (project / "lacuna.toml").write_text(f'model.endpoint = "{server.url}"\n')
        async with connected(project, tmp_path / "home") as editor:
            file = editor.open(project / "main.py", MAIN)
            await shown(editor, file, len(MAIN.encode()))
            await editor.wait_until(
                lambda: any("never in a repository" in m for m in editor.shown())
            )
    assert server.asked == []


async def test_an_endpoint_that_breaks_off_ends_with_the_embedded_model_and_is_told(
    project, tmp_path
):
    async with (
        serving_by(completing(sent(*completed(("a", -1))[:1], then="reset"))) as server,
        connected(project, tmp_path / "home", **options(server.url)) as editor,
    ):
        file = editor.open(project / "main.py", MAIN)
        await shown(editor, file, len(MAIN.encode()))
        told = "Lacuna: completions come from the embedded model: no answer from"
        await editor.wait_until(lambda: bool(editor.logged(told)))
        await shown(editor, file, len(MAIN.encode()))
        assert editor.process.returncode is None


async def test_an_import_that_is_needed_comes_with_the_item(project, tmp_path):
    loads = sent(*completed(("json.loads(", -0.01), ("path)", -0.01), ("\n", -0.01)))
    text = "def read(path):\n    return "
    async with (
        serving_by(completing(loads)) as server,
        connected(
            project,
            tmp_path / "home",
            capabilities=converters.get_converter().unstructure(capabilities("minimal")),
            **options(server.url),
        ) as editor,
    ):
        editor.open(project / "other.py", "import json\n")
        file = editor.open(project / "main.py", text)
        params = {
            "textDocument": {"uri": file.uri},
            "position": editor.position(file, len(text)),
        }
        items: list[dict[str, Any]] = []
        async with asyncio.timeout(60):
            while not items or "json.loads" not in items[0]["textEdit"]["newText"]:
                items = (await editor.request("textDocument/completion", params))["items"]
    (edit,) = items[0]["additionalTextEdits"]
    assert (edit["newText"], edit["range"]["start"]) == (
        "import json\n",
        {"line": 0, "character": 0},
    )
