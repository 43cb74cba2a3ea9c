"""Bad files, bad tests, bad settings: it is said clearly, and the server goes on."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from e2e.real_server import COMMAND, PATIENCE_S, Editor, connected, descendants, user
from lacuna_ls.domain.text import encode
from lacuna_ls.lsp.client import OpenFile
from real_runs import project

in_turn = pytest.mark.asyncio(loop_scope="module")
AT_TOP = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
RED = "def test_a():\n    assert 1 == 2\n"
HANGS = "import pathlib, time\n\ndef test_a():\n    pathlib.Path('hangs').touch()\n    time.sleep(600)\n"


async def alive(editor: Editor, root: Path) -> None:
    """The server still runs tests in this folder and shows what they say."""
    (root / "test_alive.py").write_text(RED)
    (found,) = await editor.tested(editor.open(root / "test_alive.py"))
    assert "1 == 2" in found["message"]


@in_turn
async def test_a_file_on_disk_that_is_not_utf_8(editor, tmp_path):
    latin = b"# coding: latin-1\n\ndef test_a():\n    assert '\xe4' == 'a'\n"
    root = await editor.workspace(tmp_path, {"test_latin.py": latin})
    file = editor.open(root / "test_latin.py", latin.decode("latin-1"))
    await editor.code_actions(file, AT_TOP)
    editor.notify("textDocument/didSave", {"textDocument": {"uri": file.uri}})
    (found,) = await editor.diagnostics(file, timeout_s=30)
    assert "'ä' == 'a'" in found["message"]
    assert "unsaved" not in found["message"]
    assert (root / "test_latin.py").read_bytes() == latin
    await alive(editor, root)


@in_turn
async def test_ten_megabytes_on_one_line(editor, tmp_path):
    long = "LONG = '" + "é" * 5_000_000 + "'\n"
    test = "from long import LONG\n\ndef test_a():\n    assert len(LONG) == 1\n"
    root = await editor.workspace(tmp_path, {"long.py": long, "test_long.py": test})
    test_file = editor.open(root / "test_long.py")
    file = editor.open(root / "long.py")
    await editor.save(file)
    (found,) = await editor.diagnostics(test_file, timeout_s=30)
    assert "5000000 == 1" in found["message"]
    assert "unsaved" not in found["message"]
    assert (root / "long.py").read_bytes() == encode(long)
    await alive(editor, root)


@in_turn
async def test_syntax_errors_everywhere(editor, tmp_path):
    broken = "def (:\n  ]]]\nclass = '''\n" * 50
    test = "import broken\n\ndef test_a(): pass\n"
    root = await editor.workspace(tmp_path, {"broken.py": broken, "test_broken.py": test})
    (found,) = await editor.tested(editor.open(root / "broken.py"))
    assert "SyntaxError" in found["message"]
    assert found["range"]["start"]["line"] in (0, 1), "Pythons differ in what they see first"
    await alive(editor, root)


@in_turn
async def test_a_workspace_without_tests(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"lonely.py": "x = 1\n"})
    await editor.save(editor.open(root / "lonely.py"))
    await editor.wait_until(lambda: bool(editor.logged("lonely.py: ")))
    assert editor.logged("lonely.py: ") == ["lonely.py: no tests of it were found"]
    await alive(editor, root)


@in_turn
async def test_a_test_file_without_tests(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"test_none.py": "x = 1\n"})
    assert await editor.tested(editor.open(root / "test_none.py")) == []
    assert "no tests" in editor.logged("test_none.py: ")[-1]
    await alive(editor, root)


@in_turn
async def test_a_test_that_exits_the_process(editor, tmp_path):
    test = "import os\n\ndef test_a(): pass\n\ndef test_b(): os._exit(0)\n"
    root = await editor.workspace(tmp_path, {"test_exits.py": test})
    (found,) = await editor.tested(editor.open(root / "test_exits.py"))
    assert "in test_exits.py::test_b with exit status 0" in found["message"]
    await alive(editor, root)


@in_turn
async def test_a_hanging_test_is_killed_by_the_next_save(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"test_hangs.py": HANGS})
    file = editor.open(root / "test_hangs.py")
    await editor.save(file)
    await started(root)
    editor.change(file, RED)
    (found,) = await editor.tested(file)
    assert "1 == 2" in found["message"]
    await alive(editor, root)


@in_turn
async def test_a_file_that_vanished(editor, tmp_path):
    root = await editor.workspace(tmp_path, {"test_gone.py": RED})
    file = editor.open(root / "test_gone.py")
    (root / "test_gone.py").unlink()
    editor.notify("textDocument/didSave", {"textDocument": {"uri": file.uri}})
    await editor.wait_until(lambda: bool(editor.logged("test_gone.py: ")))
    assert "test_gone.py" in editor.logged("test_gone.py: ")[-1]
    await alive(editor, root)


async def started(root: Path) -> None:
    """The hanging test has begun."""
    async with asyncio.timeout(PATIENCE_S):
        while not (root / "hangs").exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.02)


async def test_an_interpreter_without_pytest(tmp_path):
    root = project(tmp_path / "w", {"test_a.py": RED})
    venv.create(tmp_path / "venv", with_pip=False)
    async with connected(root, tmp_path / "home", interpreter=str(tmp_path / "venv")) as editor:
        file = editor.open(root / "test_a.py")
        for _ in range(2):
            assert await editor.tested(file) == []
        (message,) = editor.shown()
        assert "pytest" in message
        await answers(editor, file)


WRONG: tuple[dict[str, Any], ...] = (
    {"interpreter": "/nowhere/python"},
    {"interpreter": os.devnull},
    {"interpreter": "no such program"},
)


@pytest.mark.parametrize("options", WRONG)
async def test_an_interpreter_that_is_none(tmp_path, options):
    root = project(tmp_path / "w", {"test_a.py": RED})
    async with connected(root, tmp_path / "home", **options) as editor:
        file = editor.open(root / "test_a.py")
        for _ in range(2):
            await editor.save(file)
            await editor.wait_until(lambda: bool(editor.shown()))
        await answers(editor, file)
        assert editor.shown() == [
            f"Lacuna, w: lacuna.interpreter is '{options['interpreter']}', where no Python is"
        ]


async def test_an_interpreter_that_is_something_else(tmp_path):
    root = project(tmp_path / "w", {"test_a.py": RED})
    async with connected(root, tmp_path / "home", interpreter="/bin/false") as editor:
        file = editor.open(root / "test_a.py")
        await editor.save(file)
        await editor.wait_until(lambda: bool(editor.shown()))
        assert "false" in editor.shown()[0]
        await answers(editor, file)


async def test_wrong_settings_are_named_and_the_rest_works(tmp_path):
    root = project(tmp_path / "w", {"test_a.py": RED})
    wrong: dict[str, Any] = {
        "holes": {"epsilon": 7, "maxHoles": "many"}, "tests": {"onSave": "sometimes"}, "colour": 1,
    }  # fmt: skip
    async with connected(root, tmp_path / "home", **wrong) as editor:
        file = editor.open(root / "test_a.py")
        assert len(await editor.tested(file)) == 1
        said = editor.shown()
    assert sorted(said) == [
        "Lacuna: colour is not a setting of Lacuna",
        "Lacuna: holes.epsilon must be a number between 0 and 1, both excluded",
        "Lacuna: holes.maxHoles must be a whole number from 1 to 8",
        'Lacuna: tests.onSave must be "affected" or "off"',
    ]


async def test_a_home_that_cannot_be_written(tmp_path):
    root = project(tmp_path / "w", {"test_a.py": RED})
    nowhere = {"XDG_CACHE_HOME": os.devnull, "XDG_DATA_HOME": os.devnull}
    async with connected(root, tmp_path / "home", environment=nowhere, trusted=False) as editor:
        file = editor.open(root / "test_a.py")
        assert len(await editor.tested(file)) == 1
        assert "trusts “w” until it ends" in editor.shown()[0]


async def answers(editor: Editor, file: OpenFile) -> None:
    editor.change(file, "x = 1\n")
    assert isinstance(await editor.code_actions(file, AT_TOP), list)


_EDITOR = """
import asyncio, pathlib, sys
from lacuna_ls.lsp.client import Client

async def main():
    root = pathlib.Path(sys.argv[1])
    client = await Client.start(sys.argv[2:])
    options = {"trustedFolders": [str(root)], "interpreter": sys.executable}
    await client.initialize(root, options=options)
    await client.save(client.open(root / "test_hangs.py"))
    print(client.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
async def test_a_killed_client_takes_the_server_and_a_hanging_test_with_it(tmp_path):
    root = project(tmp_path / "w", {"test_hangs.py": HANGS})
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _EDITOR, str(root), *COMMAND,
        stdout=subprocess.PIPE, env={**os.environ, **user(tmp_path / "home")},
    )  # fmt: skip
    assert client.stdout is not None
    server = int(await client.stdout.readline())
    await started(root)
    watched = [os.pidfd_open(pid) for pid in (server, *descendants(server))]
    assert len(watched) >= 3, "the server, the supervisor, the tests"
    client.send_signal(signal.SIGKILL)
    await client.wait()
    try:
        async with asyncio.timeout(2):
            await asyncio.gather(*(_ended(descriptor) for descriptor in watched))
    finally:
        for descriptor in watched:
            with contextlib.suppress(OSError):
                os.close(descriptor)


async def _ended(pidfd: int) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(pidfd, ended.set)
    await ended.wait()
    loop.remove_reader(pidfd)
