"""What `lacuna-ls check` prints: one finding a line, as compilers do, with what explains it below.

Colours only on a terminal.
"""

import sys
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from lacuna_ls.cli.check_fixes import Proposed, patch
from lacuna_ls.cli.check_report import GREEN, Checked, region, summary
from lacuna_ls.cli.check_run import Red
from lacuna_ls.cli.check_speed import Timing
from lacuna_ls.test_runs.results import plain

_INDENT = "    "
_PATCH_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def console(*, stderr: bool = False) -> Console:
    """Standard output or error; what its encoding lacks is escaped."""
    reconfigure = getattr(sys.stderr if stderr else sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="backslashreplace")
    return Console(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)


def show_red(screen: Console, red: Red, checked: Checked) -> None:
    """`path:line:column: message`; further lines of the message and related places indented."""
    at = region(red.subject.document.source, red.finding.span)
    place = f"{plain(checked.shown(red.subject.path))}:{at.line}:{at.column}"
    first, *rest = red.finding.message.splitlines() or [""]
    screen.print(Text.assemble((place, "bold"), ": ", (first, "red")))
    for line in (*rest, *_related(red, checked)):
        screen.print(Text((_INDENT + line).rstrip()))


def _related(red: Red, checked: Checked) -> Iterator[str]:
    for each in red.finding.related:
        yield f"{plain(checked.shown(each.path))}:{each.line + 1}: {each.message}"


def show_fix(screen: Console, proposed: Proposed, checked: Checked) -> None:
    """The title with its evidence, and the patch."""
    path = plain(checked.shown(proposed.subject.path))
    ended = ", written" if proposed.written else ""
    screen.print(Text.assemble((f"{path}: {proposed.title}{ended}", "bold")))
    for line in patch(proposed, checked.shown(proposed.subject.path)).splitlines(keepends=True):
        _write(screen, line)


def show_timing(screen: Console, timing: Timing, checked: Checked) -> None:
    """What was measured of a function, and the patch that makes it faster."""
    place = f"{plain(checked.shown(timing.subject.path))}:{timing.line + 1}"
    style = "red" if timing.slower else "green"
    screen.print(Text.assemble((place, "bold"), ": ", (timing.message, style)))
    for line in timing.patch.splitlines(keepends=True):
        _write(screen, line)


def _write(screen: Console, line: str) -> None:
    """A line of a patch, byte by byte: rich would drop its carriage returns."""
    style = _PATCH_STYLES.get(line[:1])
    if style is not None and screen.is_terminal:
        screen.print(Text(line.rstrip("\r\n"), style))
    else:
        screen.file.write(line)


def show_summary(screen: Console, checked: Checked) -> None:
    style = "green" if checked.status == GREEN else "bold red"
    screen.print(Text(summary(checked), style))
