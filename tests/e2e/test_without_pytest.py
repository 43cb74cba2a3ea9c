"""The same save where the project's interpreter has no pytest, with the real server."""

import copy
import venv
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from e2e.real_server import Editor, connected
from lacuna_ls.lsp.client import CAPABILITIES
from lacuna_ls.lsp.uris import uri_of

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

FARES = '''"""
>>> fare(70)
350
"""

def fare(age):
    if age < 6:
        return 0
    return 350
'''
TEST_FARES = """import unittest

from fares import fare


class FareTest(unittest.TestCase):
    def test_baby(self):
        self.assertEqual(fare(0), 0)

    def test_six(self):
        self.assertEqual(fare(6), 0)
"""
AT_TEST = {"start": {"line": 6, "character": 0}, "end": {"line": 6, "character": 0}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    capabilities = copy.deepcopy(CAPABILITIES)
    capabilities["textDocument"] |= {"codeLens": {}}
    base = tmp_path_factory.getbasetemp().resolve()
    venv.create(base / "bare", with_pip=False, symlinks=True)
    home, first = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("first")
    python = str(base / "bare/bin/python")
    async with connected(
        first, home, capabilities=capabilities, interpreter=python, trustedFolders=[str(base)]
    ) as own:
        yield own


async def test_a_red_save_becomes_green_by_the_menu(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"fares.py": FARES, "test_fares.py": TEST_FARES})
    file = editor.open(root / "fares.py")
    (found,) = await editor.tested(file)
    assert found["code"] == "test_fares.py::FareTest::test_six"
    assert found["message"].startswith("FareTest::test_six: 350 != 0")
    lenses = await editor.request(
        "textDocument/codeLens", {"textDocument": {"uri": uri_of(file.path)}}
    )
    assert [lens["command"]["title"].rpartition(",")[0] for lens in lenses] == [
        "2 tests, 1 passes, 1 fails"
    ]
    fix, *_ = await editor.fixes(file, AT_TEST)
    assert fix["title"] == "Fix: compare with <= (3 of 3 tests pass)"
    await editor.apply(fix)
    assert await editor.tested(file) == []


async def test_what_needs_pytest_is_said_once_and_shown_nowhere(editor, tmp_path):
    test = "import pytest\n\nimport fares\n\n\ndef test_fare():\n    assert fares.fare(6) == 0\n"
    files = {"fares.py": FARES.replace(">>> ", ""), "test_fares.py": test}
    root = await editor.workspace(tmp_path, files)
    file = editor.open(root / "fares.py")
    assert await editor.tested(file) == []
    await editor.tested(file)
    said = [line for line in editor.shown() if "has no pytest" in line]
    assert len(said) == 1
