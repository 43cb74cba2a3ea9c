"""Opening a repository, editing and saving in it runs nothing of it and tells nobody."""

import subprocess
import sys
from contextlib import ExitStack

import pytest

from e2e.real_server import COMMAND, Editor, user
from faults.hostile import REPOSITORIES, open_hostile, seen, visit, watched

if sys.platform == "win32":
    pytest.skip("the programs in these repositories are scripts", allow_module_level=True)


def test_there_are_enough():
    assert len(REPOSITORIES) >= 30


async def test_nothing_of_many_hostile_folders_is_executed_or_contacted(tmp_path):
    """All of them as folders of one window."""
    environment = user(tmp_path / "home")
    with ExitStack() as stack:
        opened = {
            name: stack.enter_context(watched(tmp_path / str(number), name))
            for number, name in enumerate(REPOSITORIES)
        }
        async with await Editor.start(
            COMMAND, environment=environment, stderr=subprocess.DEVNULL
        ) as editor:
            editor.trust = False
            await editor.initialize(tmp_path / "0" / "repository")
            for root, _, _ in opened.values():
                await editor.workspace(root, {})
                await visit(editor, root)
            # Each has a test that a save would run, and the user is asked once for each.
            await editor.wait_until(lambda: len(editor.questions) >= len(REPOSITORIES))
            assert editor.process.returncode is None
        found = [seen(name, *place, answered=True) for name, place in opened.items()]
    assert [each for each in found if each.executed or each.packets] == []


@pytest.mark.parametrize(
    "name", ["a module named like the library's", "a proxy in an environment file"]
)
async def test_a_server_that_is_started_in_a_hostile_folder_is_not_taken_over(tmp_path, name):
    found = await open_hostile(tmp_path, name)
    assert (found.executed, found.packets, found.answered) == ((), 0, True)


async def test_the_marks_tell_of_what_runs(tmp_path):
    with watched(tmp_path, "a conftest") as (root, marks, listener):
        subprocess.run([sys.executable, "conftest.py"], cwd=root, check=True)  # noqa: ASYNC221
        found = seen("a conftest", root, marks, listener, answered=True)
    assert (found.executed, found.packets) == (("ran",), 1)
