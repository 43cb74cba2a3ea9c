"""What of a project goes into a prompt, in what order, and what never does."""

import threading
from pathlib import Path

import pytest

from lacuna_ls.adapters.project_context import ProjectContext, Surroundings
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.domain.text import encode
from lacuna_ls.model.similar import Region
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

PYTHON = by_language_id("python")


class Project:
    def __init__(self, root: Path, files: dict[str, str]) -> None:
        self.root = root / "project"
        self.site = root / "venv/lib/python3.12/site-packages"
        self.open: dict[str, str] = {}
        self.instructions = ""
        for name, text in files.items():
            target = self.site / name[6:] if name.startswith("venv: ") else self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        python = root / "venv/bin/python3.12"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text("")
        self.context = ProjectContext(self.documents, lambda path: self.surroundings, 20.0)
        self.surroundings: Surroundings | None = Surroundings(
            self.root, WorkspaceFiles((self.root,)).shown, python, ""
        )

    def document(self, name: str, text: str):
        return open_document(f"file:///{name}", 1, PYTHON, encode(text))

    def documents(self):
        return [(self.document(name, text), self.root / name) for name, text in self.open.items()]

    async def told(self, text: str, name: str = "main.py") -> dict[str, str]:
        found = await self.context.gather(
            self.document(name, text), len(encode(text)), self.root / name
        )
        return {each.name: each.text for each in found}


async def test_heads_of_what_is_imported_from_the_workspace(tmp_path):
    util = "def load(path: str) -> int:\n    return 1\n\n\ndef other(): ...\n"
    project = Project(tmp_path, {"pkg/util.py": util, "pkg/__init__.py": ""})
    told = await project.told("from pkg.util import load\n")
    assert told == {"pkg/util.py": "def load(path: str) -> int: ..."}


async def test_heads_of_what_is_imported_relatively(tmp_path):
    project = Project(
        tmp_path, {"pkg/util.py": "class A:\n    def f(self, a):\n        return a\n"}
    )
    told = await project.told("from .util import A\n", "pkg/main.py")
    assert told == {"pkg/util.py": "class A:\n    def f(self, a): ..."}


async def test_heads_of_a_module_beside_a_package_wherever_that_lies(tmp_path):
    project = Project(tmp_path, {"server/pkg/util.py": "def load(): ...\n"})
    told = await project.told("from pkg.util import load\n", "server/pkg/deep/main.py")
    assert told == {"server/pkg/util.py": "def load(): ..."}


async def test_heads_of_a_library_at_the_version_that_is_installed(tmp_path):
    project = Project(
        tmp_path,
        {
            "venv: fetch/__init__.py": "from .api import get\n",
            "venv: fetch/api.py": "def get(url, *, timeout=1):\n    raise RuntimeError\n",
            "venv: fetch-2.31.dist-info/METADATA": "",
        },
    )
    assert await project.told("from fetch import get\n") == {
        "fetch 2.31": "def get(url, *, timeout=1): ..."
    }


class Index:
    """Finds the first two lines of the files of its list that are accepted."""

    def __init__(self, *paths: Path) -> None:
        self.paths = paths
        self.asked: list[str] = []

    def similar(self, near: str, accepts, most: int) -> list[Region]:
        self.asked.append(near)
        return [Region(path, 0, 1) for path in self.paths if accepts(path)][:most]


async def test_code_that_looks_alike_in_files_that_are_not_open(tmp_path):
    text = "def load(path):\n    return open(path)\n\n\nx = 1\n"
    files = {"far.py": text, "open.py": text, "page.js": "x", "hidden.py": text, ".env.py": "K=1"}
    project = Project(tmp_path, {**files, ".gitignore": "hidden.py\n"})
    outside = tmp_path / "outside.py"
    outside.write_text(text)
    index = Index(*(project.root / name for name in files), project.root / "main.py", outside)
    project.context = ProjectContext(
        project.documents, lambda path: project.surroundings, 20.0, similar=index.similar
    )
    project.open["open.py"] = "y = 2\n"
    assert await project.told("def load(") == {"far.py": "def load(path):\n    return open(path)"}


async def test_what_looks_alike_does_not_change_while_a_line_is_written(tmp_path):
    project = Project(tmp_path, {"far.py": "x = 1\n"})
    index = Index()
    project.context = ProjectContext(
        project.documents, lambda path: project.surroundings, 20.0, similar=index.similar
    )
    text = "def load(path):\n    return open(path)\n"
    for typed in ("", "l", "lo", "load(", "load(p)"):
        await project.told(text + typed)
    assert set(index.asked) == {text}


async def test_instructions_come_first_and_the_last_edit_last(tmp_path):
    project = Project(
        tmp_path, {"AGENTS.md": "Use tabs.", "util.py": "def load(): ...\n", "other.py": "x = 1\n"}
    )
    project.context.recent.seen(project.document("other.py", "x = 1\n"))
    project.context.recent.seen(project.document("other.py", "x = 12\n"))
    project.open["other.py"] = "x = 12\n"
    told = await project.told("from util import load\n")
    assert [*told] == ["AGENTS.md", "util.py", "Edited just now in other.py"]


async def test_the_repositorys_own_setting_takes_the_place_of_the_file(tmp_path):
    project = Project(tmp_path, {"AGENTS.md": "Use tabs."})
    project.surroundings = Surroundings(
        project.root, WorkspaceFiles((project.root,)).shown, None, "Use spaces."
    )
    assert await project.told("x = 1\n") == {"Instructions": "Use spaces."}


async def test_code_that_looks_alike_in_an_open_file(tmp_path):
    alike = "def total_price(basket, discount):\n    return sum(basket) - discount\n"
    project = Project(tmp_path, {"alike.py": alike, "unlike.py": "import socket\n"})
    project.open = {"alike.py": alike, "unlike.py": "import socket\n"}
    told = await project.told("def total_weight(basket, discount):\n    return ")
    assert [*told] == ["alike.py"]


@pytest.mark.parametrize("rule", [".gitignore", ".aiexclude", ".cursorignore"])
async def test_an_ignored_file_is_not_told_and_is_noted(tmp_path, rule):
    project = Project(tmp_path, {"util.py": "def load(): ...\n", rule: "util.py\n"})
    project.open["util.py"] = "def load(): ...\n"
    assert await project.told("from util import load\nload") == {}
    assert {path.name for path in project.context.excluded} == {"util.py"}


async def test_where_nothing_may_be_shown_nothing_is_looked_up(tmp_path):
    project = Project(tmp_path, {"util.py": "def load(): ...\n"})
    project.surroundings = None
    assert await project.told("from util import load\n") == {}


async def test_what_takes_too_long_is_left_out(tmp_path):
    project = Project(tmp_path, {"AGENTS.md": "Use tabs."})
    released = threading.Event()

    def slow(path: Path) -> Surroundings | None:
        released.wait()
        return project.surroundings

    late = ProjectContext(project.documents, slow, 0.01)
    try:
        told = await late.gather(project.document("a.py", "x"), 1, project.root / "a.py")
    finally:
        released.set()
    assert told == ()


async def test_what_lies_outside_of_the_workspace_is_not_read(tmp_path):
    (tmp_path / "secret.py").write_text("def load(): ...\n")
    project = Project(tmp_path, {"pkg/a.py": ""})
    assert await project.told("from ..secret import load\n", "main.py") == {}


async def test_an_import_that_is_added_is_told_of(tmp_path):
    project = Project(tmp_path, {"util.py": "def load(): ...\n", "other.py": "def save(): ...\n"})
    before = "from util import load\n\n\ndef f():\n    x = 1\n"
    assert [*await project.told(before)] == ["util.py"]
    within = before.replace("x = 1", "from other import save")
    assert sorted(await project.told(within)) == ["other.py", "util.py"]
    on_top = before.replace("load\n", "(\n    load,\n)\nimport other\n")
    assert sorted(await project.told(on_top)) == ["other.py", "util.py"]
