"""The worker runs in interpreters that are not the server's."""

import ast
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.domain.test_result import CoveredFile, Outcome
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.worker import messages
from real_interpreters import PYTEST, SERVED_BY_OURS, TOO_OLD, VERSIONS, environment, interpreter
from real_runs import Trusting, failures, outcomes, project, request

WORKER = Path(messages.__file__).parent


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


@pytest.mark.parametrize("version", VERSIONS)
async def test_runs_and_screening_work_the_same_in_every_python(version, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    packages = PYTEST if version in SERVED_BY_OURS else ()
    python = environment(tmp_path / "environment", python, packages)
    code = "def add(a, b):\n    if a:\n        return a - b\n    return b\n"
    test = (
        "import calc, unittest\n\nclass T(unittest.TestCase):\n"
        "    def test_add(self):\n        self.assertEqual(calc.add(1, 2), 3)\n"
    )
    root = project(tmp_path / "project", {"calc.py": code, "test_calc.py": test}).resolve()
    here = root / "calc.py"
    run = replace(request(root, "test_calc.py"), interpreter=python, trace=(here,))
    pool = WorkerPool(Trusting())
    report = await pool.run(run)
    assert outcomes(report) == {"T::test_add": Outcome.FAILED}, report
    assert report.results[0].covered == (CoveredFile(here, (1, 2)),)
    assert failures(report)[0].message == "-1 != 3"
    candidates = [Overlay(here, code.replace("-", op).encode()) for op in "*+"]
    assert [r.green async for r in pool.screen(run, candidates)] == [False, True]
    await pool.close()


@pytest.mark.parametrize("version", TOO_OLD)
async def test_a_python_that_is_too_old_says_so(version, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    project(tmp_path, {"test_it.py": ""})
    pool = WorkerPool(Trusting())
    old = replace(request(tmp_path, "test_it.py"), interpreter=python)
    with pytest.raises(RunnerError, match=f"it is Python {version}, and tests run with 3.9 or new"):
        await pool.run(old)
    await pool.close()
