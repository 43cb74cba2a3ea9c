"""Names: which are in scope, and which was meant."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from lacuna_ls.domain.text import Source
from lacuna_ls.repair.proposers.python.expressions import named, replace
from lacuna_ls.repair.proposers.python.known_members import known_members
from lacuna_ls.repair.proposers.template import Context, Member, Names, Rule, Scope, Splice
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
_MEMBERS_USED = 0.5
_LONGEST_RECEIVER = 60


def names(root: Node, source: Source) -> Names:
    """Bindings by the language reference, section 4.2.1, and every attribute that is named."""
    open_scopes: list[_Open] = []
    closed: list[Scope] = []
    members: list[Member] = []
    for node in preorder(root):
        while open_scopes and open_scopes[-1].node.end_byte <= node.start_byte:
            closed.append(open_scopes.pop().closed())
        if node.type == "identifier" and open_scopes:
            _bind(node, open_scopes, source)
            for scope in open_scopes:
                scope.mentioned[source.text(span_of(node))] += 1
        elif node.type == "attribute":
            members += _member(node, source)
        if node.type in _SCOPES:
            open_scopes.append(_Open(node))
            if node.type == "class_definition":
                members += _methods(node, source)
    closed += [scope.closed() for scope in reversed(open_scopes)]
    return Names(tuple(closed), tuple(members))


@dataclass(slots=True)
class _Open:
    """A scope whose end has not been reached."""

    node: Node
    names: dict[str, None] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    mentioned: Counter[str] = field(default_factory=Counter)

    def closed(self) -> Scope:
        unread = frozenset(name for name in self.names if self.mentioned[name] == 1)
        functions = frozenset(self.functions)
        return Scope(span_of(self.node), tuple(self.names), functions, unread - functions)


def _bind(node: Node, open_scopes: list[_Open], source: Source) -> None:
    parent = node.parent
    if parent is None or not _binds(node):
        return
    defines = parent.type in ("function_definition", "class_definition")
    defines = defines and parent.child_by_field_name("name") == node
    scope = open_scopes[-2 if defines and len(open_scopes) > 1 else -1]
    name = source.text(span_of(node))
    scope.names[name] = None
    if defines or parent.type in ("dotted_name", "aliased_import"):
        scope.functions.add(name)


def _member(node: Node, source: Source) -> Iterator[Member]:
    receiver = node.child_by_field_name("object")
    name = node.child_by_field_name("attribute")
    if receiver is not None and name is not None and len(span_of(receiver)) < _LONGEST_RECEIVER:
        texts = source.text(span_of(receiver)), source.text(span_of(name))
        yield Member(node.start_byte, *texts, _is_called(node))


def _methods(class_node: Node, source: Source) -> Iterator[Member]:
    body = class_node.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        function = child.child_by_field_name("definition") or child
        name = function.child_by_field_name("name")
        if function.type == "function_definition" and name is not None:
            text = source.text(span_of(name))
            if not text.startswith("__"):
                yield Member(child.start_byte, "self", text, called=True)


def _binds(node: Node) -> bool:
    child, parent = node, node.parent
    while parent is not None and parent.type in _TARGETS:
        child, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type in _PARAMETERS or parent.type == "as_pattern_target":
        return parent.type != "typed_parameter" or parent.child(0) == child
    if parent.type == "dotted_name":
        return parent.child(0) == child and _is_imported(parent)
    field = _BOUND_BY_FIELD.get(parent.type)
    return field is not None and parent.child_by_field_name(field) == child


def _is_imported(name: Node) -> bool:
    """A whole name in an import; not the module that others are imported from."""
    statement = name.parent
    if statement is None or statement.child_by_field_name("module_name") == name:
        return False
    return statement.type in ("import_statement", "import_from_statement")


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
    """Another name in scope, the nearest first; for an unbound one, `self.` or the best spelt."""
    if not _is_read(node):
        return
    name = context.text(node)
    scopes = context.scopes_at(node.start_byte)
    visible = tuple(dict.fromkeys(n for scope in scopes for n in scope.names))
    if name not in visible and name in context.quoted:
        if any(m.receiver == "self" and m.name == name for m in context.names.members):
            yield replace(node, f"self.{name}", f"use {named(f'self.{name}')}")
        yield from _respelt(node, name, visible)
        return
    functions = frozenset().union(*(scope.functions for scope in scopes))
    as_function = name in functions or _is_called(node)
    others = [n for n in visible if n != name and (n in functions) == as_function]
    # An object whose members are used, or a function, is seldom mistaken for another.
    weight = _MEMBERS_USED if as_function or _has_member(node) else 1.0
    for rank, other in enumerate(others[:_MOST_NAMES]):
        what = f"use {named(other)} instead of {named(name)}"
        yield replace(node, other, what, weight * 0.93**rank)


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
        known = known_members(name, context.messages)
        yield from _respelt(
            own, name, tuple(dict.fromkeys((*others, *used, *context.quoted, *known)))
        )
        return
    for rank, other in enumerate(others[:_MOST_NAMES]):
        yield replace(own, other, f"use {named(other)} instead of {named(name)}", 0.9**rank)


def _has_member(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type == "attribute"


def _is_called(node: Node) -> bool:
    return node.parent is not None and node.parent.child_by_field_name("function") == node


def _attributes(node: Node, on: str, context: Context) -> dict[str, bool]:
    """Attributes of the expression `on`: in the class for `self`, else in the file."""
    around = context.root
    if on in ("self", "cls"):
        around = next((a for a in ancestors(node) if a.type == "class_definition"), context.root)
    found: dict[str, bool] = {}
    for member in context.names.members:
        if member.receiver == on and around.start_byte <= member.offset < around.end_byte:
            found[member.name] = found.get(member.name, False) or member.called
    return found


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
