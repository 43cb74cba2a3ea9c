"""Large tests in parts, with pytest in real processes."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.repair.apart import judges, told_by_parts
from lacuna_ls.repair.fix import Problem
from lacuna_ls.repair.localize import FunctionLines, suspicious_lines
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from real_runs import Trusting, project, request

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the runner forks")

SHAPES = "def area(a, b):\n    return a * b\n\ndef edge(a, b):\n    return 2 * a + b\n"
TESTS = """\
from shapes import area, edge

def test_shapes():
    assert area(2, 3) == 6
    assert edge(2, 3) == 10
    assert area(0, 3) == 0
"""
FUNCTIONS = (FunctionLines("area", 0, 1), FunctionLines("edge", 3, 4))


async def test_the_function_whose_check_fails_is_suspected_more(tmp_path: Path) -> None:
    project(tmp_path, {"shapes.py": SHAPES, "test_shapes.py": TESTS})
    asked = request(tmp_path, "test_shapes.py")
    path = asked.root / "shapes.py"
    asked = replace(asked, trace=(path,))
    pool = WorkerPool(Trusting())
    document = open_document(path.as_uri(), 1, by_language_id("python"), SHAPES.encode())
    report = await pool.run(asked)
    problem = Problem(document, path, asked, report, judges(asked, Path.read_bytes))
    told = await told_by_parts(problem, report, FUNCTIONS, pool)
    await pool.close()
    whole, parts = (suspicious_lines(each, path, FUNCTIONS, 5) for each in (report, told))
    assert whole[1] == whole[4] == 1.0
    assert parts[1] == 0.0
    assert parts[4] == 1.0
    assert (asked.root / "test_shapes.py").read_text() == TESTS
