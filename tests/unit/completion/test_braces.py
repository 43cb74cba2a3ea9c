"""Ghost text where brackets are open (cursor written `‸`): JavaScript and TypeScript by real use."""

from pathlib import PurePath

import pytest

from fakes import FakeCalibrations, FakeFiles
from lacuna_ls.completion.engine import complete
from lacuna_ls.completion.suggestion import CompletionOptions
from lacuna_ls.domain.text import encode
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_path

LOOPS = (
    """\
export function total(rows) {
  let sum = 0;
  for (const row of rows) {
    sum += row.price * row.count;
  }
  return sum;
}

"""
    * 4
)


async def offered(marked, name="a.js"):
    before, _, after = marked.partition("‸")
    document = open_document(f"file:///{name}", 1, by_path(PurePath(name)), encode(before + after))
    found = await complete(
        document,
        len(encode(before)),
        EmbeddedModel(FakeFiles()),
        FakeCalibrations({}),
        CompletionOptions(),
    )
    return found[0].text if found else ""


@pytest.mark.parametrize("name", ["a.js", "a.mjs", "a.ts", "a.tsx"])
async def test_a_line_is_completed_in_a_function_that_is_not_closed_yet(name):
    text = (
        LOOPS
        + "export function sum(rows) {\n  let sum = 0;\n  for (const row of rows) {\n    sum +="
    )
    assert await offered(text + "‸", name) == " row.price * row.count;"


async def test_a_line_is_completed_above_brackets_that_the_editor_closed():
    text = LOOPS + "export function sum(rows) {\n  for (const row of rows) {\n    sum +=‸\n  }\n}\n"
    assert await offered(text) == " row.price * row.count;"


async def test_a_line_that_opens_a_block_is_offered_with_its_block():
    text = LOOPS + "export function sum(rows) {\n  let sum = 0;\n  for (const‸"
    assert await offered(text) == " row of rows) {\n    sum += row.price * row.count;\n  }"


async def test_a_python_call_may_go_on_below_its_line():
    call = "show(\n    first,\n    second,\n)\n"
    assert await offered(call * 6 + "sh‸", "a.py") == "ow(\n    first,\n    second,\n)"


async def test_a_line_inside_an_open_call_is_completed():
    call = "show(\n    first,\n    second,\n)\n"
    assert await offered(call * 6 + "show(\n    fi‸", "a.py") == "rst,"


async def test_words_are_completed_in_a_docstring_that_is_not_closed_yet():
    written = 'def f():\n    """Return the total of all rows."""\n    return 1\n\n\n'
    text = written * 4 + 'def g():\n    """Return the tot'
    assert (await offered(text + "‸\n", "a.py")).startswith("al of all rows.")
    assert (await offered(text + "‸\n\n\n" + written, "a.py")).startswith("al of all rows.")
