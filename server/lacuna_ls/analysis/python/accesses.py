"""Which names a Python expression touches, in evaluation order.

An explicit stack instead of recursion: a sum of a thousand terms is a thousand levels deep.
Comprehensions are looked through (their own names hidden), because all but generators run at
once; a generator that is not consumed on the spot captures, as a lambda does.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lacuna_ls.analysis.scopes import Access, AccessKind, bindings_of, free_accesses
from lacuna_ls.syntax.nodes import Node

CONSUMERS = frozenset(b"all any dict frozenset join list max min set sorted sum tuple".split())
MAX_DEPTH = 60
EXTRAS = ("comment", "line_continuation")
EAGER_COMPREHENSIONS = ("list_comprehension", "set_comprehension", "dictionary_comprehension")
COMPREHENSIONS = (*EAGER_COMPREHENSIONS, "generator_expression")
_PATTERNS = frozenset(
    [
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "list_splat_pattern",
        "tuple",
        "list",
        "expression_list",
        "parenthesized_expression",
        "list_splat",
        "as_pattern_target",
    ]
)


class _Where(NamedTuple):
    """How a part is evaluated.

    `hidden` names belong to comprehensions around; `deferred` code runs later, if ever; `depth`
    counts the lambdas around.
    """

    certain: bool = True
    deferred: bool = False
    hidden: frozenset[str] = frozenset()
    depth: int = 0


class UnknownStatementError(Exception):
    """Code that has no meaning here: a syntax error, Python 2, or nested too deep.

    Internal to the analysis; what `analysis.python` offers turns it into "not applicable".
    """


_LEAVES = frozenset(
    (
        *("integer", "float", "none", "true", "false", "comment", "ellipsis"),
        *("string_start", "string_content", "string_end"),
    )
)
_HERE, _SKIPPED = _Where(), _Where(certain=False)
_READ, _CAPTURE = AccessKind.READ, AccessKind.CAPTURE
_WRITE, _CAPTURE_WRITE = AccessKind.WRITE, AccessKind.CAPTURE_WRITE
_Item = tuple[Node, _Where] | Access


def accesses_of(node: Node) -> tuple[Access, ...]:
    """The accesses of evaluating `node`, an expression or an annotation."""
    found: list[Access] = []
    pending = [node]
    while pending:
        node = pending.pop()
        kind = node.type
        if kind == "identifier":
            found.append(Access(_READ, text_of(node), node.start_byte))
        elif kind == "attribute":
            pending.append(_object_of(node))
        elif kind in _RULES:
            found += _evaluated([(node, _HERE)])
        elif kind not in _LEAVES:
            pending += reversed(node.named_children)
    return tuple(found)


def target_accesses(node: Node) -> tuple[Access, ...]:
    """The accesses of assigning to `node`: writes of names, reads in `a.b` and `a[i]`."""
    kind = node.type
    if kind == "identifier":
        return (Access(_WRITE, text_of(node), node.start_byte),)
    if kind == "subscript":
        return accesses_of(node)
    return _evaluated(list(_target(node, _HERE)))


def parameter_names(parameters: Node | None) -> tuple[str, ...]:
    """Names of `parameters` or `lambda_parameters`, in order."""
    names: list[str] = []
    pending = list(reversed(parameters.named_children)) if parameters else []
    while pending:
        node = pending.pop()
        if node.type == "identifier":
            names.append(text_of(node))
        elif node.type in ("default_parameter", "typed_default_parameter"):
            named = node.child_by_field_name("name")
            pending += [named] if named else []
        elif node.type == "typed_parameter":
            pending.append(code_children(node)[0])
        elif node.type not in EXTRAS:
            pending.extend(reversed(node.named_children))
    return tuple(names)


def code_children(node: Node) -> list[Node]:
    """Named children without comments and line continuations, which may stand anywhere."""
    return [child for child in node.named_children if child.type not in EXTRAS]


def text_of(node: Node) -> str:
    text = node.text
    return text.decode("utf-8", "replace") if text else ""


def target_names(node: Node) -> frozenset[str]:
    return frozenset(a.name for a in target_accesses(node) if a.kind is AccessKind.WRITE)


def _evaluated(items: list[_Item]) -> tuple[Access, ...]:
    """The innermost loop of all analysis: it does nothing twice that it can do once."""
    found: list[Access] = []
    pending = items[::-1]
    while pending:
        item = pending.pop()
        if isinstance(item, Access):
            found.append(item)
            continue
        node, where = item
        kind = node.type
        while kind == "attribute":
            node = _object_of(node)
            kind = node.type
        if kind == "identifier":
            name = text_of(node)
            if name not in where.hidden:
                read = _CAPTURE if where.deferred else _READ
                found.append(Access(read, name, node.start_byte, where.certain))
            continue
        rule = _RULES.get(kind)
        if rule is not None:
            parts = [*rule(node, where)]
            parts.reverse()
            pending += parts
        elif kind not in _LEAVES:
            pending += [(child, where) for child in reversed(node.named_children)]
    return tuple(found)


def _write(name: str, node: Node, where: _Where) -> Access:
    kind = _CAPTURE_WRITE if where.deferred else _WRITE
    return Access(kind, name, node.start_byte, where.certain)


def _target(node: Node, where: _Where) -> Iterator[_Item]:
    pending = [node]
    while pending:
        part = pending.pop()
        kind = part.type
        if kind == "identifier":
            name = text_of(part)
            if name not in where.hidden:
                yield _write(name, part, where)
        elif kind in _PATTERNS:
            pending.extend(reversed(part.named_children))
        elif kind not in EXTRAS:
            yield (part, where)


def _object_of(attribute: Node) -> Node:
    return attribute.child_by_field_name("object") or code_children(attribute)[0]


def _object_only(node: Node, where: _Where) -> Iterable[_Item]:
    return [(_object_of(node), where)]


def _keyword_argument(node: Node, where: _Where) -> Iterable[_Item]:
    value = node.child_by_field_name("value")
    return [(value, where)] if value else []


def _named_expression(node: Node, where: _Where) -> Iterable[_Item]:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if value:
        yield (value, where)
    if name:
        yield _write(text_of(name), name, where)


def _boolean(node: Node, where: _Where) -> Iterable[_Item]:
    return _first_certain(node, where, 1)


def _comparison(node: Node, where: _Where) -> Iterable[_Item]:
    return _first_certain(node, where, 2)


def _first_certain(node: Node, where: _Where, count: int) -> Iterable[_Item]:
    children = code_children(node)
    perhaps = _perhaps(where)
    for position, child in enumerate(children):
        yield (child, where if position < count else perhaps)


def _conditional(node: Node, where: _Where) -> Iterable[_Item]:
    parts = code_children(node)
    perhaps = _perhaps(where)
    if len(parts) != 3:
        return [(part, perhaps) for part in parts]
    return [(parts[1], where), (parts[0], perhaps), (parts[2], perhaps)]


def _perhaps(where: _Where) -> _Where:
    """The same place where evaluation may not get to; most often the same one."""
    if where is _HERE:
        return _SKIPPED
    return where._replace(certain=False) if where.certain else where


def _comprehension(node: Node, where: _Where) -> Iterable[_Item]:
    clauses = [c for c in node.named_children if c.type in ("for_in_clause", "if_clause")]
    first = clauses[0].child_by_field_name("right") if clauses else None
    if first:
        yield (first, where)
    inner = _perhaps(where)
    if node.type == "generator_expression" and not _consumed_at_once(node):
        inner = inner._replace(deferred=True)
    for clause in clauses:
        left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
        if left is None or right is None:
            yield from ((c, inner) for c in clause.named_children)
            continue
        if clause is not clauses[0]:
            yield (right, inner)
        inner = inner._replace(hidden=inner.hidden | target_names(left))
        yield from (item for item in _target(left, inner) if not isinstance(item, Access))
    body = node.child_by_field_name("body")
    if body:
        yield (body, inner)


def _consumed_at_once(node: Node) -> bool:
    """`sum(x for x in xs)`: the generator does not outlive the call."""
    call = node.parent
    if call is None or call.type not in ("call", "argument_list"):
        return False
    if call.type == "argument_list":
        call = call.parent
    function = call.child_by_field_name("function") if call else None
    if function and function.type == "attribute":
        function = function.child_by_field_name("attribute")
    return function is not None and function.text in CONSUMERS


def _lambda(node: Node, where: _Where) -> Iterable[_Item]:
    parameters = node.child_by_field_name("parameters")
    body = node.child_by_field_name("body")
    yield from _defaults(parameters, where)
    if where.depth > MAX_DEPTH:
        raise UnknownStatementError
    inside = _evaluated([(body, _Where(depth=where.depth + 1))]) if body else ()
    bindings = bindings_of(inside, parameter_names(parameters))
    for access in free_accesses(inside, bindings, node.start_byte):
        if access.name not in where.hidden:
            yield access


def _defaults(parameters: Node | None, where: _Where) -> Iterator[_Item]:
    for parameter in parameters.named_children if parameters else ():
        for field in ("type", "value"):
            part = parameter.child_by_field_name(field)
            if part:
                yield (part, where)


def parameter_accesses(parameters: Node | None) -> tuple[Access, ...]:
    """What evaluating the defaults and annotations of a parameter list reads."""
    return _evaluated(list(_defaults(parameters, _HERE)))


_RULES: dict[str, Callable[[Node, _Where], Iterable[_Item]]] = {
    "member_type": _object_only,
    "keyword_argument": _keyword_argument,
    "named_expression": _named_expression,
    "boolean_operator": _boolean,
    "comparison_operator": _comparison,
    "conditional_expression": _conditional,
    "lambda": _lambda,
    **dict.fromkeys(COMPREHENSIONS, _comprehension),
}
