"""An extraction that the user's model chooses, with the real server and a scripted endpoint."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from e2e.real_server import Editor, connected
from endpoints.scripted_server import Answer, ScriptedServer, refusal, said, serving
from lacuna_ls.lsp.client import OpenFile, ServerError
from real_runs import project

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

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


@dataclass
class Desk:
    """The editor of a user who has named the endpoint; both are the module's."""

    editor: Editor
    endpoint: ScriptedServer

    async def opened(self, root: Path, answer: Answer, **files: str) -> OpenFile:
        """`report.py` in a folder of its own, and the endpoint's answer to all that is asked."""
        self.endpoint.script = lambda _: answer
        self.endpoint.asked.clear()
        self.editor.leave()
        self.editor.told.clear()
        folder = await self.editor.workspace(root, {"report.py": REPORT, **files})
        return self.editor.open(folder / "report.py")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    base = tmp_path_factory.getbasetemp().resolve()
    first, home = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("home")
    async with serving(said("")) as endpoint:
        model = {"endpoint": endpoint.url, "name": "coder"}
        async with connected(first, home, model=model, trustedFolders=[str(base)]) as editor:
            yield Desk(editor, endpoint)


async def asking(editor: Editor, file: OpenFile, at: Any) -> list[dict[str, Any]]:
    menu = await editor.code_actions(file, at, ["refactor.extract"])
    return [each for each in menu if each["title"].startswith("Ask coder")]


@pytest.mark.parametrize("at", [LOOP, CURSOR], ids=["selection", "cursor"])
async def test_the_model_is_asked_when_its_entry_was_chosen_and_names_the_function(
    desk, tmp_path, at
):
    file = await desk.opened(tmp_path, said("1 revenue_of"))
    (entry,) = await asking(desk.editor, file, at)
    assert desk.endpoint.asked == []
    await desk.editor.apply(entry)
    assert "def revenue_of(orders):" in file.text
    assert "total = revenue_of(orders)" in file.text
    assert len(desk.endpoint.asked) == 1


async def test_a_name_that_is_taken_gives_way_to_the_engines(desk, tmp_path):
    file = await desk.opened(tmp_path, said("1 report"))
    (entry,) = await asking(desk.editor, file, LOOP)
    await desk.editor.apply(entry)
    assert file.text.count("def report(") == 1
    assert file.text.count("def ") == 2


async def test_a_model_that_fails_is_quoted_and_nothing_changes(desk, tmp_path):
    file = await desk.opened(tmp_path, refusal(404, "no model named coder"))
    (entry,) = await asking(desk.editor, file, LOOP)
    with pytest.raises(ServerError, match="No edit"):
        await desk.editor.apply(entry)
    assert file.text == REPORT
    assert any("no model named coder" in told for told in desk.editor.shown())


async def test_without_an_endpoint_there_is_no_model_to_ask(tmp_path):
    root = project(tmp_path / "w", {"report.py": REPORT})
    async with connected(root, tmp_path) as editor:
        assert await asking(editor, editor.open(root / "report.py"), LOOP) == []


async def test_a_file_that_is_kept_from_models_is_not_asked_about(desk, tmp_path):
    file = await desk.opened(tmp_path, said("1 name"), **{".aiexclude": "report.py\n"})
    assert await asking(desk.editor, file, LOOP) == []
