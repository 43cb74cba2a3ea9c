"""`lacuna-ls demo` as a newcomer runs it, its output in a pipe."""

import ast
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import lacuna_ls.cli

WORKSPACE = Path(lacuna_ls.cli.__file__).parent / "demo_workspace"
STEPS = ["completion", "holes", "failing_test", "fix", "green", "extract"]


@dataclass(frozen=True)
class Shown:
    status: int
    lines: list[str]
    errors: str
    report: dict[str, Any]


def demo(folder: Path, *arguments: str | Path) -> Shown:
    """Run the command; `folder` takes the report and stands in for the user's home."""
    file = folder / "report.json"
    homes = {name: str(folder / name) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-I", "-m", "lacuna_ls", "demo", "--json", file, *arguments],
        cwd=folder,
        env={**os.environ, **homes, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    report = json.loads(file.read_text()) if file.exists() else {}
    return Shown(done.returncode, done.stdout.splitlines(), done.stderr, report)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    kept = (path for path in files if not {"__pycache__", ".pytest_cache"} & {*path.parts})
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


def write_project(folder: Path, comparison: str) -> Path:
    project = folder / "project"
    project.mkdir()
    (project / "adults.py").write_text(f"def is_adult(age):\n    return age {comparison} 18\n")
    (project / "test_adults.py").write_text(
        "from adults import is_adult\n\n\ndef test_eighteen_is_adult():\n    assert is_adult(18)\n"
        "\n\ndef test_seventeen_is_not():\n    assert not is_adult(17)\n"
    )
    return project


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return demo(tmp_path_factory.mktemp("demo"))


@pytest.mark.parametrize("step", STEPS)
def test_the_step_happened(shown: Shown, step: str):
    assert shown.report[step]["ok"], "\n".join(shown.lines)


def test_the_exit_status_says_that_every_step_happened(shown: Shown):
    assert shown.status == 0


def test_the_report_has_a_key_for_each_step_and_the_time(shown: Shown):
    assert list(shown.report) == [*STEPS, "elapsed_s"]


def test_every_fix_carries_its_evidence(shown: Shown):
    titles = [fix["title"] for fix in shown.report["fix"]["fixes"]]
    assert len(titles) == 3
    assert all("(5 of 5 tests pass)" in t or "(4 of 4 tests pass)" in t for t in titles)


def test_a_failing_test_is_shown_with_the_compared_values(shown: Shown):
    found = shown.report["failing_test"]["diagnostics"]
    assert any("600 == 540" in each["message"] for each in found if each["saved"] == each["file"])


def test_the_extracted_function_is_called_where_its_lines_stood(shown: Shown):
    module = ast.parse(shown.report["extract"]["text"])
    names = [node.name for node in module.body if isinstance(node, ast.FunctionDef)]
    assert len(names) == 2
    assert {node.id for node in ast.walk(module) if isinstance(node, ast.Name)} >= {names[0]}


def test_the_output_in_a_pipe_is_narrow_and_without_colours(shown: Shown):
    assert max(map(len, shown.lines)) <= 100
    assert "\x1b" not in "".join(shown.lines)


def test_no_step_takes_more_than_twenty_lines(shown: Shown):
    blocks = "\n".join(shown.lines).split("\n\n")
    assert max(block.count("\n") + 1 for block in blocks) <= 20


def test_the_project_in_the_package_keeps_its_bugs(shown: Shown):
    assert "if quantity > CASE_SIZE:" in (WORKSPACE / "orchard/pricing.py").read_text()


def test_a_project_of_ones_own_is_not_run_before_it_is_trusted(tmp_path: Path):
    project = write_project(tmp_path, ">")
    there = demo(tmp_path, "--workspace", project)
    assert there.status == 2
    assert "--trust" in there.errors


def test_a_project_where_nothing_fails_is_said_to_be_green(tmp_path: Path):
    project = write_project(tmp_path, ">=")
    there = demo(tmp_path, "--workspace", project, "--trust")
    assert there.status == 0
    assert "Nothing is failing" in "\n".join(there.lines)


def test_a_project_of_ones_own_is_shown_a_fix_and_not_written(tmp_path: Path):
    project = write_project(tmp_path, ">")
    before = contents(project)
    there = demo(tmp_path, "--workspace", project, "--trust")
    assert there.status == 0
    assert "(2 of 2 tests pass)" in there.report["fix"]["title"]
    assert contents(project) == before


def test_a_project_without_tests_is_said_to_have_none(tmp_path: Path):
    project = write_project(tmp_path, ">")
    (project / "test_adults.py").unlink()
    there = demo(tmp_path, "--workspace", project, "--trust")
    assert there.status == 0
    assert "No file of project has tests" in there.lines[0]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    there = demo(tmp_path, "--workspace", tmp_path / "nowhere")
    assert there.status == 2
    assert "nowhere is not a folder" in there.errors
