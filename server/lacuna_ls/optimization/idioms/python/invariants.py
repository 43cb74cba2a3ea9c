"""What each round of a loop computes anew, though it is the same, or grows by one element.

Sums of growing slices become running ones (`itertools.accumulate`); what only depends on what the loop
leaves alone is computed once, before it. Where the loop has no round it was not computed at all: so
then it is not, either.
"""

from collections.abc import Iterator

from lacuna_ls.optimization.idiom import Idiom, Site
from lacuna_ls.optimization.pattern import Match, text_of
from lacuna_ls.optimization.requirements import names
from lacuna_ls.optimization.splicing import found, is_assigned, spliced, uses
from lacuna_ls.syntax.nodes import Node, ancestors, preorder

# What they give cannot be changed by who gets it, or is only compared and indexed.
_VALUES = frozenset(("sum", "min", "max", "len"))
_MADE = frozenset(("sorted", "set", "frozenset", "tuple", "list"))
_READING = (
    _VALUES | _MADE | frozenset(("range", "enumerate", "zip", "any", "all", "str", "reversed"))
)
_CONDITIONAL = (
    "if_statement", "conditional_expression", "boolean_operator", "try_statement", "lambda",
    "function_definition", "while_statement", "else_clause",
)  # fmt: skip


def _hoisted(match: Match, site: Site) -> str | None:
    """The calls in the loop's body of which every round makes the same, made before the loop."""
    over, body = match.node("xs"), match.bound["body"]
    if not _can_be_asked(over):
        return None
    bound = {text_of(n) for n in preorder(match.node("x")) if n.type == "identifier"}
    wanted = found(body, lambda node: _is_same(node, bound, body, match, site))
    if not wanted:
        return None
    kept: dict[str, str] = {}
    for call in wanted:
        kept.setdefault(text_of(call), site.fresh(f"kept_{len(kept)}" if kept else "kept"))
    margin = site.margin(match)
    before = [
        f"{name} = {call} if {text_of(over)} else None\n{margin}" for call, name in kept.items()
    ]
    return "".join(before) + spliced(match.nodes, [(n, kept[text_of(n)]) for n in wanted], site)


def _can_be_asked(over: Node) -> bool:
    """Whether the loop has a round can be told without taking anything away: a name, a range."""
    if over.type == "identifier":
        return True
    return (
        over.type == "call"
        and text_of(over.children[0]) == "range"
        and all(
            text_of(n.children[0]) == "len"
            for n in preorder(over)
            if n.type == "call" and n != over
        )
    )


def _is_same(node: Node, bound: set[str], body: tuple[Node, ...], match: Match, site: Site) -> bool:
    if node.type != "call" or text_of(node.children[0]) not in (_VALUES | _MADE) - site.rebound:
        return False
    given = node.children[1].named_children
    if len(given) != 1 or given[0].type != "identifier" or text_of(given[0]) in bound:
        return False
    if text_of(node.children[0]) == "len" or any(
        around.type in _CONDITIONAL for around in _up_to(node, match.nodes[0])
    ):
        return False
    if text_of(node.children[0]) in _MADE and not _is_only_looked_at(node):
        return False
    return _is_left_alone(text_of(given[0]), body)


def _up_to(node: Node, top: Node) -> Iterator[Node]:
    for each in ancestors(node):
        if each == top:
            return
        yield each


def _is_only_looked_at(node: Node) -> bool:
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "subscript":
        return parent.named_children[0] == node and not is_assigned(parent)
    return parent.type == "comparison_operator"


def _is_left_alone(name: str, body: tuple[Node, ...]) -> bool:
    for node in uses(body, name):
        parent = node.parent
        if parent is None or is_assigned(node) or parent.type == "attribute":
            return False
        if parent.type == "subscript" and is_assigned(parent):
            return False
        if parent.type in ("for_statement", "for_in_clause") and node == parent.child_by_field_name(
            "left"
        ):
            return False
        if parent.type == "argument_list" and parent.parent is not None:
            if text_of(parent.parent.children[0]) not in _READING:
                return False
        elif parent.type not in (
            "subscript",
            "comparison_operator",
            "for_statement",
            "for_in_clause",
        ):
            return False
    return True


def _places(match: Match, site: Site) -> str | None:
    """`xs.index(x)` for each `x` of `xs`, from a table of the first places."""
    element, holder, body = match.text("x"), match.text("xs"), match.bound["body"]
    wanted = f"{holder}.index({element})"
    calls = found(body, lambda node: text_of(node) == wanted)
    looked = [call.children[0].children[0] for call in calls]
    others = [node for node in uses(body, holder) if node not in looked]
    rebound = any(is_assigned(node) for node in uses(body, element))
    if not calls or rebound or not all(_is_left_alone(holder, (node,)) for node in others):
        return None
    if any(node.parent is not None and node.parent.type == "attribute" for node in others):
        return None
    table, place, item = site.fresh("places"), site.fresh("place"), site.fresh("item")
    margin = site.margin(match)
    return (
        f"{table} = {{}}\n"
        f"{margin}for {place}, {item} in enumerate({holder}):\n"
        f"{margin}    {table}.setdefault({item}, {place})\n"
        f"{margin}" + spliced(match.nodes, [(call, f"{table}[{element}]") for call in calls], site)
    )


def _running() -> Iterator[Idiom]:
    """Of growing slices: a sum begins with nothing, so that what it begins with counts, too."""
    for upper, taken in (("$i + 1", "[1:]"), ("$i", "[:-1]")):
        yield Idiom("a running sum", f"[sum($xs[:{upper}]) for $i in range(len($xs))]",
                    f"list(itertools.accumulate($xs, initial=0)){taken}", 100,
                    (names("xs", "i"),), ("itertools",))  # fmt: skip
    for name in ("max", "min"):
        yield Idiom(f"a running {name}", f"[{name}($xs[:$i + 1]) for $i in range(len($xs))]",
                    f"list(itertools.accumulate($xs, {name}))", 100,
                    (names("xs", "i"),), ("itertools",))  # fmt: skip


INVARIANTS = (
    *_running(),
    Idiom("look up the place in a table", "for $x in $xs:\n    $$body", _places, 60, (names("x", "xs"),)),
    Idiom("compute once before the loop", "for $x in $xs:\n    $$body", _hoisted, 50),
)  # fmt: skip
