"""From a selected range to one whole expression, and what its text needs to stand by itself."""

from lacuna_ls.analysis.python.accesses import (
    COMPREHENSIONS,
    accesses_of,
    parameter_names,
    target_names,
    text_of,
)
from lacuna_ls.analysis.python.truth import chain, has_asked, is_asked_again, is_condition, is_quiet
from lacuna_ls.analysis.scopes import Access
from lacuna_ls.analysis.selection import SelectedExpression
from lacuna_ls.analysis.traits import Hazard
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.nodes import Node, ancestors, covering, preorder, span_of

_SCOPES = ("lambda", *COMPREHENSIONS)
_BLOCKS = ("block", "module")
_EXPRESSIONS = frozenset(COMPREHENSIONS) | frozenset(
    [
        "identifier",
        "attribute",
        "subscript",
        "call",
        "binary_operator",
        "unary_operator",
        "not_operator",
        "boolean_operator",
        "comparison_operator",
        "conditional_expression",
        "parenthesized_expression",
        "list",
        "tuple",
        "set",
        "dictionary",
        "string",
        "concatenated_string",
        "integer",
        "float",
        "true",
        "false",
        "none",
        "ellipsis",
        "lambda",
        "await",
        "expression_list",
    ]
)
_CLOSED = (
    *("parenthesized_expression", "list", "dictionary", "set", "string", "tuple"),
    *COMPREHENSIONS,
)
_TIGHT = ("attribute", "subscript", "call", "await")


def selected_expression(root: Node, data: bytes, span: Span) -> SelectedExpression | None:
    """The expression whose text is `span`; `None` if there is none, or it is not evaluated there.

    Some operands of `a and b and c`, and a generator without the brackets of its call, count.
    """
    around = covering(root, span)
    for parts, text, wrap in (
        *((found, text, "") for found, text in _exact(around, span)),
        *_operands(around, span),
        *_without_brackets(around, data, span),
    ):
        if all(map(_is_evaluated, parts)):
            return _expression(parts, data, text, wrap)
    return None


def expression_at(root: Node, data: bytes, offset: int) -> Span | None:
    """The expression that begins at `offset`, the largest that does; else the smallest around it.

    Names and constants alone are none.
    """
    node: Node | None = covering(root, Span(offset, min(offset + 1, len(data))))
    found: Span | None = None
    while node is not None and node.type not in _BLOCKS:
        here = span_of(node)
        whole = node.type in _EXPRESSIONS and node.type not in _ATOMS
        if found is not None and found.start == offset and here.start != offset:
            return found
        if whole and (found is None or here.start == offset) and _is_evaluated(node):
            found = here
        node = node.parent
    return found


_ATOMS = ("identifier", "integer", "float", "string", "true", "false", "none", "ellipsis")


def _exact(around: Node, span: Span) -> list[tuple[tuple[Node, ...], Span]]:
    found: list[tuple[tuple[Node, ...], Span]] = []
    node: Node | None = around
    while node is not None and span_of(node) == span:
        is_argument = node.type == "generator_expression" and _is_called_with(node)
        if node.type in _EXPRESSIONS and not is_argument:
            value = _assigned_value(node) or node
            found.append(((value,), span_of(value)))
        node = node.parent
    return found


def _assigned_value(node: Node) -> Node | None:
    """`(n := value)` stays where it is: only its value moves."""
    inner = node.named_children[0] if node.type == "parenthesized_expression" else node
    return inner.child_by_field_name("value") if inner.type == "named_expression" else None


def _operands(around: Node, span: Span) -> list[tuple[tuple[Node, ...], Span, str]]:
    if around.type != "boolean_operator":
        return []
    operands = chain(around)
    inside = tuple(n for n in operands if span.contains(span_of(n)))
    if len(inside) < 2 or Span(inside[0].start_byte, inside[-1].end_byte) != span:
        return []
    return [(inside, span, "")]


def _without_brackets(
    around: Node, data: bytes, span: Span
) -> list[tuple[tuple[Node, ...], Span, str]]:
    """A tuple, or the generator of `sum(x for x in xs)`; the brackets stay where they are."""
    if around.type not in ("generator_expression", "tuple"):
        return []
    inside = data[around.start_byte + 1 : around.end_byte - 1]
    start = around.start_byte + 1 + len(inside) - len(inside.lstrip())
    return [((around,), span, "()")] if span == Span(start, start + len(inside.strip())) else []


def _expression(parts: tuple[Node, ...], data: bytes, span: Span, wrap: str) -> SelectedExpression:
    first = parts[0]
    scopes = _scopes_around(first)
    holds_scope = any(n.type in _SCOPES for part in parts for n in preorder(part))
    inner = frozenset(name for scope in scopes for name in _names_of(scope))
    above = first.parent
    before, after = _brackets(parts, data, span, wrap)
    return SelectedExpression(
        parts=parts,
        statement=_statement(first),
        span=span,
        accesses=_accesses(parts),
        inner=inner,
        nested=bool(scopes) or holds_scope,
        assigned_to=_assigned_to(first) if len(parts) == 1 else None,
        is_returned=above is not None and above.type == "return_statement",
        before=before,
        after=after,
        is_tightly_bound=above is not None and above.type in _TIGHT and not wrap,
        hazard=_asked_twice(parts),
    )


def _accesses(parts: tuple[Node, ...]) -> tuple[Access, ...]:
    perhaps = (a._replace(certain=False) for part in parts[1:] for a in accesses_of(part))
    return (*accesses_of(parts[0]), *perhaps)


def _has_asked(parts: tuple[Node, ...]) -> bool:
    return len(parts) > 1 or has_asked(parts[0])


def _asked_twice(parts: tuple[Node, ...]) -> Hazard | None:
    last = parts[-1]
    if not _has_asked(parts) or is_condition(last) or all(map(is_quiet, parts)):
        return None
    if is_asked_again(last):
        return Hazard(last.start_byte, "tests a value that would then be tested twice")
    return None


def _brackets(parts: tuple[Node, ...], data: bytes, span: Span, wrap: str) -> tuple[str, str]:
    """What the text needs around it where it stands alone, perhaps over several lines."""
    before, after = wrap[:1], wrap[1:]
    if _has_asked(parts) and is_condition(parts[-1]):
        is_choice = parts[0].type == "conditional_expression"
        before, after = ("True if (", ") else False") if is_choice else ("True if ", " else False")
    elif len(parts) == 1 and parts[0].type in _CLOSED:
        return before, after
    if b"\n" in data[span.start : span.end] or b"\r" in data[span.start : span.end]:
        before, after = f"({before}", f"{after})"
    return before, after


def _assigned_to(node: Node) -> str | None:
    above = node.parent
    left = above.child_by_field_name("left") if above and above.type == "assignment" else None
    return text_of(left) if left is not None and left.type == "identifier" else None


def _statement(node: Node) -> Node:
    """The statement, of those that stand in a suite, that evaluates the node."""
    child = node
    for above in ancestors(node):
        if above.type in _BLOCKS:
            break
        child = above
    return child


def _scopes_around(node: Node) -> list[Node]:
    """Lambdas and comprehensions between an expression and the statement that holds it.

    The default of a lambda's parameter is evaluated outside of the lambda.
    """
    scopes = []
    child = node
    for above in ancestors(node):
        if above.type in _BLOCKS:
            break
        if above.type in _SCOPES and child.type != "lambda_parameters":
            scopes.append(above)
        child = above
    return scopes


def _names_of(scope: Node) -> frozenset[str]:
    if scope.type == "lambda":
        return frozenset(parameter_names(scope.child_by_field_name("parameters")))
    targets = (c.child_by_field_name("left") for c in scope.named_children)
    return frozenset(name for target in targets if target for name in target_names(target))


def _is_called_with(generator: Node) -> bool:
    """Whether the brackets of the generator are those of a call as well."""
    return generator.parent is not None and generator.parent.type == "call"


def _is_evaluated(node: Node) -> bool:
    """Whether the node stands for its value: no target, pattern, annotation, keyword or splice."""
    parent = node.parent
    if parent is None or parent.type == "concatenated_string":
        return False
    if parent.type == "await" and node.type == "binary_operator":
        return False  # `await a ** b` is `(await a) ** b`, whatever the grammar says
    child = node
    within_value = False
    for above in ancestors(node):
        if above.type in _BLOCKS:
            return True
        if above.type in _PARAMETERS and child.child_by_field_name("value") is not None:
            child = above
            continue
        if above.type in _NEVER or (not within_value and above.type in _TARGETS):
            return False
        if above.type == "class_definition" and above.child_by_field_name("type_parameters"):
            return False
        if above.type == "interpolation" and any(c.type == "=" for c in above.children):
            return False
        if not within_value and _is_name_of(above, child):
            return False
        within_value = within_value or above.type in ("attribute", "subscript", "call")
        child = above
    return True


_PARAMETERS = ("parameters", "lambda_parameters")
_NEVER = frozenset(
    [
        "type",
        "type_parameter",
        "case_pattern",
        *_PARAMETERS,
        "global_statement",
        "nonlocal_statement",
        "import_statement",
        "import_from_statement",
        "relative_import",
    ]
)
_TARGETS = frozenset(
    [
        "as_pattern_target",
        "delete_statement",
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "list_splat_pattern",
        "dictionary_splat_pattern",
    ]
)
_NAMING_FIELDS = {
    "assignment": ("left", "type"),
    "augmented_assignment": ("left",),
    "for_statement": ("left",),
    "for_in_clause": ("left",),
    "attribute": ("attribute",),
    "keyword_argument": ("name",),
    "named_expression": ("name",),
    "function_definition": ("name",),
    "class_definition": ("name",),
    "default_parameter": ("name",),
    "typed_default_parameter": ("name", "type"),
    "as_pattern": ("alias",),
}


def _is_name_of(above: Node, child: Node) -> bool:
    fields = _NAMING_FIELDS.get(above.type, ())
    return any(child in above.children_by_field_name(field) for field in fields)
