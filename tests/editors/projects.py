"""Public projects that this repository uses for nothing else, as their authors published them."""

import hashlib
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from editors.programs import KEPT, UnavailableError


@dataclass(frozen=True, slots=True)
class Project:
    """A source archive, and what the three moments need of it.

    `right` is a line of `file` without its indentation, and the only one of its kind; `wrong` the
    mistake that is made there. `typed` are beginnings of code for its end, `doubted` some of which
    one leaves the model in doubt in three places or more, `long` a part of a line in a long function.
    """

    name: str
    version: str
    sha256: str
    file: str
    right: str
    wrong: str
    typed: tuple[str, ...]
    long: str
    doubted: tuple[str, ...] = ()


PROJECTS = (
    Project(
        "inflection",
        "0.5.1",
        "1a29730d366e996aaacffb2f1f1cb9593dc38e2ddd30c91250c6dde09ea9b417",
        "inflection/__init__.py",
        "if separator:",
        "if not separator:",
        (
            "def shout(word: str) -> str:\n    return re.",
            "def spaced(word: str) -> str:\n    word = ",
        ),
        "for rule, replacement in PLURALS",
        doubted=(
            "def quiet(word: str) -> str:\n    return re.",
            "def loud(word: str) -> str:\n    for rule, replacement in SINGULARS:\n        if re.",
            "def louder(word: str) -> str:\n    word = re.sub(",
        ),
    ),
    Project(
        "xmltodict",
        "1.0.4",
        "6d94c9f834dd9e44514162799d344d815a3a4faec913717a9ecbfa5be1bb8e61",
        "xmltodict.py",
        "if i == -1:",
        "if i != -1:",
        (
            "def check(value):\n    if not isinstance(",
            "def attributes(item):\n    for key, value in ",
        ),
        "if len(self.path) == self.item_depth",
    ),
)


def unpacked(project: Project, folder: Path) -> Path:
    """The project's files in a folder of their own.

    Raises:
        UnavailableError: they cannot be fetched.
    """
    kept = KEPT / "projects"
    archive = kept / f"{project.name}-{project.version}.tar.gz"
    if not archive.exists():
        wanted = f"{project.name}=={project.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary=:all:", "--dest", str(kept), wanted]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            raise UnavailableError(f"{wanted} cannot be fetched")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != project.sha256:
        raise UnavailableError(f"{archive.name} is not the one that was tried")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return folder / f"{project.name}-{project.version}"
