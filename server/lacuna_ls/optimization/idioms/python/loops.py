"""Loops over indices become loops over elements; queues, windows and pools get the right container."""

from lacuna_ls.optimization.idiom import Idiom, Site
from lacuna_ls.optimization.pattern import Match, text_of
from lacuna_ls.optimization.requirements import (
    again,
    apart,
    literal,
    names,
    plain,
    private,
    unchanged,
)
from lacuna_ls.optimization.splicing import (
    found,
    indented,
    is_assigned,
    is_item,
    margin_of,
    spliced,
    uses,
)
from lacuna_ls.syntax.nodes import Node, preorder

_STEP = "    "


def _over_elements(match: Match, site: Site) -> str | None:
    """`for i in range(0, len(xs), k)` whose `i` is only there for `xs[i]`."""
    body, index, holder = match.bound["body"], match.text("i"), match.text("xs")
    items = found(body, lambda node: is_item(node, holder, index))
    inside = len(list(uses(body, index)))
    if not items or any(is_assigned(node) for node in (*items, *uses(body, index))):
        return None
    if inside != len(items):
        return None
    item = site.fresh("item")
    text = spliced(body, [(each, item) for each in items], site)
    inner = site.margin(match) + _STEP
    text = indented(text, margin_of(body[0], site), inner)
    return f"for {item} in {holder}[::{match.text('k')}]:\n{inner}{text}"


def _counted_while(match: Match, site: Site) -> str | None:
    """`i = 0; while i < n: ...; i += 1` as a loop over a range."""
    body, index = match.bound["body"], match.text("i")
    last = text_of(body[-1]).replace(" ", "")
    if len(body) < 2 or last not in (f"{index}+=1", f"{index}={index}+1"):
        return None
    kept = body[:-1]
    if any(is_assigned(node) for node in uses(kept, index)):
        return None
    jumps = found(kept, lambda node: node.type in ("continue_statement", "function_definition"))
    if jumps or any(is_assigned(node) for node in uses(kept, match.text("n"))):
        return None
    inner = site.margin(match) + _STEP
    text = indented(spliced(kept, (), site), margin_of(body[0], site), inner)
    start = match.text("a")
    limits = match.text("n") if start == "0" else f"{start}, {match.text('n')}"
    return f"for {index} in range({limits}):\n{inner}{text}"


def _window(match: Match, site: Site) -> str | None:
    """A list of fixed length that moves on by one each round, as names of its own."""
    holder, element = match.text("w"), match.node("e")
    width = _width(holder, site)
    if width is None or width > 6:
        return None
    slots = [site.fresh(f"{holder}_{number}") for number in range(width)]
    changes: list[tuple[Node, str]] = []
    for node in preorder(element):
        if node.type == "subscript" and text_of(node.named_children[0]) == holder:
            try:
                changes.append((node, slots[int(text_of(node.named_children[1]))]))
            except (ValueError, IndexError):
                return None
    if len(changes) != len(list(uses((element,), holder))):
        return None
    margin, all_slots = site.margin(match), ", ".join(slots)
    new = spliced((element,), changes, site)
    return (
        f"{all_slots} = {holder}\n"
        f"{margin}for {match.text('i')} in {match.text('xs')}:\n"
        f"{margin}{_STEP}{all_slots} = {', '.join(slots[1:])}, {new}\n"
        f"{margin}{holder}[:] = [{all_slots}]"
    )


def _width(holder: str, site: Site) -> int | None:
    """How many elements the list has that the name is assigned, if that is said once."""
    found_width: int | None = None
    for node in uses((site.function,), holder):
        if not is_assigned(node):
            continue
        right = node.parent.child_by_field_name("right") if node.parent is not None else None
        if found_width is not None or right is None or right.type != "list":
            return None
        if any(child.type in ("list_splat", "comment") for child in right.named_children):
            return None
        found_width = len(right.named_children)
    return found_width


def _pool(match: Match, site: Site) -> str | None:
    """The least or greatest taken out of a list until it is empty: sorted once instead."""
    pool, out = match.text("pool"), match.text("out")
    rest = match.bound.get("rest", ())
    element = match.node("e")
    taken = found((element,), lambda node: text_of(node) in (f"min({pool})", f"max({pool})"))
    if not taken or len(taken) != len(list(uses((element, *rest), pool))):
        return None
    if any(node.type == "boolean_operator" for node in preorder(element)):
        return None
    queue = site.fresh("ordered")
    ways = {f"min({pool})": f"{queue}.popleft()", f"max({pool})": f"{queue}.pop()"}
    new = spliced((element,), [(node, ways[text_of(node)]) for node in taken], site)
    margin = site.margin(match)
    lines = [
        f"{queue} = collections.deque(sorted({pool}))",
        f"{margin}{pool}.clear()",
        f"{margin}while {queue}:",
        f"{margin}{_STEP}{out}.append({new})",
    ]
    if rest:
        text = indented(spliced(rest, (), site), margin_of(rest[0], site), margin + _STEP)
        lines.append(f"{margin}{_STEP}{text}")
    return "\n".join(lines)


_QUEUE_METHODS = frozenset(("append", "pop", "extend", "appendleft", "clear"))


def _queue(match: Match, site: Site) -> str | None:
    """A list that is taken from at its front, as a deque."""
    popped = [
        text_of(node.children[0].children[0])
        for node in preorder(site.function)
        if node.type == "call" and text_of(node).endswith(".pop(0)")
        and node.children[0].children[0].type == "identifier"
    ]  # fmt: skip
    for holder in dict.fromkeys(popped):
        changes = _as_deque(holder, site)
        if changes:
            return spliced((site.function,), changes, site)
    return None


def _as_deque(holder: str, site: Site) -> list[tuple[Node, str]] | None:
    changes: list[tuple[Node, str]] = []
    for node in uses((site.function,), holder):
        parent = node.parent
        assert parent is not None
        if parent.type == "assignment" and parent.child_by_field_name("left") == node:
            right = parent.child_by_field_name("right")
            if right is None or right.type not in ("list", "list_comprehension"):
                return None
            changes.append((right, f"collections.deque({text_of(right)})"))
        elif parent.type == "attribute":
            method, call = parent.child_by_field_name("attribute"), parent.parent
            if method is None or call is None or text_of(method) not in _QUEUE_METHODS:
                return None
            if text_of(call).endswith(".pop(0)"):
                changes.append((call, f"{holder}.popleft()"))
            elif text_of(method) == "pop" and not text_of(call).endswith(".pop()"):
                return None
        elif parent.type not in (
            "while_statement",
            "if_statement",
            "not_operator",
            "argument_list",
        ) or (
            parent.type == "argument_list" and text_of(parent.parent or parent) != f"len({holder})"
        ):
            return None
    return changes if any(text.endswith(".popleft()") for _, text in changes) else None


_ELEMENTS = (names("i", "xs"), private("i"), unchanged("xs", "body"))
_OVER = "loop over the elements"

LOOPS = (
    Idiom(_OVER, "for $i in range(0, len($xs), $k):\n    $$body", _over_elements, 1.5, _ELEMENTS),
    *(
        Idiom("loop over a range", f"$i = $a\nwhile {condition}:\n    $$body", _counted_while, 1.3,
              (private("i"), plain("n"), apart("n", "i"), literal("a")))
        for condition in ("$i < $n", "$n > $i")
    ),
    Idiom("keep the window in names", "for $i in $xs:\n    $w.append($e)\n    $w.pop(0)", _window, 2,
          (names("w", "i"), apart("xs", "w"))),
    *(
        Idiom("sort once", f"while {condition}:\n    $out.append($e)\n    $pool.remove($out[-1])" + rest,
              _pool, 100, (names("pool", "out"),), ("collections",))
        for condition in ("$pool", "len($pool) > 0", "len($pool)")
        for rest in ("", "\n    $$rest")
    ),
    Idiom("take from the front of a deque", "", _queue, 20, (), ("collections",)),
    *(
        Idiom("reverse in one go", f"$out = {empty}\nfor $x in $xs:\n    $out = $x + $out", after, 8,
              (again("xs"), private("x"), names("out"), apart("xs", "out")))
        for empty in ("''",)
        for after in ("$out = $xs[::-1]", "$out = ''.join(reversed($xs))")
    ),
    Idiom("join once", "$out = ''\nfor $x in $xs:\n    $out += $e", "$out = ''.join([$e for $x in $xs])",
          1.5, (private("x"), names("out"), apart("xs", "out"), apart("e", "out"))),
)  # fmt: skip
