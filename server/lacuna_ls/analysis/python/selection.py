"""From a selected range to whole statements, or to one whole expression."""

from lacuna_ls.analysis.python.accesses import (
    EXTRAS,
    UnknownStatementError,
    accesses_of,
    code_children,
    text_of,
)
from lacuna_ls.analysis.python.expressions import selected_expression
from lacuna_ls.analysis.scopes import AccessKind
from lacuna_ls.analysis.selection import Assignment, SelectedExpression, SelectedStatements
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.nodes import Node, covering, span_of

_BLOCKS = ("block", "module")
_SPACE = b" \t\r\n\f\\"


def selected(root: Node, data: bytes, span: Span) -> SelectedStatements | SelectedExpression | None:
    """What `span` selects once blanks and comments at its ends are set aside.

    A comment that stands behind other code is left with it.

    `None` if it is neither whole statements of one suite nor one whole expression.
    """
    start, end = _trimmed(data, span)
    first_code = _after_comments(data, start, end)
    if first_code >= end:
        return None
    try:
        statements = _statements(root, data, Span(start, end), first_code)
        if statements:
            return _annotated_value(root, data, statements) or statements
        expression = selected_expression(root, data, Span(first_code, end))
        if expression is None and data[end - 1] in b",:;":
            expression = selected_expression(
                root, data, Span(*_trimmed(data, Span(start, end - 1)))
            )
        return expression or _widened(root, data, Span(first_code, end))
    except UnknownStatementError:
        return None


def with_final_return(selected: SelectedStatements, data: bytes) -> SelectedStatements:
    """The selection and the `return` of a constant right behind it, if that is what comes next."""
    following = selected.nodes[-1].next_named_sibling
    while following is not None and following.type in EXTRAS:
        following = following.next_named_sibling
    if following is None or following.type != "return_statement":
        return selected
    value = code_children(following)
    if value and value[0].type not in _CONSTANTS:
        return selected
    end = _end_with_comments(data, following.end_byte, following.end_byte)
    assert end is not None
    span = Span(selected.span.start, end)
    return SelectedStatements((*selected.nodes, following), selected.suite, span)


_CONSTANTS = ("none", "true", "false", "integer", "float", "string")


def _trimmed(data: bytes, span: Span) -> tuple[int, int]:
    start, end = span.start, min(span.end, len(data))
    while start < end and data[start] in _SPACE:
        start += 1
    while end > start and data[end - 1] in _SPACE:
        end -= 1
    if data[start : start + 1] == b"#" and _has_code_before(data, start):
        behind = _line_end(data, start)
        return _trimmed(data, Span(behind, end)) if behind < end else (end, end)
    return start, end


def _has_code_before(data: bytes, offset: int) -> bool:
    """Whether a comment at `offset` is about the code in front of it, on its line."""
    return bool(_margin(data, offset).strip())


def _after_comments(data: bytes, start: int, end: int) -> int:
    while start < end and data[start : start + 1] == b"#":
        start = _line_end(data, start)
        while start < end and data[start] in _SPACE:
            start += 1
    return start


def _line_start(data: bytes, offset: int) -> int:
    start = data.rfind(b"\n", 0, offset) + 1
    return data.rfind(b"\r", start, offset) + 1 or start


def _line_end(data: bytes, offset: int) -> int:
    while offset < len(data) and data[offset] not in b"\r\n":
        offset += 1
    return offset


def _statements(root: Node, data: bytes, span: Span, first_code: int) -> SelectedStatements | None:
    first = _statement_at(root, first_code)
    if first is not None and is_docstring(first):
        following = code_children(first.parent)[1:2] if first.parent else []
        if following and following[0].start_byte < span.end:
            first, span = following[0], Span(following[0].start_byte, span.end)
    if first is None or first.parent is None:
        return None
    nodes = [n for n in code_children(first.parent) if span.start <= n.start_byte < span.end]
    last, code = nodes[-1], nodes[0].start_byte
    if last.end_byte > span.end:
        return None
    end = _end_with_comments(data, last.end_byte, span.end)
    if end is None:
        return None
    # A comment at another indentation stays: where it stands says nothing about the statements.
    start = span.start if _margin(data, span.start) == _margin(data, code) else code
    return SelectedStatements(tuple(nodes), first.parent, Span(start, end), _last_assignment(last))


def _margin(data: bytes, offset: int) -> bytes:
    """What stands in front of `offset` on its line."""
    return data[_line_start(data, offset) : offset]


def _last_assignment(statement: Node) -> Assignment | None:
    parts = code_children(statement) if statement.type == "expression_statement" else []
    if len(parts) != 1 or parts[0].type != "assignment" or parts[0].child_by_field_name("type"):
        return None
    left, right = (parts[0].child_by_field_name(field) for field in ("left", "right"))
    if left is None or right is None or left.type != "identifier" or right.type in _NO_VALUES:
        return None
    name, in_line = text_of(left), left.start_point.row == right.start_point.row
    if not in_line or any(a.kind in _KEPT and a.name == name for a in accesses_of(right)):
        return None
    return Assignment(name, Span(left.start_byte, right.start_byte))


_NO_VALUES = ("assignment", "augmented_assignment", "yield", "expression_list", "pattern_list")
_KEPT = (AccessKind.CAPTURE, AccessKind.CAPTURE_WRITE, AccessKind.WRITE)


def _annotated_value(
    root: Node, data: bytes, statements: SelectedStatements
) -> SelectedExpression | None:
    """The value of `name: hint = value` where the hint is kept: in a module or a class."""
    owner = statements.suite.parent if statements.suite.type == "block" else None
    kept = owner is None or owner.type == "class_definition"
    parts = code_children(statements.nodes[0]) if len(statements.nodes) == 1 else []
    if not kept or len(parts) != 1 or parts[0].child_by_field_name("type") is None:
        return None
    value = parts[0].child_by_field_name("right")
    return selected_expression(root, data, span_of(value)) if value else None


def _widened(root: Node, data: bytes, span: Span) -> SelectedStatements | None:
    """Statements that the ends of the selection cut, if on the first and on the last of their lines.

    Whoever drags over lines means the lines; what lies within one line is meant as it is.
    """
    suite: Node | None = covering(root, span)
    while suite is not None and suite.type not in _BLOCKS:
        suite = suite.parent
    if suite is None:
        return None
    cut = [n for n in code_children(suite) if n.end_byte > span.start and n.start_byte < span.end]
    whole = Span(cut[0].start_byte, cut[-1].end_byte) if cut else span
    head, tail = data[whole.start : span.start], data[span.end : whole.end]
    if not cut or _breaks(head) or _breaks(tail) or not _breaks(data[whole.start : whole.end]):
        return None
    return _statements(root, data, Span(whole.start, max(whole.end, span.end)), whole.start)


def _breaks(text: bytes) -> bool:
    return b"\n" in text or b"\r" in text


def is_docstring(node: Node) -> bool:
    """Whether a statement documents the function, class or module that it opens."""
    suite = node.parent
    if node.type != "expression_statement" or suite is None:
        return False
    if [child.type for child in code_children(node)] != ["string"]:
        return False
    owner = suite.parent if suite.type == "block" else suite
    documented = ("function_definition", "class_definition", "module")
    return owner is not None and owner.type in documented and code_children(suite)[0] == node


def _statement_at(root: Node, offset: int) -> Node | None:
    """The statement that starts exactly at `offset`."""
    node: Node | None = covering(root, Span(offset, offset + 1), named=False)
    while node is not None and node.start_byte == offset:
        if node.parent is not None and node.parent.type in _BLOCKS:
            return node if node.is_named and node.type not in ("block", *EXTRAS) else None
        node = node.parent
    return None


def _end_with_comments(data: bytes, end: int, selected_end: int) -> int | None:
    """End of the last statement with the comments that belong to it; `None` if code follows."""
    position = end
    while True:
        blank = position
        limit = max(selected_end, position)
        while blank < limit and data[blank] in _SPACE + b";":
            blank += 1
        if blank >= limit:
            break
        if data[blank : blank + 1] != b"#":
            return None
        position = _line_end(data, blank)
    if position > end:
        return position
    same_line = end
    while data[same_line : same_line + 1] in (b" ", b"\t"):
        same_line += 1
    return _line_end(data, same_line) if data[same_line : same_line + 1] == b"#" else end
