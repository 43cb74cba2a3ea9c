"""What keeps Python code where it is: jumps, yields, frames, class-bound names."""

import re
from collections.abc import Iterable, Iterator, Sequence

from lacuna_ls.analysis.python.accesses import COMPREHENSIONS, code_children, text_of
from lacuna_ls.analysis.python.functions import NESTED, own_nodes
from lacuna_ls.analysis.python.selection import is_docstring
from lacuna_ls.analysis.python.statements import type_parameters
from lacuna_ls.analysis.traits import Hazard, Return, Traits
from lacuna_ls.analysis.unit import Unit, UnitKind
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.nodes import Node, ancestors, covering, preorder, span_of

_FRAME_READERS = ("locals", "vars", "eval", "exec", "dir", "_getframe", "currentframe", "stack")
_FRAME_WORDS = re.compile(rb"\b(?:%s|stacklevel)\b" % "|".join(_FRAME_READERS).encode())


def traits_of(nodes: Sequence[Node], unit: Unit) -> Traits:
    """The traits of statements or of one expression of `unit`."""
    if unit.kind is UnitKind.CLASS and (bound := next(_bound_to_class_body(nodes, unit), None)):
        return Traits((bound,), (), awaits=False, class_bound=None)
    piece = Span(nodes[0].start_byte, nodes[-1].end_byte)
    own = _telling(nodes, unit)
    hazards = [
        *_errors(nodes),
        *_bare_super(nodes[0]),
        *_docstring(nodes[0]),
        *_jumps(own, piece),
        *_unmovable(own, unit),
        *_delegated(own, nodes[0], unit),
        *_frame_readers_near(nodes, unit, piece),
    ]
    returns = tuple(_return(n) for n in own if n.type == "return_statement")
    if returns and unit.is_async and unit.is_generator:
        hazards.append(Hazard(returns[0].span.start, "returns from an async generator"))
    if returns and unit.kind is not UnitKind.FUNCTION:
        hazards.append(Hazard(returns[0].span.start, "returns outside a function"))
    in_class = unit.in_class or unit.kind is UnitKind.CLASS
    return Traits(
        tuple(hazards),
        returns,
        awaits=any(_awaits(n) for n in own),
        class_bound=next(_class_bound(nodes), None) if in_class else None,
        yields=tuple(n.start_byte for n in own if n.type == "yield"),
        definitions=any(n.type in _DEFINITIONS for n in own),
    )


def _telling(nodes: Sequence[Node], unit: Unit) -> list[Node]:
    """The nodes of the piece's own scope that may be a trait, in the order of the source.

    Words lead to them: most code has few, and a tree is slow to walk. Outside of functions other
    nodes count as well.
    """
    if unit.kind is not UnitKind.FUNCTION:
        return [n for node in nodes for n in own_nodes(node) if n.type in _TELLING and n.is_named]
    found: dict[int, Node] = {}
    for root in nodes:
        for match in _WORDS.finditer(root.text or b""):
            start, end = (root.start_byte + at for at in match.span())
            leaf = covering(root, Span(start, end), named=False)
            for node in _told_by(leaf, root):
                found.setdefault(node.id, node)
    return sorted(found.values(), key=lambda node: node.start_byte)


def _told_by(leaf: Node, root: Node) -> list[Node]:
    """The node that a word is the sign of, if it is one in the scope of `root`."""
    parent = leaf.parent
    if leaf.type not in _SIGNS or parent is None:
        return []
    telling = [n for n in (parent, *parent.named_children) if n.type in _TELLING and n.is_named]
    child = parent
    while child != root:
        above = child.parent
        if above is None or (above.type in NESTED and above.child_by_field_name("body") == child):
            return []
        child = above
    return telling


_WORDS = re.compile(
    rb"\b(?:return|break|continue|raise|yield|await|async|a?next|import|nonlocal|def|class)\b"
)
_SIGNS = frozenset(
    [
        *("return", "break", "continue", "raise", "yield", "await", "async", "identifier"),
        *("import", "nonlocal", "def", "class"),
    ]
)
_DEFINITIONS = ("function_definition", "class_definition")
_TELLING = frozenset(
    [
        *_DEFINITIONS,
        "return_statement",
        "break_statement",
        "continue_statement",
        "raise_statement",
        "yield",
        "await",
        "call",
        "assignment",
        "for_statement",
        "with_statement",
        "for_in_clause",
        "wildcard_import",
        "nonlocal_statement",
        "future_import_statement",
    ]
)


# Their values are objects of their own, whatever is in them.
_NEVER_NONE = frozenset(
    [
        *("true", "false", "integer", "float", "string", "concatenated_string", "list", "tuple"),
        *("dictionary", "set", "lambda", "expression_list", "not_operator", *COMPREHENSIONS),
    ]
)


def _return(statement: Node) -> Return:
    values = code_children(statement)
    value = values[0] if values else None
    kind = None if value is None else value.type
    return Return(
        span=span_of(statement),
        value=None if value is None else span_of(value),
        is_nothing=kind in (None, "none"),
        is_something=kind in _NEVER_NONE,
        is_open=kind in ("expression_list", "yield"),
    )


def _all(nodes: Iterable[Node]) -> Iterator[Node]:
    return (found for node in nodes for found in preorder(node))


def _errors(nodes: Iterable[Node]) -> Iterator[Hazard]:
    for node in nodes:
        if node.has_error:
            yield Hazard(node.start_byte, "has a syntax error")


def _bare_super(node: Node) -> Iterator[Hazard]:
    if node.type == "identifier" and node.text == b"super":
        yield Hazard(node.start_byte, "uses `super`, which has to be called where it stands")


def _docstring(node: Node) -> Iterator[Hazard]:
    if is_docstring(node):
        yield Hazard(node.start_byte, "is the docstring")


def _jumps(own: Iterable[Node], piece: Span) -> Iterator[Hazard]:
    for node in own:
        if node.type in ("break_statement", "continue_statement"):
            loop = _loop_of(node)
            if loop is None or not piece.contains(span_of(loop)):
                word = node.type.removesuffix("_statement")
                yield Hazard(node.start_byte, f"has a `{word}` that leaves the selection")


def _loop_of(jump: Node) -> Node | None:
    """The loop that a break or continue belongs to; one in an else clause belongs further out."""
    child = jump
    for above in ancestors(jump):
        is_loop = above.type in ("for_statement", "while_statement")
        if is_loop and above.child_by_field_name("body") == child:
            return above
        if above.type in NESTED:
            return None
        child = above
    return None


def _left_behind(unit: Unit, piece: Span) -> Iterator[Node]:
    if unit.kind is UnitKind.FUNCTION:
        yield from (n for n in own_nodes(unit.body) if not piece.contains(span_of(n)))


_OF_CLASS_BODY = (b"__module__", b"__qualname__", b"__annotations__", b"__doc__", b"__slots__")


def _bound_to_class_body(nodes: Iterable[Node], unit: Unit) -> Iterator[Hazard]:
    """What is something else in a function: methods, and scopes that do not see the class."""
    own = unit.bindings().bound
    for node in _all(nodes):
        if node.type in _DEFINITIONS:
            yield Hazard(node.start_byte, "defines a method or a class of the class")
        elif node.type == "identifier" and node.text in _OF_CLASS_BODY:
            yield Hazard(node.start_byte, f"uses `{text_of(node)}` of the class")
        elif node.type == "lambda" or node.type in COMPREHENSIONS:
            for name in preorder(node):
                if name.type == "identifier" and text_of(name) in own:
                    yield Hazard(
                        name.start_byte,
                        f"uses `{text_of(name)}` in a nested scope, which does not see the class",
                    )


_UNMOVABLE = {
    "wildcard_import": "imports `*`, so its names are unknown",
    "nonlocal_statement": "declares a nonlocal variable",
    "future_import_statement": "changes the meaning of the whole file",
}


def _unmovable(own: Iterable[Node], unit: Unit) -> Iterator[Hazard]:
    for node in own:
        if node.type in _UNMOVABLE:
            yield Hazard(node.start_byte, _UNMOVABLE[node.type])
        if unit.kind is UnitKind.FUNCTION:
            continue
        if node.type == "assignment" and node.child_by_field_name("type"):
            yield Hazard(node.start_byte, "annotates a name that can be seen from outside")


def _delegated(own: Sequence[Node], first: Node, unit: Unit) -> Iterator[Hazard]:
    """What a generator or coroutine of its own would change.

    `yield from` does not exist in async generators. A StopIteration that leaves a generator or
    coroutine becomes a RuntimeError (PEP 479), which a handler around would tell apart.
    """
    for node in own:
        if node.type == "yield" and unit.is_async:
            yield Hazard(node.start_byte, "yields from an async generator")
    if not any(node.type == "yield" or _awaits(node) for node in own):
        return
    for stop in own:
        if _may_stop(stop) and any(_handlers_around(first, unit)):
            yield Hazard(stop.start_byte, "may raise StopIteration within a `try`")
    for handler in _handlers_around(first, unit):
        if any(word in text_of(handler) for word in ("StopIteration", "RuntimeError")):
            yield Hazard(handler.start_byte, "handles StopIteration, which would not get there")


def _may_stop(node: Node) -> bool:
    """`next(x)` without a default, and `raise StopIteration`."""
    if node.type == "raise_statement":
        return "StopIteration" in text_of(node)
    function = node.child_by_field_name("function") if node.type == "call" else None
    arguments = node.child_by_field_name("arguments") if node.type == "call" else None
    called_next = function is not None and function.text in (b"next", b"anext")
    return called_next and arguments is not None and len(arguments.named_children) == 1


def _handlers_around(node: Node, unit: Unit) -> Iterator[Node]:
    """What the code around, within the unit, looks at exceptions with."""
    child = node
    for above in ancestors(node):
        if above == unit.node:
            return
        guarded = above.child_by_field_name("body") == child
        if above.type == "try_statement" and guarded:
            for clause in above.named_children:
                if clause.type in ("except_clause", "except_group_clause"):
                    yield clause.child_by_field_name("value") or clause
        elif above.type == "with_statement" and guarded:
            yield from (
                c
                for c in above.named_children
                if c.type == "with_clause" and b"Stop" in (c.text or b"")
            )
        child = above


def _frame_readers_near(nodes: Iterable[Node], unit: Unit, piece: Span) -> Iterator[Hazard]:
    """The rest of a function counts. What looks at the names of a module sees the same after."""
    host = unit.node if unit.kind is UnitKind.FUNCTION else None
    if host is None or _FRAME_WORDS.search(host.text or b""):
        yield from _frame_readers(_all(nodes))
        yield from _frame_readers(_left_behind(unit, piece))


def _frame_readers(nodes: Iterable[Node]) -> Iterator[Hazard]:
    for node in nodes:
        if node.type != "call":
            continue
        function = node.child_by_field_name("function")
        if function is None:
            continue
        attribute = function.child_by_field_name("attribute")
        name = text_of(attribute or function)
        arguments = node.child_by_field_name("arguments")
        for keyword in arguments.named_children if arguments else ():
            named = keyword.child_by_field_name("name")
            if keyword.type == "keyword_argument" and named and named.text == b"stacklevel":
                yield Hazard(node.start_byte, "counts stack frames with `stacklevel`")
        empty = arguments is not None and not arguments.named_children
        if name not in _FRAME_READERS or (name in ("vars", "dir") and not empty):
            continue
        if attribute is None or name in ("_getframe", "currentframe") or _of_inspect(function):
            yield Hazard(node.start_byte, f"calls `{name}`, which looks at the local variables")


def _of_inspect(function: Node) -> bool:
    owner = function.child_by_field_name("object")
    return owner is not None and owner.text == b"inspect"


def _awaits(node: Node) -> bool:
    if node.type == "await":
        return True
    starters = ("for_statement", "with_statement", "for_in_clause")
    return node.type in starters and any(c.type == "async" for c in node.children)


def _class_bound(nodes: Sequence[Node]) -> Iterator[Hazard]:
    around = [a for a in ancestors(nodes[0]) if a.type == "class_definition"]
    generic = {name for owner in around for name in type_parameters(owner)}
    for node in _all(nodes):
        if node.type != "identifier":
            continue
        name = text_of(node)
        if name == "__class__" or (name == "super" and _called_bare(node)):
            yield Hazard(node.start_byte, f"uses `{name}`")
        elif name in generic:
            yield Hazard(node.start_byte, f"uses the type parameter `{name}`")
        elif name.startswith("__") and len(name) > 2 and not name.endswith("__"):
            yield Hazard(node.start_byte, f"uses the private name `{name}`")


def _called_bare(node: Node) -> bool:
    call = node.parent
    arguments = call.child_by_field_name("arguments") if call and call.type == "call" else None
    return arguments is None or not arguments.named_children
