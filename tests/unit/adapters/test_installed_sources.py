"""Sources of installed packages are found by path; nothing is run and no link followed."""

import pytest

from lacuna_ls.adapters import installed_sources as installed
from lacuna_ls.adapters.installed_sources import installed_sources


@pytest.fixture
def environment(tmp_path):
    packages = tmp_path / "venv" / "lib" / "python3.12" / "site-packages"
    for name in ("web/__init__.py", "web/app.py", "web/tests/test_app.py", "web/_vendor/x.py"):
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    (packages / "six.py").write_text("y = 2\n")
    (tmp_path / "venv" / "bin").mkdir()
    return tmp_path / "venv" / "bin" / "python3.12"


def names(python, modules):
    folder = python.parent.parent / "lib" / "python3.12" / "site-packages"
    return [path.relative_to(folder).as_posix() for path in installed_sources(python, modules)]


def test_a_package_is_its_modules_without_tests_and_vendored_copies(environment):
    assert names(environment, ["web"]) == ["web/__init__.py", "web/app.py"]


def test_a_module_that_is_one_file_is_found(environment):
    assert names(environment, ["six", "missing"]) == ["six.py"]


def test_packages_of_another_python_in_the_same_place_are_left_alone(environment):
    other = environment.parent.parent / "lib" / "python3.13" / "site-packages" / "six.py"
    other.parent.mkdir(parents=True)
    other.write_text("z = 3\n")
    assert names(environment, ["six"]) == ["six.py"]


def test_debian_keeps_packages_of_all_versions_in_one_folder(environment):
    shared = environment.parent.parent / "lib" / "python3" / "dist-packages" / "apt.py"
    shared.parent.mkdir(parents=True)
    shared.write_text("a = 1\n")
    assert installed_sources(environment, ["apt"]) == [shared]


@pytest.mark.parametrize("program", ["venv/Scripts/python.exe", "venv/python.exe"])
def test_windows_keeps_packages_elsewhere(tmp_path, program):
    path = tmp_path / "venv" / "Lib" / "site-packages" / "six.py"
    path.parent.mkdir(parents=True)
    path.write_text("y = 2\n")
    assert installed_sources(tmp_path / program, ["six"]) == [path]


def test_links_are_not_followed(environment, tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("key = 1\n")
    folder = environment.parent.parent / "lib" / "python3.12" / "site-packages"
    (folder / "linked.py").symlink_to(secret)
    (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
    (folder / "web" / "inner.py").symlink_to(secret)
    assert names(environment, ["linked", "web"]) == ["web/__init__.py", "web/app.py"]


def test_a_package_folder_that_is_a_link_to_elsewhere_is_not_read(tmp_path):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "notes.py").write_text("key = 1\n")
    library = tmp_path / "venv" / "lib" / "python3.12"
    library.mkdir(parents=True)
    (library / "site-packages").symlink_to(tmp_path / "private", target_is_directory=True)
    assert installed_sources(tmp_path / "venv" / "bin" / "python", ["notes"]) == []


def test_a_second_name_of_the_same_folder_is_the_same_folder(environment):
    (environment.parent.parent / "lib64").symlink_to("lib", target_is_directory=True)
    assert names(environment, ["six"]) == ["six.py"]


def test_the_largest_packages_are_left_out_where_all_would_be_too_much(environment, monkeypatch):
    monkeypatch.setattr(installed, "MOST_BYTES", 8)
    assert names(environment, ["web", "six"]) == ["six.py"]
