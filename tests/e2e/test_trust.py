"""Nothing in a folder runs before its user trusts it, whatever lies there."""

import sys
from pathlib import Path
from typing import Any

import pytest

from e2e.real_server import Editor, connected, descendants
from lacuna_ls.lsp.client import OpenFile
from real_runs import project

MARK = "import pathlib\npathlib.Path({marker!r}).touch()\n"
TEST = "def test_a():\n    assert 0\n"


def trap(root: Path, marker: Path) -> Path:
    """A folder in which everything that might be executed leaves a marker."""
    mark = MARK.format(marker=str(marker))
    modules = ("conftest", "sitecustomize", "usercustomize", "json", "pytest", "numpy", "lacuna_ls")
    files: dict[str, str | bytes] = {f"{name}.py": mark for name in modules}
    program = f"#!/bin/sh\ntouch {marker}\n"
    files |= {
        "shop.py": mark + "x = 1\n",
        "test_shop.py": mark + TEST,
        "tests/test_shop.py": mark + TEST,
        "evil.pth": f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n",
        "pytest.ini": "[pytest]\naddopts = -p conftest\n",
        "setup.py": mark,
        ".venv/bin/python": program,
        ".venv/lib/python3.11/site-packages/evil.pth": "import conftest\n",
        "bin/python3": program,
        ".pdm-python": str(root / "bin" / "python3"),
        "pyproject.toml": (
            "[tool.lacuna]\ninterpreter = 'bin/python3'\n[tool.pytest.ini_options]\n"
            "addopts = '-p conftest'\n"
        ),
    }
    project(root, files)
    for name in (".venv/bin/python", "bin/python3"):
        (root / name).chmod(0o755)
    return root


async def use(editor: Editor, file: OpenFile) -> None:
    """Do with the file all that an editor can."""
    editor.change(file, file.text + "x.")
    await editor.complete(file, len(file.text))
    editor.change(file, file.text + "\ny = x + 1\n")
    here = {"start": {"line": 0, "character": 0}, "end": {"line": 3, "character": 0}}
    for action in await editor.code_actions(file, here):
        if "disabled" not in action:
            await editor.request("codeAction/resolve", action)
    await editor.save(file)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
async def test_nothing_of_an_untrusted_folder_is_executed(tmp_path):
    marker = tmp_path / "executed"
    root = trap(tmp_path / "trap", marker)
    options: dict[str, Any] = {"interpreter": ""}
    async with connected(root, tmp_path / "home", trusted=False, **options) as editor:
        editor.trust = False
        for name in ("shop.py", "test_shop.py", "conftest.py", "tests/test_shop.py"):
            await use(editor, editor.open(root / name))
        await editor.wait_until(lambda: bool(editor.questions))
        file = next(iter(editor.files.values()))
        await use(editor, file)
        await editor.code_actions(file, AT_TOP)
        assert descendants(editor.process.pid) == set()
    assert not marker.exists()
    assert len(editor.questions) == 1
    assert "trap" in editor.questions[0]


async def test_after_a_yes_the_tests_run_and_nobody_asks_again(tmp_path):
    root = project(tmp_path / "w", {"test_a.py": TEST})
    async with connected(root, tmp_path / "home", trusted=False) as editor:
        for _ in range(2):
            assert len(await editor.tested(editor.open(root / "test_a.py"))) == 1
    async with connected(root, tmp_path / "home", trusted=False) as later:
        assert len(await later.tested(later.open(root / "test_a.py"))) == 1
    assert (len(editor.questions), later.questions) == (1, [])


async def test_never_asks_nothing_and_runs_nothing(tmp_path):
    root = project(tmp_path / "w", {"test_a.py": TEST, "b.py": ""})
    async with connected(root, tmp_path / "home", trust="never") as editor:
        await editor.save(editor.open(root / "test_a.py"))
        # What comes of the first save begins before what comes of the second.
        await editor.save(editor.open(root / "b.py"))
        await editor.wait_until(lambda: bool(editor.logged("b.py: ")))
        assert (editor.progress, editor.logged("test_a.py: ")) == ([], [])
        assert (editor.questions, editor.shown()) == ([], [])


async def test_a_repository_cannot_set_what_runs(tmp_path):
    marker = tmp_path / "executed"
    root = trap(tmp_path / "trap", marker)
    (root / ".venv" / "bin" / "python").unlink()
    table = "[tool.lacuna]\ninterpreter = 'bin/python3'\ntrust = 'ask'\n"
    (root / "pyproject.toml").write_text(f"{table}tests.arguments = ['-p', 'conftest']\n")
    (root / "pytest.ini").unlink()
    for name in ("conftest.py", "json.py", "pytest.py", "numpy.py", "sitecustomize.py"):
        (root / name).unlink()
    (root / "test_shop.py").write_text(TEST)
    async with connected(root, tmp_path / "home") as editor:
        assert len(await editor.tested(editor.open(root / "test_shop.py"))) == 1
        for _ in range(2):
            editor.notify("workspace/didChangeConfiguration", {"settings": {}})
        await editor.tested(next(iter(editor.files.values())))
        said = editor.shown()
    assert not marker.exists()
    assert sorted(said) == [
        f"Lacuna: {name} is set in the editor, never in a repository"
        for name in ("interpreter", "tests.arguments", "trust")
    ]


AT_TOP = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
