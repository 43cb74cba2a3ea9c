"""What the demo prints: one short block a step, code before and after, readable in a pipe too."""

import difflib
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

PIPE_WIDTH = 100
MAX_LINES = 14
"""Most lines of code in one block."""

_SNIPPET = re.compile(
    r"\\(?P<escaped>.)"
    r"|\$\{(?P<choice>\d+)\|(?P<entries>(?:\\.|[^|\\])*)\|\}"
    r"|\$\{(?P<stop>\d+):(?P<guess>(?:\\.|[^}\\])*)\}"
    r"|\$(?P<bare>\d+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a suggestion. `tab_stop` is 0 where the model is sure."""

    text: str
    tab_stop: int = 0
    alternatives: tuple[str, ...] = ()


def console() -> Console:
    """A console on standard output; without a terminal it has a fixed width and no colours."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="replace")
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)


def show(screen: Console, *blocks: Text) -> None:
    """Print blocks below each other; a line that is too long is cut, never folded."""
    for block in blocks:
        screen.print(block, no_wrap=True, overflow="ellipsis")


def heading(name: str, outcome: str, *, ok: bool) -> Text:
    """The first line of a step: its name and what the server did."""
    mark = ("ok  ", "bold green") if ok else ("FAIL", "bold red")
    return Text.assemble(mark, "  ", (f"{name:<14}", "bold"), outcome)


def note(label: str, value: str | Text) -> Text:
    return Text.assemble((f"      {label:<8}", "dim"), value)


def ghost(pieces: Sequence[Piece]) -> Text:
    """A suggestion as an editor would show it, each tab stop between brackets."""
    shown = Text()
    for piece in pieces:
        if piece.tab_stop:
            shown.append(f"⟦{piece.text}⟧", "bold yellow")
        else:
            shown.append(piece.text, "italic cyan")
    return shown


def difference(before: str, after: str, *, context: int = 1, removed: bool = True) -> Text:
    """The lines that differ and `context` lines around them, under their numbers in the file."""
    old, new = before.splitlines(), after.splitlines()
    rows: list[Text] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(
        context
    ):
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                rows += [_row(" ", n, new[n], "") for n in range(new_from, new_to)]
                continue
            if removed:
                rows += [_row("-", n, old[n], "red") for n in range(old_from, old_to)]
            rows += [_row("+", n, new[n], "green") for n in range(new_from, new_to)]
    return _joined(rows)


def listing(line: str, number: int) -> Text:
    """One line of a file under its one-based number."""
    return _row(" ", number - 1, line, "")


def _row(sign: str, index: int, line: str, style: str) -> Text:
    return Text.assemble((f"    {sign} {index + 1:>3} | ", "dim"), (line, style))


def _joined(rows: Iterable[Text]) -> Text:
    listed = list(rows)
    if len(listed) > MAX_LINES:
        left = len(listed) - MAX_LINES + 1
        listed[MAX_LINES - 1 :] = [Text(f"          | ... {left} more lines", "dim")]
    return Text("\n").join(listed)


def pieces(snippet: str) -> tuple[Piece, ...]:
    """The parts of a snippet in the protocol's syntax; the final `$0` is left out."""
    found: list[Piece] = []
    position = 0
    for match in _SNIPPET.finditer(snippet):
        found.append(Piece(snippet[position : match.start()]))
        found.append(_piece(match))
        position = match.end()
    found.append(Piece(snippet[position:]))
    return _merged(piece for piece in found if piece.text or piece.tab_stop)


def _piece(match: re.Match[str]) -> Piece:
    if match["choice"]:
        entries = re.findall(r"(?:^|,)((?:\\.|[^,\\])*)", match["entries"], re.DOTALL)
        guess, *others = map(_plain, entries)
        return Piece(guess, int(match["choice"]), tuple(others))
    if match["stop"]:
        return Piece(_plain(match["guess"]), int(match["stop"]))
    return Piece(match["escaped"] or "", int(match["bare"] or 0))


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _merged(parts: Iterable[Piece]) -> tuple[Piece, ...]:
    merged: list[Piece] = []
    for part in parts:
        if merged and not part.tab_stop and not merged[-1].tab_stop:
            merged[-1] = Piece(merged[-1].text + part.text)
        else:
            merged.append(part)
    return tuple(merged)
