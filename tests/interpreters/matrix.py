"""What the worker promises, in every Python of this machine with pytest 7, 8 and the newest.

    python tests/interpreters/matrix.py [--python 3.12 ...] [--pytest 7 ...]

The environments are made with pip and kept in the user's cache folder. What is missing of the
newest versions comes from a newer Debian suite, where this is a Debian. Then
`tests/unit/worker/test_every_interpreter.py` runs once in each, and once in each bare Python.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lacuna_ls.adapters.index_files import cache_folder
from real_interpreters import VERSIONS, environment, interpreter

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = "tests/unit/worker/test_every_interpreter.py"
FROM_DEBIAN = {"3.13": "trixie", "3.14": "forky"}
NEWEST = "newest"
# The last Python whose syntax trees each old pytest understands.
LAST_PYTHON = {"7": "3.13"}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", action="append", choices=VERSIONS)
    parser.add_argument("--pytest", action="append", choices=("7", "8", NEWEST))
    options = parser.parse_args()
    folder = cache_folder() / "interpreters"
    found = [python for version in options.python or VERSIONS for python in _found(version, folder)]
    programs = [
        program
        for version, python in found
        for program in _environments(version, python, folder, options.pytest or ("7", "8", NEWEST))
    ]
    if len(found) < 3:
        sys.stderr.write(f"only {len(found)} interpreters were found\n")
        return 1
    named = {"LACUNA_TEST_ENVIRONMENTS": "\n".join(map(str, programs))}
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "--durations=3", SCENARIOS]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **named}, check=False).returncode


def _found(version: str, folder: Path) -> Iterator[tuple[str, Path]]:
    python = interpreter(version)
    if python is None and version in FROM_DEBIAN:
        script = Path(__file__).with_name("newer_python.sh")
        kept = folder / version
        done = subprocess.run([script, version, FROM_DEBIAN[version], kept], check=False)
        python = kept / "bin" / f"python{version}" if done.returncode == 0 else None
    if python is None:
        sys.stderr.write(f"there is no Python {version} here\n")
    else:
        yield version, python


def _environments(
    version: str, python: Path, folder: Path, pytests: Sequence[str]
) -> Iterator[Path]:
    yield _kept(folder / f"{version}-bare", python)
    for pytest in pytests:
        if VERSIONS.index(version) > VERSIONS.index(LAST_PYTHON.get(pytest, VERSIONS[-1])):
            continue
        program = _kept(folder / f"{version}-pytest-{pytest}", python)
        wanted = "pytest" if pytest == NEWEST else f"pytest=={pytest}.*"
        _install(program, [wanted, "pytest-asyncio"])
        yield program


def _install(program: Path, packages: Sequence[str]) -> None:
    """With the environment's own pip, which is as old as it; Debian's Pythons come without."""
    own = subprocess.run([program, "-m", "ensurepip"], capture_output=True, check=False)
    pip = [str(program), "-m", "pip"] if own.returncode == 0 else _our_pip(program)
    subprocess.run([*pip, "install", "--quiet", "--upgrade", *packages], check=True)


def _our_pip(program: Path) -> list[str]:
    return [sys.executable, "-m", "pip", "--python", str(program)]


def _kept(folder: Path, python: Path) -> Path:
    program = folder / "bin" / "python"
    return program if program.exists() else environment(folder, python)


if __name__ == "__main__":
    sys.exit(main())
