"""Which tests a save runs once it is known what each executes, in the real server."""

import asyncio
import copy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from e2e.real_server import PATIENCE_S, Editor, connected
from e2e.test_seen import hover
from lacuna_ls.lsp.client import CAPABILITIES, OpenFile

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

SHOP = """def price(n):
    return n * 3


def total(n):
    return n


def unused(n):
    return n
"""
TEST_SHOP = """import shop


def test_price():
    assert shop.price(2) == 6


def test_total():
    assert shop.total(2) == 2
"""
TEST_FAR = "import shop\n\n\ndef test_far():\n    assert shop.total(1) == 1\n"
FILES = {"shop.py": SHOP, "test_shop.py": TEST_SHOP, "test_far.py": TEST_FAR}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    capabilities = copy.deepcopy(CAPABILITIES)
    capabilities["textDocument"]["hover"] = {"contentFormat": ["plaintext"]}
    base = str(tmp_path_factory.getbasetemp().resolve())
    home, first = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("first")
    async with connected(first, home, capabilities=capabilities, trustedFolders=[base]) as own:
        yield own


class Log:
    """The lines of the server's log on the runs that saves of the shop set off, from now on."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self._seen = len(self._all())

    def _all(self) -> list[str]:
        lines = (line.removeprefix("shop.py: ") for line in self._editor.logged("shop.py: "))
        return [
            line.partition(" in ")[0] for line in lines if line.startswith(("no ", *"0123456789"))
        ]

    async def next(self, count: int = 1) -> list[str]:
        wanted = self._seen + count
        await self._editor.wait_until(lambda: len(self._all()) >= wanted)
        found = self._all()[self._seen : wanted]
        self._seen = wanted
        return found


async def known(editor: Editor, root: Path, log: Log, background: int) -> OpenFile:
    """The shop after its first save, when all of its tests have been watched."""
    shop = editor.open(root / "shop.py")
    assert await editor.tested(shop) == []
    await log.next(1 + background)
    return shop


async def saved(editor: Editor, file: OpenFile, before: str, after: str) -> None:
    assert before in file.text
    editor.change(file, file.text.replace(before, after))
    await editor.save(file)


async def test_a_save_runs_what_its_change_can_reach_and_says_why(editor, tmp_path):
    root, log = await editor.workspace(tmp_path, FILES), Log(editor)
    shop = await known(editor, root, log, 2)
    tests = editor.open(root / "test_shop.py")
    await saved(editor, shop, "    return n\n\n\ndef unused", "    return n + 0\n\n\ndef unused")
    assert await log.next(3) == ["1 passed"] * 3, "the one that is hit, the one beside it, far ones"
    assert "ran because it calls shop.total, which changed" in await hover(editor, tests, 7, 6)
    assert "tests beside it execute what changed" in await hover(editor, tests, 3, 6)


async def test_a_change_that_no_test_executes_runs_none(editor, tmp_path):
    root, log = await editor.workspace(tmp_path, FILES), Log(editor)
    shop = await known(editor, root, log, 2)
    await saved(editor, shop, "def unused(n):\n    return n", "def unused(n):\n    return -n")
    assert await log.next() == ["no test executes what changed"]


async def test_what_a_narrow_run_says_is_red_only_if_the_whole_file_says_so(editor, tmp_path):
    order = (
        "import shop\n\nSEEN = []\n\n\ndef test_first():\n    SEEN.append(shop.price(1))\n\n\n"
        "def test_second():\n    assert SEEN\n    assert shop.total(1) < 3\n"
    )
    files = {"shop.py": SHOP, "test_shop.py": order}
    root, log = await editor.workspace(tmp_path, files), Log(editor)
    shop = await known(editor, root, log, 1)
    await saved(editor, shop, "    return n\n\n\ndef unused", "    return n + 1\n\n\ndef unused")
    assert await log.next(2) == ["1 failed", "2 passed"]
    assert await editor.diagnostics(shop, timeout_s=PATIENCE_S) == []


async def test_all_files_that_are_saved_at_once_have_their_tests_run(editor, tmp_path):
    names = ("one", "two", "three")
    files = {f"{name}.py": "def value():\n    return 1\n" for name in names}
    test = "import {0}\n\n\ndef test_value():\n    assert {0}.value() == 1\n"
    files |= {f"test_{name}.py": test.format(name) for name in names}
    files["test_all.py"] = "".join(f"import {name}\n" for name in names) + (
        "\n\ndef test_sum():\n    assert one.value() + two.value() + three.value() == 3\n"
    )
    root = await editor.workspace(tmp_path, files)
    opened = [editor.open(root / f"{name}.py") for name in names]
    for file in opened:
        editor.change(file, file.text.replace("1", "2"))
    await asyncio.gather(*(editor.save(file) for file in opened))

    def reported() -> set[str]:
        newest = {p["uri"]: p["diagnostics"] for p in editor.publications}
        return {d["code"] for found in newest.values() for d in found}

    wanted = {f"test_{name}.py::test_value" for name in names} | {"test_all.py::test_sum"}
    await editor.wait_until(lambda: reported() >= wanted)
