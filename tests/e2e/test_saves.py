"""A save, from the editor and back: the tests run, and what they say stands where it belongs."""

import sys
from typing import Any

import pytest

from e2e.real_server import Editor, descendants, descriptors
from lacuna_ls.lsp.client import OpenFile

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

SHOP = '''"""Prices of a shop, in cents."""


def price(count):
    return count * 3
'''
TEST_SHOP = """from shop import price


def test_price():
    assert price(2) == 8


def test_nothing():
    assert price(0) == 0
"""


NOWHERE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


def place(found: dict[str, Any]) -> tuple[int, int, int]:
    start, end = found["range"]["start"], found["range"]["end"]
    return start["line"], start["character"], end["character"]


async def test_a_wrong_value_is_shown_at_the_function_that_gave_it(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"shop.py": SHOP, "test_shop.py": TEST_SHOP})
    file = editor.open(root / "shop.py")
    (found,) = await editor.tested(file)
    assert (place(found), found["source"]) == ((3, 4, 9), "lacuna")
    assert "6 == 8" in found["message"]
    assert found["code"] == "test_shop.py::test_price"
    (publication,) = [p for p in editor.publications if p["uri"] == file.uri]
    assert publication["version"] == file.version


async def test_what_a_save_shows_carries_the_version_that_was_saved(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"shop.py": "", "test_shop.py": TEST_SHOP})
    file = editor.open(root / "shop.py")
    for text in ("x = 1\n", SHOP):
        editor.change(file, text)
    await editor.tested(file)
    versions = [p["version"] for p in editor.publications if p["uri"] == file.uri]
    assert versions[-1] == file.version == 3


async def test_a_failure_inside_the_file_is_shown_at_its_line(editor, tmp_path):
    broken = "def price(count):\n    rates = {}\n    return count * rates['full']\n"
    root = await editor.workspace(tmp_path, {"shop.py": broken, "test_shop.py": TEST_SHOP})
    found = await editor.tested(editor.open(root / "shop.py"))
    assert [place(each) for each in found] == [(2, 4, 32)] * 2
    assert "KeyError: 'full'" in found[0]["message"]
    related = found[0]["relatedInformation"][0]
    assert related["location"]["uri"].endswith("/test_shop.py")
    assert related["location"]["range"]["start"]["line"] == 4


async def test_a_test_file_that_is_saved_itself(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"shop.py": SHOP, "test_shop.py": TEST_SHOP})
    (found,) = await editor.tested(editor.open(root / "test_shop.py"))
    assert place(found) == (4, 4, 24)


async def test_a_source_file_that_is_named_like_a_secret(editor, tmp_path):
    test = TEST_SHOP.replace("shop", "credentials")
    names = {"credentials.py": SHOP, "test_credentials.py": test}
    root = await editor.workspace(tmp_path, names)
    (found,) = await editor.tested(editor.open(root / "credentials.py"))
    assert place(found) == (3, 4, 9)


async def test_an_example_in_a_docstring(editor, tmp_path):
    example = 'def price(count):\n    """\n    >>> price(2)\n    8\n    """\n    return count * 3\n'
    root = await editor.workspace(tmp_path, {"shop.py": example})
    (found,) = await editor.tested(editor.open(root / "shop.py"))
    assert "expected 8, got 6" in found["message"]
    assert place(found)[0] == 2


async def test_a_unittest_test_case(editor, tmp_path):
    case = (
        "import unittest\n\nfrom shop import price\n\n\nclass PriceTest(unittest.TestCase):\n"
        "    def test_price(self):\n        self.assertEqual(price(2), 8)\n"
    )
    root = await editor.workspace(tmp_path, {"shop.py": SHOP, "tests/test_shop.py": case})
    (found,) = await editor.tested(editor.open(root / "tests" / "test_shop.py"))
    assert (place(found)[0], "6 != 8" in found["message"]) == (7, True)


async def test_green_tests_show_nothing(editor, tmp_path):
    right = TEST_SHOP.replace("8", "6")
    root = await editor.workspace(tmp_path, {"shop.py": SHOP, "test_shop.py": right})
    assert await editor.tested(editor.open(root / "shop.py")) == []


async def test_edits_move_what_is_shown_and_take_it_away(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"shop.py": SHOP, "test_shop.py": TEST_SHOP})
    file = editor.open(root / "shop.py")
    await editor.tested(file)
    before = len(editor.publications)
    editor.change(file, "# new\n" + file.text)
    editor.change(file, file.text.replace("price(count)", "price(number)"))
    await editor.wait_until(lambda: len(editor.publications) >= before + 2)
    moved, gone = editor.publications[before : before + 2]
    assert [place(each)[0] for each in moved["diagnostics"]] == [4]
    assert (gone["diagnostics"], gone["version"]) == ([], 3)


async def test_files_with_odd_names(editor, tmp_path):
    folder = tmp_path / "my prøject ✓"
    root = await editor.workspace(folder, {"é.py": SHOP, "test_é.py": "def test_a(): assert 0\n"})
    (found,) = await editor.tested(editor.open(root / "test_é.py"))
    assert found["code"] == "test_é.py::test_a"


async def test_crlf_and_wide_characters_before_the_place(editor, tmp_path):
    text = "x = '😀'; assert x == 'é'\r\n"
    root = await editor.workspace(tmp_path, {"test_it.py": f"def test_a():\r\n    {text}".encode()})
    (found,) = await editor.tested(editor.open(root / "test_it.py"))
    assert place(found) == (1, 4, 4 + len(text) - 2 + 1)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
async def test_of_twenty_rapid_saves_the_last_is_reported(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"shop.py": SHOP, "test_shop.py": TEST_SHOP})
    file = editor.open(root / "shop.py")
    for price in "46":
        editor.change(file, SHOP.replace("3", price))
        await editor.tested(file)
    editor.change(file, SHOP + "\n")
    kept = await most_held(editor, file)
    for count in range(20):
        editor.change(file, SHOP.replace("3", str(count + 5)))
        await editor.save(file)
    found = await editor.diagnostics(file, timeout_s=30)
    assert ["48 == 8" in each["message"] for each in found] == [True]
    reported = [p["version"] for p in editor.publications if p["uri"] == file.uri]
    assert reported[-1] == file.version
    assert len(set(reported)) <= 5
    editor.change(file, SHOP)
    await nothing_left(editor, file, kept)


def held(editor: Editor) -> tuple[int, int]:
    """How many processes and descriptors the server has, those that it keeps for runs included."""
    pid = editor.process.pid
    return len(descendants(pid)), descriptors(pid)


async def most_held(editor: Editor, file: OpenFile) -> tuple[int, int]:
    """The most that is held in the time of some hundred requests."""
    seen = [held(editor)]
    for _ in range(500):
        await editor.code_actions(file, NOWHERE)
        seen.append(held(editor))
    return max(processes for processes, _ in seen), max(open_ for _, open_ in seen)


async def nothing_left(editor: Editor, file: OpenFile, kept: tuple[int, int]) -> None:
    """Wait until the server holds what it did, give or take a process kept for runs.

    What twenty saves leak is twenty more.
    """
    for _ in range(2000):
        processes, open_ = held(editor)
        if processes < kept[0] + 5 and open_ < kept[1] + 10:
            return
        await editor.code_actions(file, NOWHERE)
    raise AssertionError(f"left: {held(editor)}, where {kept} were held before")
