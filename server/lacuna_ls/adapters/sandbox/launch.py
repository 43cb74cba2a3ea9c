"""How a worker for candidates is started: its command line and its environment.

The environment is made from nothing: what a user keeps in variables (keys, sockets of agents)
never reaches code that is not the user's, not even through `/proc`.
"""

import atexit
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lacuna_ls.worker.tiers import BUBBLEWRAP, NAMESPACES

_SCRATCH_BYTES = 256 << 20
_SHARED_MEMORY_BYTES = 64 << 20
# `HOME` is where the interpreter finds the user's packages; tests get a folder of the run.
_KEPT = re.compile(
    r"PATH|HOME|LANG|LANGUAGE|LC_[A-Z]+|TZ|USER|LOGNAME|SHELL|TERM|NO_COLOR|CI"
    r"|PYTHON[A-Z0-9_]*|PYTEST_[A-Z0-9_]*|VIRTUAL_ENV|CONDA_PREFIX|DJANGO_SETTINGS_MODULE"
    r"|LD_LIBRARY_PATH|SYSTEMROOT"
)


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start a process with."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


def launch(
    tier: str, command: Sequence[str], root: Path, scratch: Path, environment: Mapping[str, str]
) -> Launch:
    """`command`, a worker for candidates of `root`, as it is started at `tier`.

    `scratch` exists; in namespaces of its own the process sees an empty one in its place, which
    is gone when it ends. `environment` is one that `clean_environment` made.
    """
    if tier != BUBBLEWRAP:
        return Launch(tuple(command), environment)
    return Launch((*_bubblewrap(root, scratch), *command), {**environment, NAMESPACES: BUBBLEWRAP})


@cache
def candidates_folder() -> Path:
    """Where workers for candidates keep what their runs write, until this process ends."""
    folder = tempfile.mkdtemp(prefix="lacuna-candidates-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that tests need, of those that the user has."""
    return {name: value for name, value in environment.items() if _KEPT.fullmatch(name)}


def bubblewrap_program() -> str | None:
    return shutil.which("bwrap")


def _bubblewrap(root: Path, scratch: Path) -> tuple[str, ...]:
    program = bubblewrap_program()
    assert program is not None, "the tier was found by running it"
    return (
        program, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc",
        "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session",
        "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
        "--size", str(_SHARED_MEMORY_BYTES), "--tmpfs", "/dev/shm",  # noqa: S108 - a mount, not a file
        "--size", str(_SCRATCH_BYTES), "--tmpfs", str(scratch),
        "--chdir", str(root), "--",
    )  # fmt: skip
