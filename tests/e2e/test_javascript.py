"""A save of JavaScript or TypeScript, with the real server, the real node and the real vitest."""

import shutil
from typing import Any

import pytest

from unit.adapters.test_program_runner import CALC, NODE_TEST, VITEST_TEST, with_vitest

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here"),
]


def seen(found: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(each["range"]["start"]["line"], each["message"]) for each in found]


async def test_a_test_file_shows_what_was_expected_and_what_came(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"calc.mjs": CALC, "calc.test.mjs": NODE_TEST})
    found = await editor.tested(editor.open(root / "calc.test.mjs", language_id="javascript"))
    assert seen(found) == [
        (5, "adds: expected 3, got -1"),
        (8, "sums::deep: expected { a: 2 }, got { a: 1 }"),
    ]


async def test_a_source_is_tested_by_the_file_that_mirrors_it(editor, tmp_path):
    files = {"src/calc.mjs": CALC, "src/__tests__/calc.test.mjs": NODE_TEST.replace("./", "../")}
    root = await editor.workspace(tmp_path, files)
    file = editor.open(root / "src/calc.mjs", language_id="javascript")
    assert [line for line, _ in seen(await editor.tested(file))] == [0, 0]
    editor.change(file, CALC.replace("-", "+"))
    file.path.write_text(file.text)
    (left,) = await editor.tested(file)
    assert left["message"].startswith("sums::deep")


async def test_vitest_finds_the_tests_of_a_source_by_its_imports(editor, tmp_path):
    files = {
        "src/calc.ts": CALC.replace("a, b", "a: number, b: number"),
        "sums/all.test.ts": VITEST_TEST.replace("./calc.mjs", "../src/calc"),
    }
    with_vitest(tmp_path)
    root = await editor.workspace(tmp_path, files)
    file = editor.open(root / "src/calc.ts", language_id="typescript")
    found = await editor.tested(file)
    assert seen(found) == [(0, "adds: expected -1 to be 3 // Object.is equality")]
