"""Which files a check is given, and which project each belongs to."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.cli.check_paths import given_files, project_of, shown_path
from real_runs import project

NAMES = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=8)


def names(paths, here: Path) -> list[str]:
    return [shown_path(file.path, here) for file in given_files(paths, here).files]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path.resolve()


def test_a_folder_means_its_source_files_but_those_that_git_ignores(here):
    files = {
        "pyproject.toml": "",
        ".gitignore": "build/\n",
        "pkg/a.py": "",
        "pkg/notes.md": "",
        "pkg/build/b.py": "",
        "other/c.py": "",
    }
    project(here, files)
    assert names(["pkg"], here) == ["pkg/a.py"]


def test_a_file_that_is_given_twice_is_checked_once_and_counts_as_named(here):
    project(here, {"a.py": "", "b.py": ""})
    found = given_files([".", "a.py", "./a.py"], here).files
    assert [(file.path.name, file.named) for file in found] == [("a.py", True), ("b.py", False)]


def test_each_file_belongs_to_the_nearest_project_above_it(here):
    project(here, {".git/HEAD": "", "a.py": "", "lib/setup.py": "", "lib/src/b.py": ""})
    found = {file.path.name: file.root for file in given_files(["."], here).files}
    assert (found["a.py"], found["b.py"]) == (here, here / "lib")


def test_without_a_project_it_is_the_folder_where_one_stands_or_the_files_own(here):
    project(here, {"a/b/c.py": ""})
    assert project_of(here / "a" / "b" / "c.py", here / "a") == here / "a"
    assert project_of(here / "a" / "b" / "c.py", here / "elsewhere") == here / "a" / "b"


def test_what_is_wrong_with_a_path_is_said_by_the_name_that_was_given(here):
    project(here, {"notes.md": ""})
    wrong = given_files(["gone.py", "notes.md", "nul\0.py"], here).wrong
    assert [sentence.partition(":")[0] for sentence in wrong] == ["gone.py", "notes.md", "nul\0.py"]


def test_links_are_followed_to_the_real_file(here):
    project(here, {"real/a.py": ""})
    (here / "link").symlink_to(here / "real")
    assert names(["link/a.py", "link"], here) == ["real/a.py"]


@given(folder=NAMES, stem=NAMES)
def test_a_file_of_any_name_is_found_and_shown_as_it_is(tmp_path_factory, folder, stem):
    if folder in (".", ".."):
        return
    here = tmp_path_factory.mktemp("check").resolve()
    name = os.path.join("x" + folder, stem + ".py")  # noqa: PTH118 - as a user types it
    project(here, {name: ""})
    assert names([name], here) == [name]
