"""The wheel, the sdist and an editable install each give a command that works and all its data."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from lacuna_ls import __version__

ROOT = Path(__file__).resolve().parents[2]
PARSES = """
import lacuna_ls
from pathlib import Path
from lacuna_ls.domain.text import Source
from lacuna_ls.syntax.languages import by_path, grammars_folder, parser_language
import tree_sitter

language = by_path(Path("a.py"))
tree = tree_sitter.Parser(parser_language(language)).parse(b"x = 1")
assert tree.root_node.type == "module" and not tree.root_node.has_error
package = Path(lacuna_ls.__file__).parent
assert (package / "py.typed").is_file()
assert (package / "cli/demo_workspace/pyproject.toml").is_file()
assert list((package / "cli/demo_workspace/tests").glob("test_*.py"))
print(package)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that sees neither this checkout nor the network."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_"))}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of this checkout and the wheel built from that sdist."""
    folder = tmp_path_factory.mktemp("artefacts")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(artefacts: Path) -> Path:
    return next(artefacts.glob("*.whl"))


def install(requirement: str | Path, folder: Path, *options: str) -> Path:
    """A new environment's `bin` with the package in it; its dependencies are this environment's."""
    venv.create(folder, symlinks=True)
    paths = {"base": str(folder), "platbase": str(folder)}
    site_packages = Path(sysconfig.get_path("purelib", "venv", paths))
    scripts = Path(sysconfig.get_path("scripts", "venv", paths))
    # Only the folder itself, not the .pth files in it: this checkout's install stays out.
    site_packages.joinpath("dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = scripts / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--quiet"),
        *("--no-index", "--no-build-isolation", "--ignore-installed", *options, requirement),
        cwd=folder,
    )
    return scripts


@pytest.mark.parametrize("kind", ["wheel", "sdist", "editable"])
def test_an_install_runs_from_anywhere_and_carries_its_data(
    kind: str, artefacts: Path, wheel: Path, tmp_path: Path
):
    environment, elsewhere = tmp_path / "environment", tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "editable":
        scripts = install(ROOT, environment, "--editable")
    else:
        scripts = install(
            wheel if kind == "wheel" else next(artefacts.glob("*.tar.gz")), environment
        )

    assert run(scripts / "lacuna-ls", "--version", cwd=elsewhere).endswith(__version__)
    package = Path(run(scripts / "python", "-I", "-c", PARSES, cwd=elsewhere))

    home = ROOT if kind == "editable" else environment
    assert package.is_relative_to(home.resolve())


def test_the_wheel_holds_no_leftovers(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert [n for n in names if "__pycache__" in n or n.endswith((".pyc", ".so"))] == []
    assert {n.split("/")[0].partition("-")[0] for n in names} == {"lacuna_ls"}


def test_every_grammar_of_the_checkout_is_in_the_wheel(wheel: Path):
    grammars = ROOT / "grammars"
    here = {p.relative_to(ROOT).as_posix() for p in grammars.rglob("*") if p.is_file()}
    there = zipfile.ZipFile(wheel).namelist()
    assert {f"lacuna_ls/{name}" for name in here} <= set(there)


def test_the_entry_for_mason_installs_this_version():
    entry = ROOT / "docs" / "editors" / "entries" / "mason" / "package.yaml"
    assert f"lacuna-ls@{__version__}\n" in entry.read_text("utf-8")
