"""The suites of a Python function and its cognitive complexity, in one walk.

G. Ann Campbell, *Cognitive Complexity: a new way of measuring understandability* (2018). Each break
in the linear flow adds one, and one more a level of nesting where it nests; `elif`, `else` and each
run of like boolean operators add one. Recursion, which the paper also counts, is left out: it does
not move with a piece of a function.
"""

from lacuna_ls.analysis.outline import Increment, Outline
from lacuna_ls.analysis.python.accesses import code_children
from lacuna_ls.syntax.nodes import Node

_NESTING = frozenset(
    (
        "if_statement",
        "for_statement",
        "while_statement",
        "match_statement",
        "except_clause",
        "except_group_clause",
        "conditional_expression",
    )
)
_FLAT = frozenset(("elif_clause", "else_clause"))
_DEFINITIONS = frozenset(("function_definition", "class_definition"))


def outline_of(body: Node) -> Outline:
    """The outline of a function's body. Statements of nested definitions are in no suite."""
    suites: list[tuple[Node, ...]] = []
    increments: list[Increment] = []
    pending = [(body, 0, True)]
    while pending:
        node, nesting, own = pending.pop()
        if own and node.type == "block" and not _holds_cases(node):
            suites.append(tuple(code_children(node)))
        amount = _amount(node, nesting)
        if amount:
            increments.append(Increment(node.start_byte, amount))
        own = own and node.type not in _DEFINITIONS
        children = node.named_children
        deeper = node.type in _NESTING or node.type in ("function_definition", "lambda")
        inside = nesting + 1 if deeper else nesting
        for child in reversed(children):
            # The clauses of an `if` stand beside it, not in it.
            level = nesting if child.type in _FLAT else inside
            pending.append((child, level + (child.type in _FLAT), own))
    return Outline(tuple(suites), tuple(increments))


def _amount(node: Node, nesting: int) -> int:
    if node.type in _NESTING:
        return 1 + nesting
    if node.type in _FLAT:
        return 1
    return int(node.type == "boolean_operator" and _starts_run(node))


def _holds_cases(block: Node) -> bool:
    return block.parent is not None and block.parent.type == "match_statement"


def _starts_run(node: Node) -> bool:
    above = node.parent
    if above is None or above.type != "boolean_operator":
        return True
    mine, theirs = (n.child_by_field_name("operator") for n in (node, above))
    return mine is None or theirs is None or mine.type != theirs.type
