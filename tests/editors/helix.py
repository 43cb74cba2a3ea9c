"""Helix in a terminal of tmux."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from editors.programs import Programs
from editors.session import Row, session
from editors.snippets import snippets
from editors.terminal import PATIENCE_S, NotSeenError, Terminal


def helix(folder: Path, found: Programs) -> list[Row]:
    run = session("Helix 25.07", folder, found)
    run.configure(".config/helix/languages.toml", snippets()["helix"])
    run.configure(".config/helix/config.toml", snippets()["helix-config"])
    terminal = Terminal(run.home / "tmux")
    log = run.home / "helix.log"
    terminal.open(f"'{found.helix}' -v --log '{log}' orchard/labels.py", run)
    try:
        for feature, perform in _STEPS.items():
            begun = time.monotonic()
            try:
                seen, ok = perform(terminal), True
            except NotSeenError as error:
                seen, ok = str(error), False
            run.note(feature, time.monotonic() - begun, ok=ok, seen=seen)
    finally:
        terminal.close()
    # A request that a newer one replaced is answered with -32800, as the protocol has it.
    run.quiet(r"\[ERROR\](?!.*ServerError\(-32800\))", log.name)
    return run.rows


def _diagnostics(terminal: Terminal) -> str:
    terminal.wait("def fits")
    terminal.type("4", "g", "g")
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        # Of a save before the server has answered Helix does not tell it.
        _command(terminal, "w")
        with suppress(NotSeenError):
            return terminal.wait(r"test_a_label\w+: .*?(?=\s\s|$)", patience_s=5)
    raise NotSeenError(terminal.screen())


def _command(terminal: Terminal, command: str) -> None:
    terminal.type(":")
    terminal.wait(r"^:")
    terminal.write(command)
    terminal.type("Enter")
    terminal.wait(r"^:", seen=False)


def _hints(terminal: Terminal) -> str:
    """The values that a failing test saw, at the end of their line."""
    _command(terminal, "open orchard/pricing.py")
    terminal.wait("def line_total")
    _command(terminal, "w")
    terminal.wait("test_a_full_case_is_discounted: ")
    # It asks for them after a change, and not when it is told to.
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        terminal.type("g", "e", "o")
        terminal.escape()
        with suppress(NotSeenError):
            return terminal.wait("unit_cents = 50, quantity = 12", patience_s=2)
        terminal.type("u")
    raise NotSeenError(terminal.screen())


def _action(terminal: Terminal) -> str:
    """The menu holds a fix as soon as one has been found."""
    terminal.type("4", "g", "g")
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        terminal.type("Space", "a")
        with suppress(NotSeenError):
            title = terminal.wait(r"Fix: compare with <= \(\d+ of \d+ tests pass\)", patience_s=1)
            terminal.type("Enter")
            terminal.wait(r'return "é😀"\s*!= label and len\(label\) <= width')
            return title
        terminal.escape()
    raise NotSeenError(f"no fix in the menu:\n{terminal.screen()}")


def _green(terminal: Terminal) -> str:
    terminal.escape()
    _command(terminal, "w")
    terminal.wait(r"test_a_label\w+: ", seen=False)
    return "0 diagnostics"


def _completion(terminal: Terminal) -> str:
    terminal.escape()
    _command(terminal, "open orchard/harvest.py")
    terminal.wait("def best_sellers")
    terminal.type("g", "e", "o")
    terminal.write("def buyers(orders: list[Order]) -> set[str]:\r    names = set()\r")
    terminal.write("for order in orders:\r    for line in order.")
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        terminal.type("C-x")
        with suppress(NotSeenError):
            shown = terminal.wait(r"line in order\..*\n.*\blines:.*", patience_s=1)
            terminal.escape()
            return shown.splitlines()[-1].strip()
    raise NotSeenError(terminal.screen())


_STEPS: dict[str, Callable[[Terminal], str]] = {
    "diagnostics after a save": _diagnostics,
    "code action: menu and apply": _action,
    "green after the fix": _green,
    "completion items": _completion,
    "hints": _hints,
}
