"""From a red save to a green one by the menu, with the real server."""

import pytest

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

FARES = '''def fare(age):
    """Children up to six travel free."""
    if age < 6:  # ¼ of them
        return 0
    return  350
'''
TEST_FARES = """from fares import fare


def test_baby():
    assert fare(0) == 0


def test_six():
    assert fare(6) == 0


def test_adult():
    assert fare(7) == 350
"""
AT_TOP = {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 0}}


async def test_a_fix_is_listed_with_its_evidence_applied_and_green(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"fares.py": FARES, "test_fares.py": TEST_FARES})
    file = editor.open(root / "fares.py")
    assert len(await editor.tested(file)) == 1
    fix, *_ = await editor.fixes(file, AT_TOP)
    assert fix["title"] == "Fix: compare with <= (3 of 3 tests pass)"
    await editor.apply(fix)
    assert file.text == FARES.replace("age < 6", "age <= 6")
    assert await editor.tested(file) == []


async def test_a_fix_is_one_edit_of_one_file_and_so_one_undo(editor, tmp_path):
    files = {"fares3.py": FARES, "test_fares3.py": TEST_FARES.replace("fares", "fares3")}
    root = await editor.workspace(tmp_path, files)
    file = editor.open(root / "fares3.py")
    await editor.tested(file)
    fix, *_ = await editor.fixes(file, AT_TOP)
    if "edit" not in fix:
        fix = await editor.request("codeAction/resolve", fix)
    (change,) = fix["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": file.uri, "version": file.version}
    assert [edit["newText"] for edit in change["edits"]] == ["<="]
    assert "command" not in fix


async def test_a_fix_for_another_version_is_not_listed(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"fares2.py": FARES, "test_fares2.py": TEST_FARES})
    (root / "test_fares2.py").write_text(TEST_FARES.replace("fares", "fares2"))
    file = editor.open(root / "fares2.py")
    await editor.tested(file)
    assert await editor.fixes(file, AT_TOP)
    editor.change(file, FARES + "\n")
    assert await editor.code_actions(file, AT_TOP, ["quickfix"]) == []


async def test_a_test_file_is_never_edited(editor, tmp_path):
    test = "def test_sum():\n    assert 1 + 1 == 3\n"
    root = await editor.workspace(tmp_path, {"test_sum.py": test})
    file = editor.open(root / "test_sum.py")
    await editor.tested(file)
    assert await editor.fixes(file, AT_TOP) == []


async def test_where_nothing_helps_the_log_says_how_much_was_tried(editor, tmp_path):
    names = "def greeting(name):\n    return 'Hello'\n"
    test = "from names import greeting\n\n\ndef test_a():\n    assert greeting('A') == 'Bye A!'\n"
    root = await editor.workspace(tmp_path, {"names.py": names, "test_names.py": test})
    file = editor.open(root / "names.py")
    await editor.tested(file)
    assert await editor.fixes(file, AT_TOP) == []
    assert "found no fix in" in editor.logged("names.py: ")[-1]
