"""What a run is judged by: the tests, what configures them, and that neither changed meanwhile."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

_CONFIGURATION = (
    "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "pyproject.toml",
    "tox.ini", "setup.cfg", "sitecustomize.py", "usercustomize.py",
)  # fmt: skip


def seal(root: Path, targets: Sequence[str]) -> bytes:
    """A digest of the files of `targets` and of the configuration in all folders above them."""
    digest = hashlib.sha256()
    for path in sorted(set(_judges(root, targets))):
        try:
            data = path.read_bytes()
        except OSError:
            continue
        digest.update(f"{path}\0{len(data)}\0".encode("utf-8", "surrogatepass") + data)
    return digest.digest()


def _judges(root: Path, targets: Sequence[str]) -> Iterator[Path]:
    for target in targets:
        path = root / target.partition("::")[0]
        yield path
        for folder in path.parents:
            yield from (folder / name for name in _CONFIGURATION)
            if folder == root:
                break
