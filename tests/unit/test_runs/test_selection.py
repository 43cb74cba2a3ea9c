from pathlib import Path, PurePosixPath

import pytest

from fakes import FakeFiles
from lacuna_ls.ports.files import Files
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_path, languages
from lacuna_ls.test_runs.import_graph import ImportGraph, refreshed
from lacuna_ls.test_runs.pytest_config import PytestConfig
from lacuna_ls.test_runs.selection import Targets, affected_tests, targets_of

ROOT = Path("/w")


class OnPaper:
    """A `Files` of a few contents by name; counts how often it is asked whether a file is there."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self.asked = 0

    def read(self, path: Path) -> bytes | None:
        text = self._files.get(path.relative_to(ROOT).as_posix())
        return None if text is None else text.encode()

    def signature(self, path: Path) -> tuple[int, int] | None:
        self.asked += 1
        return (0, 0) if path.relative_to(ROOT).as_posix() in self._files else None

    def changed_at_ns(self, path: Path) -> int | None:
        return 0 if path.relative_to(ROOT).as_posix() in self._files else None

    def source_files(self, root, suffixes):
        raise AssertionError("a save never walks the project")


def targets(saved: str, *others: str, text: str = "x = 1\n", config: str = "") -> Targets:
    files = dict.fromkeys((saved, *others), "")
    if config:
        files["pyproject.toml"] = config
    return _targets(saved, text, OnPaper(files))


def _targets(saved: str, text: str, files: Files) -> Targets:
    path = ROOT / saved
    document = open_document(path.as_uri(), 1, by_path(PurePosixPath(saved)), text.encode())
    return targets_of(path, ROOT, document, files)


@pytest.mark.parametrize("name", ["test_a.py", "a_test.py", "tests/pkg/test_a.py"])
def test_a_test_file_is_its_own_test(name):
    assert targets(name, "tests/test_test_a.py").paths == (name,)


@pytest.mark.parametrize(
    "test",
    [
        "src/pkg/a/test_b.py",
        "src/pkg/a/b_test.py",
        "src/pkg/a/tests/test_b.py",
        "src/pkg/tests/a/test_b.py",
        "tests/test_b.py",
        "tests/a/test_b.py",
        "tests/pkg/a/test_b.py",
        "tests/src/pkg/a/test_b.py",
        "tests/unit/pkg/a/test_b.py",
        "test/a/test_b.py",
    ],
)
def test_a_test_file_that_mirrors_the_saved_one_is_found(test):
    assert targets("src/pkg/a/b.py", test).paths == (test,)


def test_the_nearest_mirror_comes_first_and_each_once():
    found = targets("pkg/b.py", "tests/test_b.py", "pkg/test_b.py", "pkg/tests/test_b.py")
    assert found.paths == ("pkg/test_b.py", "pkg/tests/test_b.py", "tests/test_b.py")


def test_a_file_of_another_name_is_not_a_test_of_it():
    assert targets("pkg/b.py", "tests/test_bb.py", "other/test_b.py").paths == ()


def test_a_package_is_tested_under_its_name_and_a_private_module_under_either():
    assert targets("pkg/__init__.py", "tests/test_pkg.py").paths == ("tests/test_pkg.py",)
    assert targets("pkg/_b.py", "tests/test_b.py").paths == ("tests/test_b.py",)


def test_examples_in_documentation_are_run_with_the_file():
    text = 'def f():\n    """\n    >>> f()\n    """\n'
    assert targets("b.py", "test_b.py", text=text) == Targets(("b.py", "test_b.py"), ("b.py",))


@pytest.mark.parametrize(
    "text", ["def test_x():\n    pass\n", "class T(unittest.TestCase):\n    pass\n"]
)
def test_tests_beside_the_code_they_test_are_run(text):
    assert targets("b.py", text=text).paths == ("b.py",)


def test_a_function_with_parameters_is_no_test_by_its_name_alone():
    assert targets("b.py", text="def test_connection(host):\n    pass\n").paths == ()


def test_the_projects_own_patterns_and_folders_count():
    config = '[tool.pytest.ini_options]\npython_files = ["check_*.py"]\ntestpaths = "checks"\n'
    assert targets("check_b.py", config=config).paths == ("check_b.py",)
    assert targets("a/b.py", "checks/a/test_b.py", config=config).paths == ("checks/a/test_b.py",)


@pytest.mark.parametrize("config", ["[tool", "[tool]\npytest = 1\n", "[tool.pytest]\nx = 1\n"])
def test_a_configuration_that_makes_no_sense_is_passed_over(config):
    assert targets("b.py", "test_b.py", config=config).paths == ("test_b.py",)


def test_an_ini_file_comes_before_pyproject():
    files = OnPaper(
        {
            "check_b.py": "",
            "pytest.ini": "[pytest]\npython_files = check_*.py %(x\n",
            "pyproject.toml": "[tool.pytest.ini_options]\npython_files = 'other_*.py'\n",
        }
    )
    assert _targets("check_b.py", "", files).paths == ("check_b.py",)


def test_a_test_folder_outside_the_root_is_not_looked_at():
    config = '[tool.pytest]\ntestpaths = ["../elsewhere", "/etc"]\n'
    assert targets("b.py", "test_b.py", config=config).paths == ("test_b.py",)


def test_a_language_without_a_runner_has_no_targets():
    assert targets("b.js", "test_b.py").paths == ()


def test_a_deep_path_costs_a_bounded_number_of_looks():
    files = OnPaper({})
    _targets("/".join("abcdefghijklmnopqrstuvwxyz") + "/z.py", "", files)
    assert files.asked <= 400


def affected(saved: str, contents: dict[str, str], *testpaths: str):
    files = FakeFiles({ROOT / name: text.encode() for name, text in contents.items()})
    language = next(language for language in languages() if language.name == "python")
    config = PytestConfig(testpaths=testpaths)
    return affected_tests(ROOT / saved, refreshed(ImportGraph(ROOT, language), files), config)


def test_tests_that_import_the_saved_file_are_affected_the_nearest_first():
    contents = {
        "pkg/__init__.py": "",
        "pkg/a.py": "",
        "pkg/b.py": "from . import a",
        "tests/test_b.py": "import pkg.b",
        "tests/test_x.py": "import pkg.a",
        "tests/test_pkg_a.py": "from pkg import a",
        "tests/test_none.py": "import os",
        "pkg/c.py": "from . import a",
    }
    assert affected("pkg/a.py", contents) == (
        "tests/test_pkg_a.py",
        "tests/test_x.py",
        "tests/test_b.py",
    )


def test_tests_under_fixtures_that_import_the_saved_file_are_affected():
    contents = {
        "a.py": "",
        "tests/conftest.py": "import a",
        "tests/u/test_x.py": "",
        "test_y.py": "",
    }
    assert affected("a.py", contents) == ("tests/u/test_x.py",)
    assert affected("tests/conftest.py", contents) == ("tests/u/test_x.py",)


@pytest.mark.parametrize("testpaths", ["tests", "./tests/", "t*s"])
def test_tests_that_the_terminal_would_not_come_across_are_not_affected(testpaths):
    contents = {"a.py": "", "tests/u/test_x.py": "import a", "examples/test_y.py": "import a"}
    assert affected("a.py", contents, testpaths) == ("tests/u/test_x.py",)
