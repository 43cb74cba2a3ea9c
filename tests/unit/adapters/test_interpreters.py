import base64
import hashlib
import os
from pathlib import Path

import pytest

from lacuna_ls.adapters.interpreters import Interpreter, interpreter_for, program_on_path


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
    environment = {"PATH": "", "HOME": "/nowhere"} | environment
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


def test_poetry_needs_no_lock_and_takes_what_it_was_told_to_use(root, tmp_path):
    (root / "pyproject.toml").write_text('[tool.poetry]\nname = "app"\n')
    digest = base64.urlsafe_b64encode(hashlib.sha256(str(root).encode()).digest()).decode()[:8]
    kept = tmp_path / "kept"
    used = program(kept / f"app-{digest}-py3.11/bin/python")
    program(kept / f"app-{digest}-py3.12/bin/python")
    (kept / "envs.toml").write_text(f'[app-{digest}]\nminor = "3.11"\npatch = "3.11.2"\n')
    assert found(root, POETRY_VIRTUALENVS_PATH=str(kept)).path == used


def test_conda_finds_the_environment_that_the_project_names_among_the_users(root, tmp_path):
    (root / "environment.yml").write_text("channels: [defaults]\nname: app\n")
    kept = program(tmp_path / "conda/envs/app/bin/python")
    other = program(tmp_path / "conda/envs/other/bin/python")
    listed = [each.parents[1] for each in (other, kept)]
    for folder in listed:
        (folder / "conda-meta").mkdir()
    (tmp_path / ".conda").mkdir()
    (tmp_path / ".conda/environments.txt").write_text("".join(f"{each}\n" for each in listed))
    assert found(root, HOME=str(tmp_path)).path == kept


def test_conda_does_not_take_a_name_for_a_path(root, tmp_path):
    (root / "environment.yml").write_text("name: ../evil\n")
    program(root / "evil/bin/python")
    assert look(root, HOME=str(tmp_path)) is None


def test_an_active_conda_environment_counts_like_a_virtual_one_but_for_its_base(root, tmp_path):
    active = program(tmp_path / "envs/app/bin/python")
    own = program(root / ".venv/bin/python")
    prefix = {"CONDA_PREFIX": str(tmp_path / "envs/app")}
    assert found(root, CONDA_DEFAULT_ENV="app", **prefix).path == active
    assert found(root, CONDA_DEFAULT_ENV="base", **prefix).path == own
    own.unlink()
    assert found(root, CONDA_DEFAULT_ENV="base", **prefix).path == active


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.12.1\n", "3.12.1"),
        ("3.12\n", "3.12.11"),
        ("# a comment\n3.11\n", "3.11.7"),
        ("nothing-like-it\n3.11.7\n", "3.11.7"),
        ("app\n", "app"),
    ],
)
def test_a_python_version_file_chooses_among_those_of_pyenv(root, tmp_path, text, expected):
    for name in ("3.11.7", "3.12.1", "3.12.11", "3.120.0", "app"):
        program(tmp_path / "pyenv/versions" / name / "bin/python")
    (root / ".python-version").write_text(text)
    chosen = found(root, PYENV_ROOT=str(tmp_path / "pyenv")).path
    assert chosen == tmp_path / "pyenv/versions" / expected / "bin/python"


def test_a_python_version_file_chooses_among_those_of_uv(root, tmp_path):
    kept = program(tmp_path / "uv/cpython-3.13.2-linux-x86_64-gnu/bin/python")
    (root / ".python-version").write_text("3.13\n")
    assert found(root, HOME=str(tmp_path), UV_PYTHON_INSTALL_DIR=str(tmp_path / "uv")).path == kept


def test_a_python_version_file_cannot_name_a_path(root, tmp_path):
    program(root / "evil/bin/python")
    (root / ".python-version").write_text(f"../../../project/evil\n{root}/evil\n..\n")
    assert look(root, PYENV_ROOT=str(tmp_path / "pyenv"), HOME=str(tmp_path)) is None


def test_an_environment_comes_before_a_version_and_the_nearer_version_first(root, tmp_path):
    for name in ("3.11.7", "3.12.1"):
        program(tmp_path / "versions" / name / "bin/python")
    (root / ".python-version").write_text("3.11.7\n")
    (root / "pkg/.python-version").write_text("3.12.1\n")
    assert found(root, PYENV_ROOT=str(tmp_path)).path.parts[-3] == "3.12.1"
    assert found(root, PYENV_ROOT=str(tmp_path), PYENV_VERSION="3.11.7").path.parts[-3] == "3.11.7"
    own = program(root / ".venv/bin/python")
    assert found(root, PYENV_ROOT=str(tmp_path)).path == own


def test_behind_a_shim_of_pyenv_is_the_version_that_the_user_has_chosen(root, tmp_path):
    shim = program(tmp_path / "shims/python3")
    assert found(root, PATH=str(shim.parent), PYENV_ROOT=str(tmp_path)).path == shim
    kept = program(tmp_path / "versions/3.12.1/bin/python")
    (tmp_path / "version").write_text("3.12.1\n")
    assert found(root, PATH=str(shim.parent), PYENV_ROOT=str(tmp_path)).path == kept


def test_a_program_on_the_path_is_the_users_and_not_the_workspaces(root, tmp_path):
    own = program(root / "node_modules/.bin/node")
    mine = program(tmp_path / "bin/node")
    path = f".:{own.parent}:{mine.parent}"
    assert program_on_path("node", root, {"PATH": path}) == mine
    assert program_on_path("node", root, {"PATH": str(own.parent)}) is None


@pytest.mark.parametrize("name", [".python-version", "environment.yml", ".pdm-python"])
def test_what_is_no_file_is_not_waited_for(root, tmp_path, name):
    os.mkfifo(root / name)
    assert look(root, PYENV_ROOT=str(tmp_path), HOME=str(tmp_path)) is None
