"""Names: which are in scope, and which was meant."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from lacuna_ls.domain.text import decode
from lacuna_ls.repair.proposers.python.expressions import named, replace
from lacuna_ls.repair.proposers.template import Context, Rule, Scope, Splice
from lacuna_ls.syntax.nodes import Node, ancestors, preorder, span_of

_COMPREHENSIONS = frozenset(
    {
        "list_comprehension", "set_comprehension", "dictionary_comprehension",
        "generator_expression",
    }
)  # fmt: skip
_SCOPES = _COMPREHENSIONS | {"function_definition", "lambda", "class_definition", "module"}
_PARAMETERS = frozenset(
    {
        "parameters", "lambda_parameters", "typed_parameter", "list_splat_pattern",
        "dictionary_splat_pattern",
    }
)  # fmt: skip
_TARGETS = frozenset({"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern"})
_BOUND_BY_FIELD = {
    "assignment": "left",
    "augmented_assignment": "left",
    "for_statement": "left",
    "for_in_clause": "left",
    "named_expression": "name",
    "default_parameter": "name",
    "typed_default_parameter": "name",
    "function_definition": "name",
    "class_definition": "name",
    "aliased_import": "alias",
}
_MOST_NAMES = 14


def scopes(root: Node) -> tuple[Scope, ...]:
    """Scopes of the language reference, section 4.2.1; a class's names are seen in its body only."""
    open_scopes: list[tuple[Node, dict[str, None]]] = []
    closed: list[Scope] = []
    for node in preorder(root):
        while open_scopes and open_scopes[-1][0].end_byte <= node.start_byte:
            closed.append(_scope(*open_scopes.pop()))
        if node.type == "identifier" and open_scopes and _binds(node):
            outer = _names_itself(node) and len(open_scopes) > 1
            open_scopes[-2 if outer else -1][1][decode(node.text or b"")] = None
        if node.type in _SCOPES:
            open_scopes.append((node, {}))
    closed += [_scope(*scope) for scope in reversed(open_scopes)]
    return tuple(closed)


def _scope(node: Node, names: dict[str, None]) -> Scope:
    return Scope(span_of(node), tuple(names))


def _names_itself(node: Node) -> bool:
    """The name of a function or class is bound outside it."""
    parent = node.parent
    return (
        parent is not None
        and parent.type in ("function_definition", "class_definition")
        and parent.child_by_field_name("name") == node
    )


def _binds(node: Node) -> bool:
    child, parent = node, node.parent
    while parent is not None and parent.type in _TARGETS:
        child, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type in _PARAMETERS or parent.type == "as_pattern_target":
        return parent.type != "typed_parameter" or parent.child(0) == child
    if parent.type == "dotted_name":
        imported = parent.parent
        return imported is not None and imported.type in (
            "import_statement",
            "import_from_statement",
        )
    field = _BOUND_BY_FIELD.get(parent.type)
    return field is not None and parent.child_by_field_name(field) == child


def _is_read(node: Node) -> bool:
    """An expression's own name: not an attribute, a keyword or a binding."""
    parent = node.parent
    if parent is None or _binds(node):
        return parent is not None and parent.type == "augmented_assignment"
    if parent.type == "attribute":
        return parent.child_by_field_name("object") == node
    if parent.type == "keyword_argument":
        return parent.child_by_field_name("value") == node
    return parent.type not in ("global_statement", "nonlocal_statement", "dotted_name")


def variable(node: Node, context: Context) -> Iterator[Splice]:
    """Another name in scope, the nearest first; for a name nobody binds, the best spelt first."""
    if not _is_read(node):
        return
    name = context.text(node)
    visible = context.names_at(node.start_byte)
    called = node.parent is not None and node.parent.child_by_field_name("function") == node
    functions = _functions(context)
    if name not in visible and name in context.quoted:
        yield from _respelt(node, name, visible)
        return
    others = [n for n in visible if n != name and (n in functions) == (called or name in functions)]
    for rank, other in enumerate(others[:_MOST_NAMES]):
        yield replace(node, other, f"use {named(other)} instead of {named(name)}", 0.93**rank)


def _functions(context: Context) -> frozenset[str]:
    """Names of the file that are called rather than compared and counted."""
    return frozenset(
        context.text(name)
        for node in context.root.named_children
        if node.type in ("function_definition", "class_definition", "import_statement",
                         "import_from_statement", "decorated_definition")
        for name in _defined(node)
    )  # fmt: skip


def _defined(node: Node) -> Iterator[Node]:
    if node.type == "decorated_definition":
        inner = node.child_by_field_name("definition")
        if inner is not None:
            yield from _defined(inner)
    elif node.type in ("function_definition", "class_definition"):
        name = node.child_by_field_name("name")
        if name is not None:
            yield name
    else:
        yield from (n for n in preorder(node) if n.type == "identifier" and _binds(n))


def _respelt(node: Node, name: str, candidates: tuple[str, ...]) -> Iterator[Splice]:
    close = [(SequenceMatcher(None, name, other).ratio(), other) for other in candidates]
    close.sort(key=lambda pair: (-pair[0], pair[1]))
    for ratio, other in close[:_MOST_NAMES]:
        if other != name:
            yield replace(node, other, f"use {named(other)} instead of {named(name)}", ratio)


def attribute(node: Node, context: Context) -> Iterator[Splice]:
    """Another attribute that the file uses on the same object."""
    receiver = node.child_by_field_name("object")
    own = node.child_by_field_name("attribute")
    if receiver is None or own is None:
        return
    name, on = context.text(own), context.text(receiver)
    used = _attributes(node, on, context)
    called = _is_called(node)
    others = tuple(n for n, also_called in used.items() if n != name and also_called == called)
    if name in context.quoted:
        yield from _respelt(own, name, tuple(dict.fromkeys((*others, *used, *context.quoted))))
        return
    for rank, other in enumerate(others[:_MOST_NAMES]):
        yield replace(own, other, f"use {named(other)} instead of {named(name)}", 0.9**rank)


def _is_called(node: Node) -> bool:
    return node.parent is not None and node.parent.child_by_field_name("function") == node


def _attributes(node: Node, on: str, context: Context) -> dict[str, bool]:
    """Attributes of the expression `on` around `node`: in the class for `self`, else in the file."""
    around = context.root
    if on in ("self", "cls"):
        around = next((a for a in ancestors(node) if a.type == "class_definition"), context.root)
    found: dict[str, bool] = {}
    for other in preorder(around):
        if other.type != "attribute":
            continue
        receiver = other.child_by_field_name("object")
        name = other.child_by_field_name("attribute")
        if receiver is not None and name is not None and context.text(receiver) == on:
            text = context.text(name)
            found[text] = found.get(text, False) or _is_called(other)
    if on in ("self", "cls"):
        found |= {context.text(name): True for name in _methods(around)}
    return found


def _methods(class_node: Node) -> Iterator[Node]:
    body = class_node.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        yield from _defined(child)


def keyword(node: Node, context: Context) -> Iterator[Splice]:
    """A keyword argument that the called function of this file does not know."""
    name = node.child_by_field_name("name")
    call = next((a for a in ancestors(node) if a.type == "call"), None)
    function = call.child_by_field_name("function") if call is not None else None
    if name is None or function is None:
        return
    written = context.text(name)
    parameters = _parameters(context.text(function).rpartition(".")[2], context)
    if not parameters and written in context.quoted:
        parameters = tuple(sorted(context.quoted - {written}))
    if written not in parameters:
        yield from _respelt(name, written, tuple(p for p in parameters if p.isidentifier()))


def _parameters(function: str, context: Context) -> tuple[str, ...]:
    for scope_node in preorder(context.root):
        if scope_node.type != "function_definition":
            continue
        name = scope_node.child_by_field_name("name")
        parameters = scope_node.child_by_field_name("parameters")
        if name is not None and parameters is not None and context.text(name) == function:
            nodes = (n for n in preorder(parameters) if n.type == "identifier" and _binds(n))
            return tuple(context.text(n) for n in nodes)
    return ()


RULES = (
    Rule("name", 0.6, frozenset({"identifier"}), variable),
    Rule("name", 0.4, frozenset({"attribute"}), attribute),
    Rule("name", 0.9, frozenset({"keyword_argument"}), keyword),
)
