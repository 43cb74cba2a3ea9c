"""What the tests of editors need besides this repository, made once and kept in the user's cache.

The editors come from Debian: those of another suite are unpacked into a folder of their own, those of
this machine's suite are installed. The server is the wheel that users install, in an environment of
its own; the tests of the edited projects run in another one.
"""

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.adapters.index_files import cache_folder

ROOT = Path(__file__).resolve().parents[2]
KEPT = cache_folder() / "editors"
_UNPACKED = {
    "nvim-forky": ("forky", "nvim", "neovim"),
    "nvim-bookworm": ("bookworm", "nvim", "neovim"),
    "hx": ("forky", "hx", "hx"),
}
_INSTALLED = {
    "emacs-nox": "/usr/bin/emacs",
    "elpa-eglot": "/usr/share/emacs/site-lisp/elpa-src/eglot-*",
    "elpa-lsp-mode": "/usr/share/emacs/site-lisp/elpa-src/lsp-mode-*",
    "vim-nox": "/usr/bin/vim.nox",
    "vim-ale": "/usr/share/vim/vimfiles/pack/dist-bundle/opt/ale",
    "tmux": "/usr/bin/tmux",
    "git": "/usr/bin/git",
}


class UnavailableError(Exception):
    """Something cannot be had on this machine: there is no apt, no right to it, or no network."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where things are. `server` is a command; `user_environment` has pytest and nothing of ours."""

    neovim: Path
    older_neovim: Path
    helix: Path
    server: Path
    user_environment: Path


def programs() -> Programs:
    """Everything, installed first where it is missing.

    Raises:
        UnavailableError: something is missing and cannot be installed.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    _install([package for package, path in _INSTALLED.items() if not _there(path)])
    unpacked = {name: _unpack(name) for name in _UNPACKED}
    return Programs(
        unpacked["nvim-forky"],
        unpacked["nvim-bookworm"],
        unpacked["hx"],
        _server(KEPT / "server"),
        _environment(KEPT / "user", ["pytest>=8,<9"]),
    )


def _there(pattern: str) -> bool:
    path = Path(pattern)
    return any(path.parent.glob(path.name))


def _install(packages: list[str]) -> None:
    if not packages:
        return
    if shutil.which("apt-get") is None:
        raise UnavailableError(f"there is no apt to install {', '.join(packages)} with")
    as_root = [] if os.getuid() == 0 else ["sudo", "-n"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        try:
            subprocess.run([*as_root, "apt-get", "-qq", *command], env=quiet, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UnavailableError(f"apt cannot install {', '.join(packages)}") from error


def _unpack(name: str) -> Path:
    suite, program, package = _UNPACKED[name]
    script = Path(__file__).with_name("unpacked.sh")
    done = subprocess.run([script, suite, KEPT / name, program, package], check=False)
    if done.returncode != 0:
        raise UnavailableError(f"{program} cannot be unpacked from Debian {suite}")
    return KEPT / name / program


def _server(folder: Path) -> Path:
    """The wheel of this checkout, installed as a user does; what it depends on is kept."""
    wheels = folder / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(wheels),
        str(ROOT),
    ]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = wheels.glob("*.whl")
    environment = _environment(folder / "environment", [str(wheel)])
    # The same version was perhaps there already, of other sources.
    _pip(environment, ["--force-reinstall", "--no-deps", str(wheel)])
    return environment / "bin" / "lacuna-ls"


def _environment(folder: Path, packages: list[str]) -> Path:
    if not (folder / "bin" / "python").exists():
        venv.create(folder, clear=True, with_pip=True)
    _pip(folder, packages)
    return folder


def _pip(environment: Path, packages: list[str]) -> None:
    command = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        raise UnavailableError("pip cannot install what the tests of editors need")
