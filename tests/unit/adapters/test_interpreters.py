import base64
import hashlib
from pathlib import Path

import pytest

from lacuna_ls.adapters.interpreters import Interpreter, interpreter_for


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho ran > ran\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def root(tmp_path):
    root = tmp_path.resolve() / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_text("")
    return root


def look(root: Path, setting: str = "", **environment: str) -> Interpreter | None:
    environment.setdefault("PATH", "")
    return interpreter_for(root, root / "pkg" / "a.py", setting, environment)


def found(root: Path, setting: str = "", **environment: str) -> Interpreter:
    interpreter = look(root, setting, **environment)
    assert interpreter is not None
    return interpreter


def test_a_machine_without_python_has_none(root):
    assert look(root) is None


def test_the_path_comes_last_and_is_not_the_workspaces(root, tmp_path):
    on_path = program(tmp_path / "bin" / "python3")
    assert found(root, PATH=str(on_path.parent)).path == on_path
    assert not found(root, PATH=str(on_path.parent)).from_workspace
    own = program(root / ".venv/bin/python")
    assert found(root, PATH=str(on_path.parent)).path == own


def test_the_nearest_environment_up_to_the_root_is_taken(root):
    program(root.parent / ".venv/bin/python")
    assert look(root) is None
    top = program(root / "venv/bin/python")
    assert found(root).path == top
    near = program(root / "pkg/.venv/bin/python")
    assert found(root).path == near
    assert found(root).reason == ".venv in pkg"


def test_an_environment_in_the_workspace_is_the_repositorys(root):
    program(root / ".venv/bin/python")
    assert found(root).from_workspace


def test_a_link_into_the_workspace_is_the_repositorys_too(root, tmp_path):
    mine = program(root / "tools/python")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(mine)
    assert found(root, PATH=str(tmp_path / "bin")).from_workspace


def test_an_active_environment_comes_before_those_of_the_folder(root, tmp_path):
    program(root / ".venv/bin/python")
    active = program(tmp_path / "active/bin/python")
    assert found(root, VIRTUAL_ENV=str(tmp_path / "active")).path == active


def test_the_users_setting_comes_first_as_program_folder_or_name(root, tmp_path):
    program(root / ".venv/bin/python")
    mine = program(tmp_path / "mine/bin/python")
    named = program(tmp_path / "bin/python3.9")
    assert found(root, str(mine)).path == mine
    assert found(root, str(tmp_path / "mine")).path == mine
    assert found(root, "python3.9", PATH=str(tmp_path / "bin")).path == named
    assert found(root, str(mine)).reason == "set by lacuna.interpreter"


def test_a_setting_that_leads_nowhere_is_not_replaced_by_a_guess(root):
    program(root / ".venv/bin/python")
    assert look(root, "/nowhere/python") is None


def test_conda(root, tmp_path):
    local = program(root / "env/bin/python")
    (root / "env/conda-meta").mkdir()
    assert found(root).path == local
    assert "conda" in found(root).reason


def test_uv_keeps_its_environment_where_the_user_said(root):
    (root / "uv.lock").write_text("")
    kept = program(root / "environments/dev/bin/python")
    assert found(root, UV_PROJECT_ENVIRONMENT="environments/dev").path == kept


def test_poetry_keeps_its_environment_under_a_hash_of_the_path(root, tmp_path):
    (root / "poetry.lock").write_text("")
    (root / "pyproject.toml").write_text('[tool.poetry]\nname = "My App"\n')
    digest = base64.urlsafe_b64encode(hashlib.sha256(str(root).encode()).digest()).decode()[:8]
    kept = program(tmp_path / f"cache/virtualenvs/my_app-{digest}-py3.12/bin/python")
    assert found(root, POETRY_CACHE_DIR=str(tmp_path / "cache")).path == kept


@pytest.mark.parametrize("text", ["/bin/sh", "../../bin/sh", "relative/python", "\0", ""])
def test_a_file_of_pdm_cannot_name_any_program(root, text):
    (root / ".pdm-python").write_text(text)
    assert look(root) is None


def test_a_file_of_pdm_names_an_environment_of_the_project(root):
    kept = program(root / "envs/here/bin/python")
    (root / ".pdm-python").write_text(f"{kept}\n")
    assert found(root).path == kept


@pytest.mark.parametrize("text", ["", "[tool", "tool = 1", "[project]\nname = 1"])
def test_a_project_file_that_makes_no_sense_is_passed_over(root, text):
    (root / "poetry.lock").write_text("")
    (root / "pyproject.toml").write_text(text)
    assert look(root) is None


def test_nothing_is_executed(root, tmp_path, monkeypatch):
    program(root / ".venv/bin/python")
    monkeypatch.chdir(tmp_path)
    found(root)
    assert not (tmp_path / "ran").exists()
