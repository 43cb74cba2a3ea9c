"""Loops over indices become loops over elements, and over neighbours: `zip` of slices.

`for i in range(a, len(xs) - k)` may read `xs[i + d]` for -a <= d <= k, and then nothing wraps around
or is missing. An index that is used otherwise as well is counted by `enumerate`.
"""

import re
from dataclasses import dataclass

from lacuna_ls.optimization.idiom import Idiom, Site
from lacuna_ls.optimization.pattern import Match, text_of
from lacuna_ls.optimization.requirements import names, private
from lacuna_ls.optimization.splicing import found, indented, is_assigned, margin_of, spliced, uses
from lacuna_ls.syntax.nodes import Node, preorder

_STEP = "    "
_MOST = 4
_RANGE = re.compile(r"range\((?:(\d+),)?(len\((\w+)\)|(\w+))(?:-(\d+))?\)")
_OFFSET = re.compile(r"(\w+)(?:([+-])(\d+))?")
_RESIZING = frozenset((
    "append", "extend", "insert", "pop", "remove", "clear", "add", "discard", "update", "popleft",
    "appendleft", "sort", "reverse",
))  # fmt: skip


# What only reads a sequence that it is given.
_READING = frozenset((
    "len", "min", "max", "sum", "sorted", "set", "list", "tuple", "dict", "enumerate", "zip", "range", "str",
    "any", "all", "isinstance", "type", "print", "repr", "bool", "reversed", "iter", "map", "filter",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Walk:
    """`for index in range(first, len(holder) - left)`."""

    index: str
    holder: str
    first: int
    left: int


def _statement(match: Match, site: Site) -> str | None:
    body = match.bound["body"]
    walk = _walk(match.node("i"), match.node("r"), site)
    if walk is None:
        return None
    made = _header_and_changes(walk, body, site)
    if made is None:
        return None
    header, changes, counted = made
    if not counted and not private("i")(match, site):
        return None
    inner = site.margin(match) + _STEP
    text = indented(spliced(body, changes, site), margin_of(body[0], site), inner)
    return f"for {header}:\n{inner}{text}"


def _comprehensions(match: Match, site: Site) -> str | None:
    """Every comprehension of the function with one loop, over indices."""
    changes: list[tuple[Node, str]] = []
    for clause in preorder(site.function):
        scope = clause.parent
        if clause.type != "for_in_clause" or scope is None:
            continue
        if sum(child.type == "for_in_clause" for child in scope.named_children) != 1:
            continue
        left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
        walk = _walk(left, right, site)
        parts = [child for child in scope.named_children if child != clause]
        made = None if walk is None else _header_and_changes(walk, parts, site)
        if made is not None:
            changes += [*made[1], (clause, f"for {made[0]}")]
    nested = any(_holds(one, two) for one, _ in changes for two, _ in changes if one is not two)
    return spliced((site.function,), changes, site) if changes and not nested else None


def _holds(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def _walk(target: Node | None, over: Node | None, site: Site) -> _Walk | None:
    if target is None or over is None or target.type != "identifier":
        return None
    parts = _RANGE.fullmatch(re.sub(r"\s", "", text_of(over)))
    if parts is None or {"range", "len"} & site.rebound:
        return None
    first, _, holder, length, left = parts.groups()
    holder = holder or _measured_by(length, site)
    if not holder or not _keeps_its_length(holder, site):
        return None
    return _Walk(text_of(target), holder, int(first or 0), int(left or 0))


def _measured_by(name: str, site: Site) -> str:
    """Whose length the name is given, once and for all; empty if it is something else."""
    bound = [node for node in uses((site.function,), name) if _is_bound(node)]
    if len(bound) != 1 or bound[0].parent is None or bound[0].parent.type != "assignment":
        return ""
    right = bound[0].parent.child_by_field_name("right")
    parts = re.fullmatch(r"len\((\w+)\)", "" if right is None else text_of(right))
    holder = parts[1] if parts is not None else ""
    # What is bound later is not what was measured.
    rebound = any(
        _is_bound(node) and not _is_parameter(node) for node in uses((site.function,), holder)
    )
    return "" if rebound else holder


def _is_bound(node: Node) -> bool:
    parent = node.parent
    while parent is not None and parent.type in ("pattern_list", "tuple_pattern"):
        node, parent = parent, parent.parent
    if parent is None:
        return False
    loop = parent.type in ("for_statement", "for_in_clause")
    return (
        is_assigned(node)
        or _is_parameter(node)
        or (loop and parent.child_by_field_name("left") == node)
    )


def _is_parameter(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type.endswith(("parameter", "parameters"))


def _keeps_its_length(holder: str, site: Site) -> bool:
    for node in uses((site.function,), holder):
        parent = node.parent
        if parent is None or parent.type in ("delete_statement", "augmented_assignment"):
            return False
        if parent.type == "attribute" and text_of(parent.children[-1]) in _RESIZING:
            return False
        if parent.type == "subscript" and is_assigned(parent):
            return False
        if parent.type == "argument_list" and parent.parent is not None:
            called = parent.parent.children[0]
            if text_of(called) not in _READING:
                return False
    return True


def _header_and_changes(
    walk: _Walk, parts: list[Node] | tuple[Node, ...], site: Site
) -> tuple[str, list[tuple[Node, str]], bool] | None:
    """The head of the loop, what stands in place of the items, and whether it still counts."""
    if any(_is_bound(node) for name in (walk.index, walk.holder) for node in uses(parts, name)):
        return None
    items = found(parts, lambda node: _offset(node, walk) is not None)
    offsets = sorted({_offset(node, walk) or 0 for node in items})
    if not offsets or len(offsets) > _MOST or offsets[0] < -walk.first or offsets[-1] > walk.left:
        return None
    item = {
        offset: site.fresh(name) for offset, name in zip(offsets, _named(len(offsets)), strict=True)
    }
    changes = [(node, item[_offset(node, walk) or 0]) for node in items]
    counted = len(list(uses(parts, walk.index))) > len(items)
    slices = [_slice(walk, offset, full=offsets[-1] == walk.left) for offset in offsets]
    target = ", ".join(item.values())
    over = slices[0] if len(slices) == 1 else f"zip({', '.join(slices)})"
    if not counted:
        return f"{target} in {over}", changes, False
    target = f"({target})" if len(slices) > 1 else target
    start = f", {walk.first}" if walk.first else ""
    return f"{walk.index}, {target} in enumerate({over}{start})", changes, True


def _named(count: int) -> tuple[str, ...]:
    return (
        ("item",),
        ("item", "after"),
        ("before", "item", "after"),
        ("one", "two", "three", "four"),
    )[count - 1]


def _slice(walk: _Walk, offset: int, *, full: bool) -> str:
    start, left = walk.first + offset, walk.left - offset
    end = f"-{left}" if left and not full else ""
    return f"{walk.holder}[{start or ''}:{end}]" if start or end else walk.holder


def _offset(node: Node, walk: _Walk) -> int | None:
    """How far from the index an item of the holder is."""
    if node.type != "subscript" or len(node.named_children) != 2 or is_assigned(node):
        return None
    holder, at = node.named_children
    parts = _OFFSET.fullmatch(re.sub(r"\s", "", text_of(at)))
    if text_of(holder) != walk.holder or parts is None or parts[1] != walk.index:
        return None
    return int(f"{parts[2]}{parts[3]}") if parts[3] else 0


_OVER = "loop over the elements"

NEIGHBOURS = (
    Idiom(_OVER, "for $i in $r:\n    $$body", _statement, 1.6, (names("i"),)),
    Idiom(_OVER, "", _comprehensions, 1.5),
)  # fmt: skip
