"""How often the code around an expression asks values whether they are true.

`if a and b:` asks each of them once: conditions are compiled to jumps. As the value of a function,
`a and b` has asked `a` already when the `if` asks the result, and `__bool__` runs a second time.
"""

from lacuna_ls.syntax.nodes import Node, ancestors

_QUIET = frozenset(
    [
        *("not_operator", "true", "false", "none", "integer", "float", "string", "lambda"),
        *("concatenated_string", "list", "tuple", "dictionary", "set", "ellipsis"),
        *("list_comprehension", "set_comprehension", "dictionary_comprehension"),
    ]
)
_QUIET_OPERATORS = frozenset(("in", "not in", "is", "is not"))
_CONDITIONS = ("if_statement", "elif_clause", "while_statement")


def has_asked(node: Node) -> bool:
    """Whether evaluating the node may ask for the truth of what becomes its value."""
    if node.type in ("parenthesized_expression", "not_operator"):
        return any(has_asked(child) for child in node.named_children)
    if node.type == "boolean_operator":
        operands = chain(node)
        return not all(map(is_quiet, operands[:-1])) or has_asked(operands[-1])
    if node.type == "comparison_operator":
        operators = [child.type for child in node.children if not child.is_named]
        return not _QUIET_OPERATORS.issuperset(operators[:-1])
    if node.type == "conditional_expression":
        branches = [c for c in node.named_children if c.type != "comment"][::2]
        return any(map(has_asked, branches))
    return False


def is_condition(node: Node) -> bool:
    """Whether nothing but the truth of the node is looked at, by a jump."""
    child = node
    for above in ancestors(node):
        kind = above.type
        if kind in _CONDITIONS:
            return child == above.child_by_field_name("condition")
        if kind == "assert_statement":
            return child == above.named_children[0]
        if kind == "conditional_expression" and _is_test(child, above):
            return True
        if kind == "if_clause":
            return True
        if kind not in _PASSING:
            return False
        child = above
    return False


def is_asked_again(node: Node) -> bool:
    """Whether the truth of the node is asked, and its value may go on to somewhere all the same."""
    child = node
    for above in ancestors(node):
        if above.type == "boolean_operator" and child != above.child_by_field_name("right"):
            return True
        if above.type not in _PASSING:
            return False
        child = above
    return False


def chain(node: Node) -> list[Node]:
    """The operands of `a and b and c`, which the grammar nests to the left."""
    operands: list[Node] = []
    operator = node.child_by_field_name("operator")
    current: Node | None = node
    while current is not None and _is_operation(current, operator):
        right = current.child_by_field_name("right")
        operands += [right] if right else []
        current = current.child_by_field_name("left")
    operands += [current] if current else []
    return operands[::-1]


_PASSING = (
    "parenthesized_expression",
    "not_operator",
    "boolean_operator",
    "conditional_expression",
)


def _is_operation(node: Node, operator: Node | None) -> bool:
    own = node.child_by_field_name("operator") if node.type == "boolean_operator" else None
    return own is not None and operator is not None and own.type == operator.type


def _is_test(child: Node, conditional: Node) -> bool:
    parts = [c for c in conditional.named_children if c.type != "comment"]
    return len(parts) == 3 and child == parts[1]


def is_quiet(node: Node) -> bool:
    """Whether asking for its truth once more changes nothing, whatever the operands are."""
    if node.type == "parenthesized_expression":
        return all(map(is_quiet, node.named_children))
    if node.type == "boolean_operator":
        return all(map(is_quiet, chain(node)))
    if node.type == "comparison_operator":
        return _QUIET_OPERATORS.issuperset(c.type for c in node.children if not c.is_named)
    return node.type in _QUIET
