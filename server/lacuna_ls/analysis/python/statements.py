"""Python's statements, lowered to the structured program.

A `with` swallows exceptions only if its context manager is named for it (`suppress`,
`assertRaises`, `pytest.raises`); any other is taken to let them pass.
"""

from collections.abc import Callable, Iterable, Iterator

from lacuna_ls.analysis.python.accesses import (
    MAX_DEPTH,
    UnknownStatementError,
    accesses_of,
    code_children,
    parameter_accesses,
    parameter_names,
    target_accesses,
    text_of,
)
from lacuna_ls.analysis.python.patterns import matches_anything, pattern_accesses
from lacuna_ls.analysis.scopes import Access, AccessKind, bindings_of, free_accesses
from lacuna_ls.analysis.structure import (
    Arm,
    Block,
    Choice,
    Guarded,
    Handler,
    Jump,
    Loop,
    Simple,
    Statement,
    Step,
    steps_of,
)
from lacuna_ls.syntax.nodes import Node, span_of

_SUPPRESSORS = ("suppress", "raises")
_JUMPS = {
    "return_statement": Jump.RETURN,
    "raise_statement": Jump.RAISE,
    "break_statement": Jump.BREAK,
    "continue_statement": Jump.CONTINUE,
}


def lower(block: Node, depth: int = 0) -> Block:
    """The statements of a `block` node.

    Raises:
        UnknownStatementError: some statement has no meaning.
    """
    if depth > MAX_DEPTH:
        raise UnknownStatementError
    return lower_all(code_children(block), depth)


def lower_all(nodes: Iterable[Node], depth: int = 0) -> Block:
    statements: list[Statement] = []
    for node in nodes:
        kind = node.type
        simple = _SIMPLE.get(kind)
        if simple is not None:
            accesses = tuple(simple(node, depth))
            raises = bool(accesses) or bool(node.named_children)
            step = Step(node.start_byte, node.end_byte, accesses, raises)
            statements.append(Simple(step, _JUMPS.get(kind)))
        elif kind in _COMPOUND:
            statements += _COMPOUND[kind](node, depth)
        else:
            raise UnknownStatementError
    return tuple(statements)


def _parts(node: Node, depth: int) -> Iterable[Access]:
    children = code_children(node)
    if len(children) == 1:
        return _assigned_or_evaluated(children[0])
    return [access for child in children for access in _assigned_or_evaluated(child)]


def _assigned_or_evaluated(node: Node) -> Iterable[Access]:
    kind = node.type
    if kind == "assignment":
        return _assignment(node)
    if kind == "augmented_assignment":
        return _augmented(node)
    return accesses_of(node)


def _assignment(node: Node) -> Iterable[Access]:
    """`a = b = value`, whose targets are written from left to right after the value is known."""
    targets: list[Access] = []
    current: Node | None = node
    while current is not None and current.type == "assignment":
        left, right = current.child_by_field_name("left"), current.child_by_field_name("right")
        annotation = current.child_by_field_name("type")
        if left is not None:
            written = target_accesses(left)
            if right is None:
                written = tuple(a._replace(kind=_declared(a.kind)) for a in written)
            targets += written
        if annotation is not None:
            targets = [*accesses_of(annotation), *targets]
        current = right
    value = () if current is None else tuple(_assigned_or_evaluated(current))
    return (*value, *targets)


def _declared(kind: AccessKind) -> AccessKind:
    return AccessKind.DECLARE if kind is AccessKind.WRITE else kind


def _augmented(node: Node) -> Iterable[Access]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        raise UnknownStatementError
    written = [a for a in target_accesses(left) if a.kind is AccessKind.WRITE]
    return (*accesses_of(left), *_assigned_or_evaluated(right), *written)


def _delete(node: Node, depth: int) -> Iterable[Access]:
    for child in code_children(node):
        for access in target_accesses(child):
            deleted = access.kind is AccessKind.WRITE
            yield access._replace(kind=AccessKind.DELETE) if deleted else access


def _import(node: Node, depth: int) -> Iterable[Statement]:
    """One step a name: an import that fails half-way leaves the names before it bound."""
    for name in node.children_by_field_name("name"):
        bound = name.child_by_field_name("alias") or code_children(name)[0]
        access = Access(AccessKind.WRITE, text_of(bound), bound.start_byte)
        yield Simple(_step(name, (access,)))
    yield Simple(_step(node))


def _declaration(kind: AccessKind) -> Callable[[Node, int], Iterable[Access]]:
    def declared(node: Node, depth: int) -> Iterable[Access]:
        return (Access(kind, text_of(c), c.start_byte) for c in code_children(node))

    return declared


def _type_alias(node: Node, depth: int) -> Iterable[Access]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    names = accesses_of(left) if left else ()
    for access in names[:1]:
        yield access._replace(kind=AccessKind.WRITE)
    hidden = {access.name for access in names}
    for access in accesses_of(right) if right else ():
        if access.name not in hidden:
            yield access._replace(kind=AccessKind.CAPTURE)


def _nothing(node: Node, depth: int) -> Iterable[Access]:
    return ()


def _decorated(node: Node, depth: int) -> Iterable[Access]:
    definition = node.child_by_field_name("definition")
    if definition is None:
        raise UnknownStatementError
    for decorator in node.named_children:
        if decorator.type == "decorator":
            yield from accesses_of(decorator)
    yield from _SIMPLE[definition.type](definition, depth)


def _function(node: Node, depth: int) -> Iterable[Access]:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        raise UnknownStatementError
    parameters, returns = (node.child_by_field_name(f) for f in ("parameters", "return_type"))
    yield from parameter_accesses(parameters)
    yield from accesses_of(returns) if returns else ()
    yield Access(AccessKind.WRITE, text_of(name), name.start_byte)
    inside = [a for step in steps_of(lower(body, depth + 1)) for a in step.accesses]
    owned = bindings_of(inside, (*parameter_names(parameters), *type_parameters(node)))
    yield from free_accesses(inside, owned, node.start_byte)


def _class(node: Node, depth: int) -> Iterable[Access]:
    """A class body runs at once, in a scope that only its own statements see."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        raise UnknownStatementError
    bases = node.child_by_field_name("superclasses")
    yield from accesses_of(bases) if bases else ()
    inside = [a for step in steps_of(lower(body, depth + 1)) for a in step.accesses]
    owned = bindings_of(inside)
    for access in inside:
        deferred = access.kind in (AccessKind.CAPTURE, AccessKind.CAPTURE_WRITE)
        if access.name == "__class__":
            continue
        if deferred or (access.kind is AccessKind.READ and access.name not in owned.bound):
            yield access
        elif access.kind is AccessKind.WRITE and access.name in owned.nonlocal_names:
            yield access._replace(kind=AccessKind.CAPTURE_WRITE)
    yield Access(AccessKind.WRITE, text_of(name), name.start_byte)


def type_parameters(node: Node) -> tuple[str, ...]:
    """The names in `def f[T]` and `class C[T]`."""
    return tuple(name for name, _ in written_type_parameters(node))


def written_type_parameters(node: Node) -> Iterator[tuple[str, str]]:
    """Each name with its text: `T: int`, `*Ts`."""
    listed = node.child_by_field_name("type_parameters")
    for part in listed.named_children if listed else ():
        names = accesses_of(part)
        if part.type == "type" and names:
            yield names[0].name, text_of(part)


def _body(node: Node, depth: int, field: str = "body") -> Block:
    block = node.child_by_field_name(field)
    if block is None:
        block = next((c for c in node.named_children if c.type == "block"), None)
    if block is None:
        raise UnknownStatementError
    return lower(block, depth + 1)


def _required(node: Node, field: str) -> Node:
    child = node.child_by_field_name(field)
    if child is None:
        raise UnknownStatementError
    return child


def _evaluation(node: Node) -> Step:
    return _step(node, accesses_of(node))


def _step(node: Node, accesses: tuple[Access, ...] = (), *, raises: bool = True) -> Step:
    return Step(node.start_byte, node.end_byte, accesses, raises)


def _if(node: Node, depth: int) -> Iterable[Statement]:
    clauses = node.children_by_field_name("alternative")
    arms = [
        Arm(_evaluation(_required(c, "condition")), _body(c, depth, "consequence"))
        for c in (node, *(c for c in clauses if c.type == "elif_clause"))
    ]
    otherwise = next((_body(c, depth) for c in clauses if c.type == "else_clause"), ())
    return (Choice(tuple(arms), otherwise),)


def _else(node: Node, depth: int) -> Block:
    clause = next((c for c in node.named_children if c.type == "else_clause"), None)
    return _body(clause, depth) if clause else ()


def _while(node: Node, depth: int) -> Iterable[Statement]:
    condition = _required(node, "condition")
    endless = condition.type == "true" or condition.text == b"1"
    return (
        Loop(_evaluation(condition), _body(node, depth), None, None, _else(node, depth), endless),
    )


def _for(node: Node, depth: int) -> Iterable[Statement]:
    left, right = _required(node, "left"), _required(node, "right")
    advance = Step(left.start_byte, left.start_byte)
    bind = _step(left, target_accesses(left))
    return (Loop(advance, _body(node, depth), _evaluation(right), bind, _else(node, depth)),)


def _with(node: Node, depth: int) -> Iterable[Statement]:
    steps: list[Statement] = []
    suppresses = False
    for item in _with_items(node):
        value = item.child_by_field_name("value") or item
        alias = value.child_by_field_name("alias") if value.type == "as_pattern" else None
        context = code_children(value)[0] if alias else value
        steps.append(Simple(_evaluation(context)))
        if alias:
            steps.append(Simple(_step(alias, target_accesses(alias))))
        suppresses = suppresses or _named_for_suppressing(context)
    body = _body(node, depth)
    if suppresses:
        silent = Handler(_step(node, raises=False), ())
        return (*steps, Guarded(span_of(node), body, (silent,)))
    return (*steps, *body)


def _with_items(node: Node) -> Iterable[Node]:
    for clause in node.named_children:
        if clause.type == "with_clause":
            yield from (c for c in clause.named_children if c.type == "with_item")


def _named_for_suppressing(context: Node) -> bool:
    function = context.child_by_field_name("function") or context
    last = text_of(function).rsplit(".", 1)[-1].lower()
    return any(word in last for word in _SUPPRESSORS)


def _try(node: Node, depth: int) -> Iterable[Statement]:
    handlers = [
        _handler(clause, depth)
        for clause in node.named_children
        if clause.type in ("except_clause", "except_group_clause")
    ]
    final = next((c for c in node.named_children if c.type == "finally_clause"), None)
    return (
        Guarded(
            span_of(node),
            _body(node, depth),
            tuple(handlers),
            _else(node, depth),
            _body(final, depth) if final else (),
        ),
    )


def _handler(clause: Node, depth: int) -> Handler:
    body = _body(clause, depth)
    value = clause.child_by_field_name("value")
    if value is None:
        return Handler(Step(clause.start_byte, clause.start_byte), body, catches_all=True)
    alias = value.child_by_field_name("alias") if value.type == "as_pattern" else None
    alias = alias or clause.child_by_field_name("alias")
    if alias is None:
        return Handler(_evaluation(value), body)
    test = code_children(value)[0] if value.type == "as_pattern" else value
    written = target_accesses(alias)
    deleted = tuple(access._replace(kind=AccessKind.DELETE) for access in written)
    return Handler(
        _evaluation(test),
        body,
        _step(alias, written, raises=False),
        _step(alias, deleted, raises=False),
    )


def _match(node: Node, depth: int) -> Iterable[Statement]:
    subjects = [Simple(_evaluation(s)) for s in node.children_by_field_name("subject")]
    cases = [c for c in _required(node, "body").named_children if c.type == "case_clause"]
    return (*subjects, Choice(tuple(_case(case, depth) for case in cases)))


def _case(clause: Node, depth: int) -> Arm:
    patterns = [c for c in clause.named_children if c.type == "case_pattern"]
    reads, writes = pattern_accesses(patterns)
    guard = clause.child_by_field_name("guard")
    irrefutable = len(patterns) == 1 and matches_anything(patterns[0])
    first, last = (patterns[0], patterns[-1]) if patterns else (clause, clause)
    start, end = first.start_byte, last.end_byte
    return Arm(
        Step(start, end, reads),
        _body(clause, depth, "consequence"),
        Step(start, end, writes, raises=False) if writes else None,
        _evaluation(guard) if guard else None,
        always=irrefutable,
    )


_SIMPLE: dict[str, Callable[[Node, int], Iterable[Access]]] = {
    "expression_statement": _parts,
    "return_statement": _parts,
    "raise_statement": _parts,
    "assert_statement": _parts,
    "delete_statement": _delete,
    "pass_statement": _nothing,
    "break_statement": _nothing,
    "continue_statement": _nothing,
    "future_import_statement": _nothing,
    "global_statement": _declaration(AccessKind.GLOBAL),
    "nonlocal_statement": _declaration(AccessKind.NONLOCAL),
    "type_alias_statement": _type_alias,
    "function_definition": _function,
    "class_definition": _class,
    "decorated_definition": _decorated,
}
_COMPOUND: dict[str, Callable[[Node, int], Iterable[Statement]]] = {
    "import_statement": _import,
    "import_from_statement": _import,
    "if_statement": _if,
    "while_statement": _while,
    "for_statement": _for,
    "with_statement": _with,
    "try_statement": _try,
    "match_statement": _match,
}
