"""Whole lines: adding statements, taking them away, and moving them in and out of blocks."""

from collections.abc import Sequence

from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.repair.proposers.template import Context
from lacuna_ls.syntax.nodes import Node, preorder

_STEP = "    "


def own_lines(node: Node, context: Context) -> Span | None:
    """The lines of a statement, their last line end included; `None` if it shares one of them."""
    source = context.source
    first = source.line_span(source.line_at(node.start_byte))
    last_line = source.line_at(max(node.end_byte - 1, node.start_byte))
    last = source.line_span(last_line)
    following = source.data[node.end_byte : last.end].lstrip()
    if source.data[first.start : node.start_byte].strip() or (
        following and not following.startswith(b"#")
    ):
        return None
    lines = source.line_starts
    end = lines[last_line + 1] if last_line + 1 < len(lines) else len(source.data)
    return Span(first.start, end)


def indent_of(node: Node, context: Context) -> str:
    """What stands before the statement on its line."""
    line = context.source.line_span(context.source.line_at(node.start_byte))
    return context.source.text(Span(line.start, node.start_byte))


def step_of(node: Node, context: Context) -> str:
    """By how much a block is indented around the statement."""
    own = indent_of(node, context)
    outer = node.parent.parent if node.parent is not None else None
    if outer is None or outer.parent is None:
        return "\t" if own.startswith("\t") else _STEP
    around = context.source.line_span(context.source.line_at(outer.start_byte))
    head = context.source.text(around)
    head = head[: len(head) - len(head.lstrip())]
    return own[len(head) :] or _STEP


def added_before(node: Node, lines: Sequence[str], context: Context) -> TextEdit | None:
    """New lines in front of the statement, indented as it is."""
    own = own_lines(node, context)
    if own is None:
        return None
    return TextEdit(Span(own.start, own.start), _text(lines, indent_of(node, context), context))


def added_after(node: Node, lines: Sequence[str], context: Context) -> TextEdit | None:
    """New lines behind the statement, indented as it is."""
    own = own_lines(node, context)
    if own is None:
        return None
    text = _text(lines, indent_of(node, context), context)
    end = context.source.line_end()
    if not context.source.data[own.start : own.end].endswith((b"\n", b"\r")):
        text = end + text.removesuffix(end)
    return TextEdit(Span(own.end, own.end), text)


def removed(node: Node, context: Context) -> TextEdit | None:
    own = own_lines(node, context)
    return TextEdit(own, b"") if own is not None else None


def shifted(node: Node, by: str, context: Context, head: Sequence[str] = ()) -> TextEdit | None:
    """The statement's lines with `by` in front of each that has text, and `head` above them."""
    own = _movable(node, context)
    if own is None:
        return None
    kept = context.source.data[own.start : own.end].splitlines(keepends=True)
    moved = b"".join(encode(by) + line if line.strip() else line for line in kept)
    return TextEdit(own, _text(head, indent_of(node, context), context) + moved)


def outdented(node: Node, step: str, context: Context) -> bytes | None:
    """The statement's lines with one step of indentation less."""
    own = _movable(node, context)
    if own is None:
        return None
    lines = context.source.data[own.start : own.end].splitlines(keepends=True)
    less = encode(step)
    if any(line.strip() and not line.startswith(less) for line in lines):
        return None
    return b"".join(line.removeprefix(less) for line in lines)


def _movable(node: Node, context: Context) -> Span | None:
    """Lines whose first bytes are layout: no string goes over from one to the next."""
    own = own_lines(node, context)
    broken = (n.type == "string" and n.start_point.row != n.end_point.row for n in preorder(node))
    return None if own is None or any(broken) else own


def _text(lines: Sequence[str], indent: str, context: Context) -> bytes:
    end = context.source.line_end()
    return b"".join(encode(indent + line) + end for line in lines)
