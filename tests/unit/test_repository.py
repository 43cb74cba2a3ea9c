"""What must hold of the repository as a whole, whichever file is changed."""

import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
# Written in two halves so that this file does not contain what it looks for.
REGISTRY_HOSTS = ["pypi" + ".org", "python" + "hosted.org", "registry" + ".npmjs.", "yarn" + "pkg."]
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+|opt/pypi[\w-]*)" + r"/")
HEAVY = {"numpy", "openai", "rich", "tree_sitter", "pygls", "lsprotocol", "pytest"}


@cache
def tracked_texts() -> dict[str, str]:
    """Every text file that git tracks, by its path in the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    texts = {}
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        data = path.read_bytes() if path.is_file() else b""
        if b"\0" not in data:
            texts[name] = data.decode("utf-8", "replace")
    return texts


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_no_tracked_file_names_a_package_registry():
    found = [n for n, text in tracked_texts().items() if any(h in text for h in REGISTRY_HOSTS)]
    assert found == []


def test_no_tracked_file_names_a_path_of_one_machine():
    found = {
        n: m.group() for n, text in tracked_texts().items() if (m := MACHINE_PATHS.search(text))
    }
    assert found == {}


def test_the_npm_lock_says_what_is_installed_and_not_from_where():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [
        name for name, entry in packages.items() if "resolved" in entry and "link" not in entry
    ] == []
    assert all("integrity" in e or "link" in e or "/" not in n for n, e in packages.items())


def test_every_python_pin_has_a_hash():
    text = (ROOT / "requirements-dev.txt").read_text().replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert pins
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_every_python_dependency_is_pinned_within_its_bounds():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(
        r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE
    ):
        pins.setdefault(name, []).append(version)
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for requirement in map(Requirement, wanted):
        versions = pins.get(requirement.name, [])
        assert versions, f"run `make lock`: {requirement.name} is not pinned"
        assert all(v in requirement.specifier for v in versions), f"run `make lock`: {requirement}"


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_promised_exists(document: str):
    promised = set(
        re.findall(r"(?:^|`)make ([a-z][a-z-]+)", (ROOT / document).read_text(), re.MULTILINE)
    )
    assert promised <= makefile_targets()


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/ARCHITECTURE.md"]
)
def test_every_relative_link_of_the_documentation_leads_somewhere(document: str):
    path = ROOT / document
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize(
    "folder", sorted(p.name for p in (ROOT / "grammars").iterdir() if p.is_dir())
)
def test_every_language_folder_explains_itself(folder: str):
    assert (ROOT / "grammars" / folder / "README.md").is_file()


def test_starting_the_command_imports_nothing_heavy():
    program = "import sys, lacuna_ls.__main__; print(*{m.partition('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) & HEAVY == set()
