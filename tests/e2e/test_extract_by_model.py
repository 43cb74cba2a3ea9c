"""An extraction that the user's model chooses, with the real server and a scripted endpoint."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from e2e.real_server import Editor, connected
from endpoints.scripted_server import refusal, said, serving
from lacuna_ls.lsp.client import OpenFile, ServerError
from real_runs import project

REPORT = """def report(orders):
    log.info("report")
    total = 0
    for order in orders:
        if order.paid:
            total += order.price
    print(total)
"""
LOOP = {"start": {"line": 2, "character": 4}, "end": {"line": 5, "character": 32}}
CURSOR = {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 4}}


@asynccontextmanager
async def opened(
    tmp_path: Path, endpoint: str, files: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Editor, OpenFile]]:
    """`report.py` in the editor of a user who has named this endpoint."""
    root = project(tmp_path / "w", {"report.py": REPORT, **(files or {})})
    model = {"endpoint": endpoint, "name": "coder"} if endpoint else {}
    async with connected(root, tmp_path, model=model) as editor:
        yield editor, editor.open(root / "report.py")


async def asking(editor: Editor, file: OpenFile, at: Any) -> list[dict[str, Any]]:
    menu = await editor.code_actions(file, at, ["refactor.extract"])
    return [each for each in menu if each["title"].startswith("Ask coder")]


@pytest.mark.parametrize("at", [LOOP, CURSOR], ids=["selection", "cursor"])
async def test_the_model_is_asked_when_its_entry_was_chosen_and_names_the_function(tmp_path, at):
    named = said("1 revenue_of")
    async with serving(named) as server, opened(tmp_path, server.url) as (editor, file):
        (entry,) = await asking(editor, file, at)
        assert server.asked == []
        await editor.apply(entry)
        assert "def revenue_of(orders):" in file.text
        assert "total = revenue_of(orders)" in file.text
        assert len(server.asked) == 1


async def test_a_name_that_is_taken_gives_way_to_the_engines(tmp_path):
    async with serving(said("1 report")) as server, opened(tmp_path, server.url) as (editor, file):
        (entry,) = await asking(editor, file, LOOP)
        await editor.apply(entry)
        assert file.text.count("def report(") == 1
        assert file.text.count("def ") == 2


async def test_a_model_that_fails_is_quoted_and_nothing_changes(tmp_path):
    no_such = refusal(404, "no model named coder")
    async with serving(no_such) as server, opened(tmp_path, server.url) as (editor, file):
        (entry,) = await asking(editor, file, LOOP)
        with pytest.raises(ServerError, match="No edit"):
            await editor.apply(entry)
        assert file.text == REPORT
        assert any("no model named coder" in told for told in editor.shown())


async def test_without_an_endpoint_there_is_no_model_to_ask(tmp_path):
    async with opened(tmp_path, "") as (editor, file):
        assert await asking(editor, file, LOOP) == []


async def test_a_file_that_is_kept_from_models_is_not_asked_about(tmp_path):
    kept = {".aiexclude": "report.py\n"}
    async with (
        serving(said("1 name")) as server,
        opened(tmp_path, server.url, kept) as (
            editor,
            file,
        ),
    ):
        assert await asking(editor, file, LOOP) == []
