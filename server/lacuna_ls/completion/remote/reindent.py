"""A completion's later lines at the indentation of the file that they come into.

Models say them at their place in the file, or as if the cursor's line stood at the margin; with the
file's step or with their own; with tabs where the file has spaces. The first line is left to where
the cursor stands.
"""

import re
from collections.abc import Callable

from lacuna_ls.completion.remote.draft import Draft
from lacuna_ls.completion.remote.extent import opens_block
from lacuna_ls.domain.text import Span

_INDENT = re.compile(rb"[ \t]*")
_TAB_WIDTH = 4
_REACH_BYTES = 6_000


def reindented(draft: Draft, before: bytes, above: bytes, unit: bytes) -> Draft:
    """The draft at the file's indentation.

    Args:
        draft: With line ends of one byte.
        before: The cursor's line before it.
        above: The last line above that holds something.
        unit: One step of the file's indentation; empty if it has none to show.
    """
    base = _indent(before)
    draft = _without_margin(draft, before, above, unit)
    lines = draft.data.split(b"\n")
    later = [line for line in lines[1:] if line.strip()]
    if not later:
        return draft
    if unit and (b"\t" in unit or any(b"\t" in _indent(line) for line in later)):
        draft = _each_line(draft, lambda indent: _in_unit(indent, unit))
        lines = draft.data.split(b"\n")
        later = [line for line in lines[1:] if line.strip()]
    if not before.strip():
        base = before + _indent(lines[0])
    if base and _is_relative(lines, before, base):
        draft = _each_line(draft, lambda indent: base + indent)
        later = [base + line for line in later]
    return _in_steps(draft, later, base, unit)


def unit_of(data: bytes, near: int) -> bytes:
    """One step of indentation of the text around byte `near`; empty where nothing says."""
    found: list[bytes] = []
    previous = b""
    start = data.rfind(b"\n", 0, max(near - _REACH_BYTES, 0)) + 1
    cursors = data.count(b"\n", start, near)
    for number, line in enumerate(data[start : near + _REACH_BYTES].split(b"\n")):
        if not line.strip() and number != cursors:
            continue
        indent = _indent(line)
        if indent.startswith(previous) and len(indent) > len(previous):
            found.append(indent[len(previous) :])
        previous = indent
    steps = [step for step in found if step == b"\t" or (not step.strip(b" ") and len(step) <= 8)]
    return max(set(steps), key=lambda step: (steps.count(step), -len(step)), default=b"")


def _without_margin(draft: Draft, before: bytes, above: bytes, unit: bytes) -> Draft:
    """The first line without the indentation that the cursor's line has already, or not with more."""
    margin = _indent(draft.data)
    if not margin or draft.data[len(margin) : len(margin) + 1] in (b"\n", b""):
        return draft
    if before.strip():
        doubled = before[-1:].isspace()
        return draft.replaced(Span(0, len(margin)), b"") if doubled else draft
    due = (
        _indent(above) + (unit or margin) if opens_block(above.decode("utf-8", "replace")) else b""
    )
    wanted = due[len(before) :] if due.startswith(before) and len(before) < len(due) else b""
    return draft.replaced(Span(0, len(margin)), wanted)


def _is_relative(lines: list[bytes], before: bytes, base: bytes) -> bool:
    """Whether later lines count from the cursor's line: one follows at less than it must have."""
    first = before + lines[0]
    following = lines[1] if len(lines) > 1 else b""
    if not following.strip():
        return False
    indent = len(_indent(following))
    if opens_block(first.decode("utf-8", "replace")) and first.strip():
        return indent <= len(base) and indent > 0
    return indent == 0 and bool(lines[0].strip()) and not _closes(following)


def _closes(line: bytes) -> bool:
    return line.lstrip()[:1] in (b")", b"]", b"}")


def _in_steps(draft: Draft, later: list[bytes], base: bytes, unit: bytes) -> Draft:
    """Deeper lines in the file's steps, where those of the completion are others."""
    depths = sorted({len(_indent(line)) - len(base) for line in later} - {0})
    deeper = [depth for depth in depths if depth > 0]
    if (
        not unit
        or not deeper
        or not all(_indent(line).startswith(base) for line in later if line.strip())
    ):
        return draft
    step = deeper[0]
    regular = step in (1, 2, 3, 4, 8) and all(depth % step == 0 for depth in deeper)
    if not regular or step == len(unit):
        return draft
    return _each_line(
        draft,
        lambda indent: (
            base + unit * ((len(indent) - len(base)) // step) if len(indent) > len(base) else indent
        ),
    )


def _in_unit(indent: bytes, unit: bytes) -> bytes:
    if b"\t" in unit:
        width = len(indent.expandtabs(_TAB_WIDTH))
        return b"\t" * (width // _TAB_WIDTH) + b" " * (width % _TAB_WIDTH)
    return indent.replace(b"\t", unit)


def _each_line(draft: Draft, change: Callable[[bytes], bytes]) -> Draft:
    """Every line but the first with another indentation; empty ones stay empty."""
    starts = [match.end() for match in re.finditer(rb"\n", draft.data)]
    for start in reversed(starts):
        indent = _indent(draft.data[start:])
        if draft.data[start + len(indent) : start + len(indent) + 1] in (b"\n", b""):
            continue
        new = change(indent)
        if new != indent:
            draft = draft.replaced(Span(start, start + len(indent)), new)
    return draft


def _indent(line: bytes) -> bytes:
    match = _INDENT.match(line)
    assert match is not None
    return match[0]
