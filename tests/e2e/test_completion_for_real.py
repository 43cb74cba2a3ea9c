"""Completion and extraction by the real engines, in three kinds of editors."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import converters

from e2e.profiles import NAMES, capabilities
from e2e.real_server import Editor, connected

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

REPEATED = "".join(
    f"def tést_{n}():\n    basket = make_basket(size=12)\n    assert basket.total() == {n}\n\n\n"
    for n in range(5)
)
BEGUN = REPEATED + "def test_5():\n    basket = make_"
MEAN = """def mean(values):
    '''The 😀 mean.'''
    total = 0
    for value in values:
        total += value
    return total / len(values)


assert mean([1, 2, 3]) == 2
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=NAMES)
async def editor(request: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    wire = converters.get_converter().unstructure(capabilities(request.param))
    root, home = tmp_path_factory.mktemp("w"), tmp_path_factory.mktemp("home")
    async with connected(root.resolve(), home, capabilities=wire) as own:
        yield own


async def test_what_the_file_repeats_is_offered(editor, tmp_path):
    file = editor.open(tmp_path / "test_basket.py", BEGUN)
    offset = len(BEGUN.encode())
    if "inlineCompletionProvider" in editor.capabilities:
        items = await editor.complete(file, offset)
        texts = [item["insertText"] for item in items]
        shown = [text if isinstance(text, str) else text["value"] for text in texts]
    else:
        params = {
            "textDocument": {"uri": file.uri},
            "position": editor.position(file, offset),
        }
        items = []
        while not items:
            # The popup is never held up: an answer that takes longer comes with the next question.
            items = (await editor.request("textDocument/completion", params))["items"]
        shown = [item["textEdit"]["newText"] for item in items]
    assert "basket(" in shown[0]


COPIED = "known = [" + ", ".join(f"'word_{n}'" for n in range(6)) + "]\n"


async def test_where_a_long_suggestion_stands_already_is_said(tmp_path):
    (tmp_path / "words.py").write_text("import os\n\n" + COPIED * 6)
    async with connected(tmp_path, tmp_path / "home") as own:
        file = own.open(tmp_path / "here.py", "known = ['word_0'")
        while not await own.complete(file, len(file.text)):
            pass
        said = "Ghost text stands word for word elsewhere: "
        await own.wait_until(lambda: bool(own.logged(said)))
        assert own.logged(said)[0].partition(" tokens as in ")[2].startswith(str(tmp_path))


async def test_a_selection_becomes_a_function_and_the_program_still_works(editor, tmp_path):
    file = editor.open(tmp_path / "mean.py", MEAN)
    start, end = (MEAN.encode().index(each) for each in (b"total = 0", b"    return total"))
    range_ = {"start": editor.position(file, start), "end": editor.position(file, end - 1)}
    action, *_ = await editor.code_actions(file, range_, ["refactor.extract"])
    await editor.apply(action)
    assert file.text.count("def ") == 2
    exec(compile(file.text, "mean.py", "exec"), {})
