"""Packages that figures are made of: fetched as their authors published them, and never run.

A manifest is a pip requirements file of pinned wheels with their digests; what it names is kept in
the user's cache folder.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from lacuna_ls.adapters.index_files import cache_folder
from lacuna_ls.completion.sample import written_by_hand


class ArchiveFiles:
    """The port `Files` over a wheel: a workspace that is never unpacked."""

    def __init__(self, archive: Path) -> None:
        with zipfile.ZipFile(archive) as wheel:
            names = [info for info in wheel.infolist() if not info.is_dir()]
            self.root = Path("/", archive.name.partition("-")[0])
            self._contents = {self.root / info.filename: wheel.read(info) for info in names}

    def read(self, path: Path) -> bytes | None:
        return self._contents.get(path)

    def signature(self, path: Path) -> tuple[int, int] | None:
        data = self._contents.get(path)
        return None if data is None else (0, len(data))

    def changed_at_ns(self, path: Path) -> int | None:
        return 0 if path in self._contents else None

    def source_files(self, root: Path, suffixes: frozenset[str]) -> Iterator[Path]:
        return (path for path in sorted(self._contents) if path.suffix in suffixes)


def fetch(manifest: Path, most: int) -> list[Path]:
    """The wheels of the first `most` packages, from the cache where they are there already.

    pip refuses what does not have the digest that the manifest states.
    """
    pins = re.findall(
        r"^([\w.-]+)==(\S+) --hash=sha256:([0-9a-f]{64})$", manifest.read_text(), re.MULTILINE
    )
    folder = cache_folder() / "calibration-packages"
    folder.mkdir(parents=True, exist_ok=True)
    found = {_digest(path): path for path in folder.glob("*.whl")}
    missing = [pin for pin in pins[:most] if pin[2] not in found]
    if missing:
        wanted = folder / "wanted.txt"
        lines = [f"{name}=={version} --hash=sha256:{sha}\n" for name, version, sha in missing]
        wanted.write_text("".join(lines))
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--ignore-requires-python", "--require-hashes"]
        subprocess.run([*command, "-d", str(folder), "-r", str(wanted)], check=True)
        wanted.unlink()
        found = {_digest(path): path for path in folder.glob("*.whl")}
    return [found[sha] for _, _, sha in pins[:most]]


def newest(names: Sequence[str]) -> list[Path]:
    """Wheels of packages that are named as pip names them, the newest where no version is given."""
    folder = cache_folder() / "named-packages"
    folder.mkdir(parents=True, exist_ok=True)
    wheels: list[Path] = []
    for name in names:
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            command += ["--only-binary=:all:", "--ignore-requires-python", "-d", fresh, name]
            subprocess.run(command, check=True)
            (wheel,) = Path(fresh).glob("*.whl")
            wheels.append(wheel.replace(folder / wheel.name))
    return wheels


def project_of(wheel: Path) -> str:
    """The project's name, spelt as package indexes do."""
    return re.sub(r"[-_.]+", "-", wheel.name.partition("-")[0]).lower()


def names_in(manifest: Path) -> set[str]:
    """The projects of a manifest, spelt as package indexes do."""
    pins = re.findall(r"^([\w.-]+)==", manifest.read_text(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in pins}


def fit(files: ArchiveFiles, path: Path) -> bool:
    """Written by hand, by this package's authors, and neither empty nor huge."""
    return written_by_hand(path, files.read(path) or b"")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
