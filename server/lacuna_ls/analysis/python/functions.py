"""The function, class body or module around a place in a Python file, as analysis sees it."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from lacuna_ls.analysis.python.accesses import UnknownStatementError, parameter_names, text_of
from lacuna_ls.analysis.python.spelling import SPELLING
from lacuna_ls.analysis.python.statements import (
    lower,
    lower_all,
    type_parameters,
    written_type_parameters,
)
from lacuna_ls.analysis.scopes import AccessKind, Enclosing, bindings_of
from lacuna_ls.analysis.structure import Block, steps_of
from lacuna_ls.analysis.unit import Parameter, Receiver, Unit, UnitKind
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.nodes import Node, ancestors, covering, span_of

_KINDS = {
    "function_definition": UnitKind.FUNCTION,
    "class_definition": UnitKind.CLASS,
    "module": UnitKind.MODULE,
}
NESTED = ("function_definition", "lambda", "class_definition")
_CLASS_METHODS = ("__new__", "__init_subclass__", "__class_getitem__")


def unit_at(node: Node) -> Unit | None:
    """The unit whose own statements include `node`; `None` where the code has no meaning."""
    child = node
    for above in ancestors(node):
        if above.type == "module" or (
            above.type in _KINDS and child == above.child_by_field_name("body")
        ):
            return unit_of(above)
        child = above
    return None


def is_in_definition(root: Node, span: Span) -> bool:
    """Whether the code at `span` belongs to a function or class: all of it, body and head."""
    node = covering(root, span)
    inside = [
        a for a in (node, *ancestors(node)) if a.type in ("function_definition", "class_definition")
    ]
    return bool(inside) and any(
        (body := a.child_by_field_name("body")) is not None and body.start_byte <= span.start
        for a in inside
    )


# A few, because each keeps its tree alive: one menu asks for the same function many times.
@lru_cache(maxsize=4)
def unit_of(owner: Node) -> Unit | None:
    """The unit of a function, class or module node."""
    body = owner if owner.type == "module" else owner.child_by_field_name("body")
    if body is None or (owner.type != "module" and body.has_error):
        return None
    around = [a for a in ancestors(owner) if a.type in _KINDS]
    try:
        block = lower(body) if owner.type != "module" else ()
        enclosing = tuple(_enclosing(a) for a in around if a.type == "function_definition")
    except UnknownStatementError:
        return None
    is_function = owner.type == "function_definition"
    direct = around[0] if around and around[0].type == "class_definition" else None
    parameters = owner.child_by_field_name("parameters")
    generic = tuple(written_type_parameters(owner))
    return Unit(
        kind=_KINDS[owner.type],
        node=owner,
        body=body,
        block=block,
        parameters=(*parameter_names(parameters), *(name for name, _ in generic)),
        generic=generic,
        annotated=tuple(_annotated(parameters)),
        returns=owner.child_by_field_name("return_type"),
        is_async=any(c.type == "async" for c in owner.children),
        is_generator=is_function and _yields(body),
        enclosing_class=direct,
        receiver=_receiver(owner, parameters) if direct else None,
        enclosing=enclosing,
        in_class=any(a.type == "class_definition" for a in around),
        statement=_statement(owner),
        outermost=_outermost(owner),
        spelling=SPELLING,
    )


def lowered(nodes: Sequence[Node]) -> Block | None:
    """The structured program of some statements; `None` where one has no meaning."""
    try:
        return lower_all(nodes)
    except UnknownStatementError:
        return None


def own_nodes(root: Node) -> Iterator[Node]:
    """Nodes from `root` down that run in its own scope: no bodies of nested definitions."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        if node.type in NESTED:
            headers = (node.child_by_field_name(f) for f in ("parameters", "superclasses"))
            pending.extend(header for header in headers if header)
        else:
            pending.extend(reversed(node.children))


def _enclosing(function: Node) -> Enclosing:
    body = function.child_by_field_name("body")
    inside = [a for s in steps_of(lower(body)) for a in s.accesses] if body else []
    names = (
        *parameter_names(function.child_by_field_name("parameters")),
        *type_parameters(function),
    )
    rebound = frozenset(a.name for a in inside if a.kind is AccessKind.CAPTURE_WRITE)
    return Enclosing(span_of(function), bindings_of(inside, names), rebound)


def _yields(body: Node) -> bool:
    return b"yield" in (body.text or b"") and any(
        n.is_named and n.type == "yield" for n in own_nodes(body)
    )


def _statement(owner: Node) -> Node:
    """The definition with its decorators."""
    parent = owner.parent
    return parent if parent is not None and parent.type == "decorated_definition" else owner


def _outermost(owner: Node) -> Node:
    node = owner
    while node.parent is not None and node.parent.type != "module":
        node = node.parent
    return node


def _annotated(parameters: Node | None) -> Iterator[Parameter]:
    for node in parameters.named_children if parameters else ():
        annotation = None if node.type == "identifier" else node.child_by_field_name("type")
        if annotation is None:
            continue
        named = node.child_by_field_name("name") or node.named_children[0]
        if named.type == "identifier":
            yield Parameter(text_of(named), annotation)


def _notices_new_methods(function: Node) -> bool:
    owner = next((a for a in ancestors(function) if a.type == "class_definition"), None)
    bases = owner.child_by_field_name("superclasses") if owner else None
    protocol = bases is not None and b"Protocol" in (bases.text or b"")
    return owner is not None and (protocol or b"__getattribute__" in (owner.text or b""))


def _used_by_class_body(function: Node) -> bool:
    """Whether the class body itself reads the function's name, to make a property of it aside."""
    name = function.child_by_field_name("name")
    owner = next((a for a in ancestors(function) if a.type == "class_definition"), None)
    body = owner.child_by_field_name("body") if owner else None
    if name is None or body is None or not name.text:
        return False
    if len(re.findall(rb"(?<![\w.])%s\b" % name.text, body.text or b"")) < 2:
        return False
    return any(
        node.type == "identifier" and node.text == name.text and _is_read(node)
        for node in own_nodes(body)
    )


def _is_read(name: Node) -> bool:
    parent = name.parent
    if parent is None or name in (
        parent.child_by_field_name("name"),
        parent.child_by_field_name("attribute"),
    ):
        return False
    attribute = parent.child_by_field_name("attribute")
    if attribute is not None and attribute.text in (b"setter", b"getter", b"deleter"):
        return False
    call = parent.parent if parent.type == "argument_list" else None
    function = call.child_by_field_name("function") if call else None
    return function is None or function.text != b"property"


def _receiver(function: Node, parameters: Node | None) -> Receiver | None:
    """How a method of the same class is called from here, if it can be.

    A first parameter under an unknown decorator is trusted only if it is called `self`. A class
    that defines `__getattribute__`, or is a protocol, would notice a new method. What the class
    body itself calls, or decorates with, is given no instance there.
    """
    names = parameter_names(parameters)
    first = parameters.named_children[0] if parameters and parameters.named_children else None
    if not names or first is None or first.type not in ("identifier", "typed_parameter"):
        return None
    parent = function.parent
    decorated = parent is not None and parent.type == "decorated_definition"
    decorators = [
        text_of(d).lstrip("@ ")
        for d in (parent.named_children if decorated and parent else ())
        if d.type == "decorator"
    ]
    name = function.child_by_field_name("name")
    if _notices_new_methods(function) or _used_by_class_body(function):
        return None
    if "staticmethod" in decorators:
        return None
    if "classmethod" in decorators or (name and text_of(name) in _CLASS_METHODS):
        return Receiver(names[0], "classmethod")
    if names[0] == "self" or not decorators:
        return Receiver(names[0], None)
    return None
