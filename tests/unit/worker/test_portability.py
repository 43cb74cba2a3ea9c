"""The worker runs in interpreters that are not the server's."""

import ast
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import CoveredFile, Outcome, RunStatus
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.worker import messages
from real_runs import Trusting, failures, outcomes, project, request

WORKER = Path(messages.__file__).parent
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


@pytest.mark.parametrize("path", sorted(WORKER.glob("*.py")), ids=lambda path: path.name)
def test_the_syntax_is_that_of_python_3_9(path):
    ast.parse(path.read_bytes(), path.name, feature_version=(3, 9))


@pytest.mark.parametrize("path", sorted(WORKER.glob("*.py")), ids=lambda path: path.name)
def test_nothing_is_imported_but_the_standard_library_and_pytest(path):
    allowed = sys.stdlib_module_names | {"pytest", "_pytest"}
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.append(node.module)
        assert {name.partition(".")[0] for name in names} <= allowed


@cache
def interpreter(version: str) -> Path | None:
    """A Python of this version, on the PATH or among those of pyenv."""
    pyenv = shutil.which("pyenv")
    kept = (
        Path(pyenv).resolve().parents[1].glob(f"versions/{version}.*/bin/python") if pyenv else ()
    )
    for program in chain([shutil.which(f"python{version}")], map(str, kept)):
        if (
            program
            and _says(program, "import sys; print(*sys.version_info[:2], sep='.')") == version
        ):
            return Path(_says(program, "import sys; print(sys.executable)"))
    return None


def _says(program: str, code: str) -> str:
    told = subprocess.run([program, "-c", code], capture_output=True, text=True, check=False)
    return told.stdout.strip()


@pytest.mark.parametrize("version", VERSIONS)
async def test_runs_and_screening_work_the_same_in_every_python(version, tmp_path, monkeypatch):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    code = "def add(a, b):\n    if a:\n        return a - b\n    return b\n"
    test = "import calc\n\ndef test_add():\n    assert calc.add(1, 2) == 3\n"
    project(tmp_path, {"calc.py": code, "test_calc.py": test})
    here = tmp_path.resolve() / "calc.py"
    run = replace(request(tmp_path, "test_calc.py"), interpreter=python, trace=(here,))
    pool = WorkerPool(Trusting())
    report = await pool.run(run)
    if report.status is RunStatus.NO_FRAMEWORK:
        pytest.skip(f"{python} has no pytest: only that it says so was tested")
    assert outcomes(report) == {"test_add": Outcome.FAILED}
    assert report.results[0].covered == (CoveredFile(here, (1, 2)),)
    assert failures(report)[0].message.startswith("assert -1 == 3")
    candidates = [Overlay(here, code.replace("-", op).encode()) for op in "*+"]
    assert [r.green async for r in pool.screen(run, candidates)] == [False, True]
