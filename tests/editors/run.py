"""Real editors against the real server, as a user installs and configures both.

    python tests/editors/run.py [--json FILE] [--only NAME ...] [--keep FOLDER]

Prints a row for every feature of every editor: editor, feature, ok, seconds. What is missing is
installed first. Exit status: 0 all was seen, 1 something was not, 3 some editor cannot be had here.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from editors.helix import helix
from editors.programs import Programs, UnavailableError, programs
from editors.projects import PROJECTS, unpacked
from editors.session import SCRIPTS, Row, Session, session
from editors.snippets import DOCS, snippets
from editors.vim import vim
from editors.vscode.vscode import vscode

Drive = Callable[[Path, Programs], list[Row]]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the rows there as data")
    parser.add_argument(
        "--only", action="append", choices=tuple(EDITORS), help="one of the editors"
    )
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="leave homes and logs there")
    options = parser.parse_args()
    begun = time.monotonic()
    try:
        found = programs()
    except UnavailableError as error:
        sys.stderr.write(f"the tests of editors do not run here: {error}\n")
        return 3
    _say(f"installed in {time.monotonic() - begun:.0f} s")
    rows: list[Row] = []
    left_out = 0
    with tempfile.TemporaryDirectory(prefix="lacuna-editors-") as folder:
        for name in options.only or EDITORS:
            try:
                drawn = EDITORS[name]((options.keep or Path(folder)).resolve() / name, found)
            except UnavailableError as error:
                sys.stderr.write(f"{name} is left out: {error}\n")
                left_out = 3
                continue
            _print(drawn)
            rows += drawn
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", "utf-8")
    missing = [row for row in rows if not row.ok]
    _say(f"{len(rows) - len(missing)} of {len(rows)} seen in {time.monotonic() - begun:.0f} s")
    return 1 if missing else left_out


def _print(rows: Iterable[Row]) -> None:
    for row in rows:
        told = "ok  " if row.ok else "FAIL"
        seen = row.seen if not row.ok else row.seen.partition("\n")[0][:60]
        _say(f"{row.editor:<16} {row.feature:<38} {told} {row.seconds:7.2f}  {seen}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def neovim(folder: Path, found: Programs) -> list[Row]:
    run = session("Neovim 0.12", folder, found, trusted=False)
    run.configure(".config/nvim/init.lua", snippets()["neovim"])
    run.run([found.neovim, "--headless", "-c", f"luafile {SCRIPTS / 'neovim.lua'}"])
    run.quiet(r"\[ERROR\]", ".local/state/nvim/*.log", ".local/state/nvim/*/*.log")
    return run.rows


def moments(folder: Path, found: Programs) -> list[Row]:
    """The three moments that the product is for, timed, on projects that nobody prepared."""
    rows: list[Row] = []
    for project in PROJECTS:
        place = folder / project.name
        run = session(f"Neovim, {project.name}", place, found, unpacked(project, place))
        run.configure(".config/nvim/init.lua", snippets()["neovim"])
        run.run(
            [found.neovim, "--headless", "-c", f"luafile {SCRIPTS / 'moments.lua'}"],
            LACUNA_MOMENTS=json.dumps(asdict(project)),
        )
        run.quiet(r"\[ERROR\]", ".local/state/nvim/*.log", ".local/state/nvim/*/*.log")
        rows += run.rows
    return rows


def neovim_entry(folder: Path, found: Programs) -> list[Row]:
    """The entry for nvim-lspconfig, as a plugin would bring it."""
    run = session("Neovim, lspconfig", folder, found)
    entry = (DOCS / "entries" / "nvim-lspconfig" / "lacuna.lua").read_text("utf-8")
    run.configure(".config/nvim/lsp/lacuna.lua", entry)
    run.configure(".config/nvim/init.lua", 'vim.lsp.enable("lacuna")\n')
    run.run([found.neovim, "--headless", "-c", f"luafile {SCRIPTS / 'entry.lua'}"])
    return run.rows


def older_neovim(folder: Path, found: Programs) -> list[Row]:
    run = session("Neovim 0.7", folder, found)
    run.configure(".config/nvim/init.lua", snippets()["neovim-older"])
    run.run([found.older_neovim, "--headless", "-c", f"luafile {SCRIPTS / 'older_neovim.lua'}"])
    run.quiet(r"\[ERROR\]", ".cache/nvim/*.log", ".local/**/*.log")
    return run.rows


def eglot(folder: Path, found: Programs) -> list[Row]:
    run = session("Emacs, eglot", folder, found)
    _emacs(run, snippets()["emacs-eglot"], "eglot.el")
    return run.rows


def lsp_mode(folder: Path, found: Programs) -> list[Row]:
    run = session("Emacs, lsp-mode", folder, found)
    _emacs(run, snippets()["emacs-lsp-mode"], "lsp_mode.el")
    return run.rows


def _emacs(run: Session, configuration: str, script: str) -> None:
    own = run.configure("init.el", configuration)
    run.run(
        ["/usr/bin/emacs", "--batch", "-f", "package-initialize", "-l", own, "-l", SCRIPTS / script]
    )
    run.quiet("Traceback| ERROR |^Error|^error", "output.txt")


EDITORS: dict[str, Drive] = {
    "vscode": vscode,
    "neovim": neovim,
    "neovim-lspconfig": neovim_entry,
    "neovim-older": older_neovim,
    "neovim-moments": moments,
    "vim": vim,
    "emacs-eglot": eglot,
    "emacs-lsp-mode": lsp_mode,
    "helix": helix,
}

if __name__ == "__main__":
    sys.exit(main())
