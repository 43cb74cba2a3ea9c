"""Vim with ALE in a terminal of tmux: a script of its own, then typed keys."""

import time
from contextlib import suppress
from pathlib import Path

from editors.programs import Programs
from editors.session import SCRIPTS, Row, session
from editors.snippets import snippets
from editors.terminal import PATIENCE_S, NotSeenError, Terminal

_LAST_ROW = "errors in the editor"


def vim(folder: Path, found: Programs) -> list[Row]:
    run = session("Vim 9, ALE", folder, found)
    run.configure(".vimrc", snippets()["vim-ale"])
    terminal = Terminal(run.home / "tmux")
    terminal.open(f"/usr/bin/vim.nox -S '{SCRIPTS / 'ale.vim'}'", run)
    begun = time.monotonic()
    try:
        while _LAST_ROW not in run.written() and time.monotonic() < begun + 3 * PATIENCE_S:
            time.sleep(0.1)
        begun = time.monotonic()
        try:
            seen, ok = _completion(terminal), True
        except NotSeenError as error:
            seen, ok = str(error), False
        run.note("completion items", time.monotonic() - begun, ok=ok, seen=seen)
        terminal.escape()
        terminal.type(":qall!", "Enter")
        run.ended("" if terminal.wait_for_end() else terminal.screen())
    finally:
        terminal.close()
    run.quiet("^$", "none")
    return run.rows


def _completion(terminal: Terminal) -> str:
    terminal.escape()
    terminal.type(":edit orchard/harvest.py", "Enter")
    terminal.wait("def best_sellers")
    terminal.type("G", "o")
    terminal.write("def buyers(orders: list[Order]) -> set[str]:\rnames = set()\r")
    terminal.write("for order in orders:\rfor line in order.")
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        terminal.type("C-x", "C-o")
        with suppress(NotSeenError):
            # The only item is taken at once.
            return terminal.wait(r"for line in order\.lines:", patience_s=2)
    raise NotSeenError(terminal.screen())
