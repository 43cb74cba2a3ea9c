"""Repositories that want to run code, or to be told of it, when they are opened.

`MARK` stands for a folder and `PORT` for a port on loopback: what is executed or honoured leaves a
file in the one or knocks at the other.
"""

import asyncio
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from e2e.real_server import COMMAND, Editor, user
from lacuna_ls.lsp.client import OpenFile, ServerError
from real_runs import project

_PY = (
    "import os, socket\nopen(os.path.join('MARK', 'ran'), 'a').close()\n"
    "try: socket.create_connection(('127.0.0.1', PORT), 1)\nexcept OSError: pass\n"
)
_SH = "#!/bin/sh\ntouch MARK/ran\n"
_JS = "require('fs').writeFileSync('MARK/ran', '')\n"
_URL = "http://127.0.0.1:PORT/v1"
_PLAIN = {
    "victim.py": "def add(a, b):\n    return a - b\n",
    "test_victim.py": "from victim import add\n\ndef test_add():\n    assert add(1, 2) == 3\n",
}

REPOSITORIES: dict[str, dict[str, str]] = {
    "a conftest": {"conftest.py": _PY},
    "a test": {"test_victim.py": _PY},
    "the module itself": {"victim.py": _PY + _PLAIN["victim.py"]},
    "a doctest": {"victim.py": f'def add(a, b):\n    """\n    >>> exec({_PY!r})\n    """\n'},
    "a start of every Python": {"sitecustomize.py": _PY, "usercustomize.py": _PY},
    "a module named like the library's": {"json.py": _PY, "asyncio/__init__.py": _PY},
    "a module named like ours": {"lacuna_ls/__init__.py": _PY, "lacuna_ls/__main__.py": _PY},
    "modules named like our libraries": {"pygls/__init__.py": _PY, "numpy.py": _PY},
    "a path file": {
        ".venv/lib/python3.11/site-packages/evil.pth": "import os; open('MARK/ran', 'a').close()\n",
        ".venv/pyvenv.cfg": "home = /usr/bin\n",
    },
    "an interpreter of its own": {".venv/bin/python": _SH, ".venv/bin/python3": _SH},
    "another interpreter of its own": {"venv/bin/python": _SH, "env/bin/python": _SH},
    "programs in the folder": dict.fromkeys(("python", "python3", "git", "bwrap", "node"), _SH),
    "an interpreter in settings": {
        "pyproject.toml": "[tool.lacuna]\ninterpreter = './evil'\n", "evil": _SH,
    },
    "trust in settings": {"pyproject.toml": "[tool.lacuna]\ntrust = true\n", "conftest.py": _PY},
    "trust in a file of its own": {"lacuna.toml": "trust = true\n", "conftest.py": _PY},
    "trust in a store of its own": {".lacuna/trust.json": '["/"]', "conftest.py": _PY},
    "a model's endpoint": {"lacuna.toml": f"[model]\nendpoint = '{_URL}'\nname = 'x'\n"},
    "a model's endpoint in pyproject": {
        "pyproject.toml": f"[tool.lacuna.model]\nendpoint = '{_URL}'\napi_key_env = 'HOME'\n",
    },
    "a proxy in an environment file": {
        ".env": f"HTTP_PROXY={_URL}\nOPENAI_BASE_URL={_URL}\nPYTHONSTARTUP=evil.py\n",
        "evil.py": _PY,
    },
    "settings of an editor": {
        ".vscode/settings.json": (
            f'{{"lacuna.model.endpoint": "{_URL}", "lacuna.trust": true,'
            ' "lacuna.interpreter": "./evil", "python.defaultInterpreterPath": "./evil"}'
        ),
        "evil": _SH,
    },
    "tasks of an editor": {
        ".vscode/tasks.json": '{"tasks": [{"command": "./evil", "runOptions": {"runOn": "folderOpen"}}]}',
        "evil": _SH,
    },
    "options of pytest": {"pytest.ini": "[pytest]\naddopts = -p evil\n", "evil.py": _PY},
    "options of pytest in pyproject": {
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-p evil'\npythonpath = '.'\n",
        "evil.py": _PY,
    },
    "arguments of tests": {
        "pyproject.toml": "[tool.lacuna.tests]\narguments = ['-p', 'evil']\n", "evil.py": _PY,
    },
    "a plugin that is installed": {
        "evil.egg-info/entry_points.txt": "[pytest11]\nevil = evil\n", "evil.py": _PY,
    },
    "a build": {"setup.py": _PY, "setup.cfg": "[metadata]\nversion = attr: evil.x\n", "evil.py": _PY},
    "sessions of tools": {"noxfile.py": _PY, "tox.ini": "[testenv]\ncommands = ./evil\n", "evil": _SH},
    "a hook of git": {
        ".git/config": "[core]\nfsmonitor = ./evil\nhooksPath = hooks\nsshCommand = ./evil\n",
        ".git/HEAD": "ref: refs/heads/main\n", ".git/hooks/post-checkout": _SH, "evil": _SH,
    },
    "a filter of git": {
        ".gitattributes": "* filter=evil diff=evil\n",
        ".git/config": '[filter "evil"]\nclean = ./evil\nsmudge = ./evil\n', "evil": _SH,
    },
    "an environment by direnv": {".envrc": _SH, ".tool-versions": "python ./evil\n", "evil": _SH},
    "versions of pyenv": {".python-version": "../../../MARK/evil\n"},
    "tools of Python": {
        "poetry.toml": "[virtualenvs]\npath = './.evil'\n", "uv.toml": f"index-url = '{_URL}'\n",
        ".evil/bin/python": _SH,
    },
    "a package of node": {
        "package.json": '{"scripts": {"test": "./evil", "postinstall": "./evil"}, "type": "commonjs"}',
        "node_modules/.bin/vitest": _SH, "evil": _SH, "vitest.config.js": _JS,
        "sum.test.js": _JS, "sum.js": _JS,
    },
    "a codec of its own": {"victim.py": "# coding: evil\n", "evil.py": _PY, "encodings/evil.py": _PY},
    "a grammar of its own": {
        "grammars/python/language.toml": "templates = 'evil'\nname = 'python'\n", "evil.py": _PY,
    },
    "a compiled module": {"__pycache__/victim.cpython-311.pyc": _PY, "victim.so": _PY},
    "names with commands": {
        "test_$(touch MARK_name).py": "x = 1\n", "`touch ran`.py": "x = 1\n", "; touch ran #.py": "x = 1\n",
    },
    "ignored files with commands": {".gitignore": "!$(touch ran)\n", ".aiexclude": "`touch ran`\n"},
    "a type checker's plugin": {"mypy.ini": "[mypy]\nplugins = ./evil.py\n", "evil.py": _PY},
    "coverage's plugin": {".coveragerc": "[run]\nplugins = evil\n", "evil.py": _PY},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What a repository brought about. `answered` is false if the server did not come through."""

    name: str
    executed: tuple[str, ...]
    packets: int
    answered: bool


@contextmanager
def watched(base: Path, name: str) -> Iterator[tuple[Path, Path, socket.socket]]:
    """The repository on disk, the folder for marks, and who listens."""
    marks = base / "marks"
    marks.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = str(listener.getsockname()[1])
        files = {**_PLAIN, **REPOSITORIES[name]}
        texts = {
            path: text.replace("MARK", str(marks)).replace("PORT", port)
            for path, text in files.items()
        }
        paths = {path.replace("MARK_name", "ran"): text for path, text in texts.items()}
        root = project(base / "repository", paths).resolve()
        for path in paths:
            if texts.get(path, "").startswith("#!"):
                (root / path).chmod(0o755)
        yield root, marks, listener


def seen(name: str, root: Path, marks: Path, listener: socket.socket, *, answered: bool) -> Seen:
    executed = [path.name for path in marks.iterdir()]
    executed += [path.name for path in root.rglob("ran")]
    packets = 0
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            packets += 1
    return Seen(name, tuple(executed), packets, answered)


async def visit(editor: Editor, root: Path) -> None:
    """What somebody does who looks around in a repository that is not trusted."""
    for path in _looked_at(root):
        language = {".py": "python", ".js": "javascript"}.get(path.suffix, "plaintext")
        await _work_on(editor, editor.open(path, language_id=language))


def _looked_at(root: Path) -> list[Path]:
    own = [root / name for name in _PLAIN]
    others = sorted(p for p in root.rglob("*") if p.suffix in {".py", ".js"} and p.is_file())
    return list(dict.fromkeys([*own, *others, *root.glob("*.toml")]))[:8]


async def _work_on(editor: Editor, file: OpenFile) -> None:
    everything = {"start": {"line": 0, "character": 0}, "end": {"line": 3, "character": 0}}
    with suppress(ServerError):
        await editor.complete(file, 0)
    editor.change(file, file.text + "\n")
    await editor.save(file)
    with suppress(ServerError):
        await editor.code_actions(file, everything)


async def open_hostile(base: Path, name: str, environment: Mapping[str, str] | None = None) -> Seen:
    """Open one repository with a server of its own that was started in it."""
    with watched(base, name) as (root, marks, listener):
        own = {**user(base / "home"), **(environment or {})}
        command = ("env", "-C", str(root), *COMMAND)
        async with await Editor.start(
            command, environment=own, stderr=subprocess.DEVNULL
        ) as editor:
            editor.trust = False
            await editor.initialize(root)
            await visit(editor, root)
            answered = await _settled(editor)
        return seen(name, root, marks, listener, answered=answered)


async def _settled(editor: Editor) -> bool:
    """The server has done what the saves set off: it has asked, and was told no."""
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            await editor.wait_until(lambda: bool(editor.questions))
    for _ in range(3):
        with suppress(ServerError):
            await editor.request("$/settled", None)
    return editor.process.returncode is None
