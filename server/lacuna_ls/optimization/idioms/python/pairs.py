"""Nested loops that look for pairs: a hash table or an order finds them without trying all."""

from lacuna_ls.optimization.idiom import Idiom, Site
from lacuna_ls.optimization.pattern import Match, text_of
from lacuna_ls.optimization.requirements import again, apart, names, plain, private
from lacuna_ls.optimization.splicing import found, indented, margin_of, spliced, uses
from lacuna_ls.syntax.nodes import Node, ancestors, preorder

_STEP = "    "
_LOOPS = ("for_statement", "while_statement")
_COMPREHENSIONS = ("list_comprehension", "generator_expression", "set_comprehension")


def _once_is_enough(match: Match, site: Site) -> bool:
    """Doing the body a second time does nothing: it leaves, or adds the same to a set."""
    body = match.bound["body"]
    first = text_of(body[0])
    if body[-1].type == "return_statement":
        return True
    return len(body) == 1 and first.endswith(f".add({match.text('a')})")


def _symmetric(match: Match, site: Site) -> bool:
    """The body treats both of a pair alike, and keeps only what is better than what it has."""
    body, one, other = match.bound["body"], match.text("x"), match.text("y")
    mentioned = {each for name in ("i", "j") for each in uses(body, match.text(name))}
    if mentioned:
        return False
    alike = {
        form.format(a, b)
        for a, b in ((one, other), (other, one))
        for form in ("abs({} - {})", "sorted([{}, {}])", "{} == {}", "{} + {}", "{} * {}",
                     "max({}, {})", "min({}, {})", "sorted(({}, {}))")
    }  # fmt: skip
    pairs = found(body, lambda node: text_of(node) in alike)
    inside = sum(1 for name in (one, other) for _ in uses(pairs, name))
    if inside != sum(1 for name in (one, other) for _ in uses(body, name)):
        return False
    return not any(
        node.type in ("augmented_assignment", "yield", "await")
        or (node.type == "call" and text_of(node.children[0]) not in _HARMLESS)
        for top in body
        for node in preorder(top)
    )


_HARMLESS = ("abs", "sorted", "tuple", "min", "max", "len", "float", "int")


def _members(match: Match, site: Site) -> str | None:
    """`x in xs` in a loop that leaves `xs` alone, asked of a set that is made before the loop."""
    for holder, tests in _membership(site):
        loop = _outermost_loop(tests[0], site)
        if loop is None or any(_outermost_loop(each, site) != loop for each in tests):
            continue
        if _touches(loop, holder, tests):
            continue
        name = site.fresh(f"{holder}_set")
        text = spliced((loop,), [(each, name) for each in tests], site)
        line = f"{name} = set({holder})\n{margin_of(loop, site)}"
        return spliced((site.function,), [(loop, line + text)], site)
    return None


def _membership(site: Site) -> list[tuple[str, list[Node]]]:
    found_tests: dict[str, list[Node]] = {}
    for node in preorder(site.function):
        if node.type != "comparison_operator" or len(node.named_children) != 2:
            continue
        operator = next(child.type for child in node.children if child not in node.named_children)
        right = node.named_children[1]
        if (
            operator in ("in", "not in")
            and right.type == "identifier"
            and _may_be_list(right, site)
        ):
            found_tests.setdefault(text_of(right), []).append(right)
    return list(found_tests.items())


def _may_be_list(name: Node, site: Site) -> bool:
    """Whether it is bound to nothing that is a string, set or table by its looks or annotation."""
    for node in uses((site.root,), text_of(name)):
        parent = node.parent
        if parent is None:
            continue
        kind = parent.child_by_field_name("type")
        if kind is not None and text_of(kind).lower().startswith(
            ("str", "set", "dict", "frozenset")
        ):
            return False
        right = parent.child_by_field_name("right")
        bound = parent.type == "assignment" and parent.child_by_field_name("left") == node
        if bound and (right is None or _is_no_list(right)):
            return False
    return True


def _is_no_list(value: Node) -> bool:
    return value.type in _NO_LISTS or text_of(value).startswith(_MADE_NO_LIST)


_NO_LISTS = (
    "string", "concatenated_string", "set", "dictionary", "set_comprehension",
    "dictionary_comprehension", "tuple",
)  # fmt: skip
_MADE_NO_LIST = (
    "set(",
    "frozenset(",
    "dict(",
    "str(",
    "range(",
    "''.join",
    '"".join',
    "collections.",
)


def _outermost_loop(node: Node, site: Site) -> Node | None:
    """The statement with the outermost loop around the node."""
    outer: Node | None = None
    for each in ancestors(node):
        if each == site.function:
            return outer
        if (
            each.type in _LOOPS
            or (outer is not None and each.type in _COMPREHENSIONS)
            or each.type in _COMPREHENSIONS
            or (
                outer is not None
                and outer.type in _COMPREHENSIONS
                and each.type.endswith("statement")
            )
        ):
            outer = each
    return None


def _touches(loop: Node, name: str, tests: list[Node]) -> bool:
    """Whether the loop does anything with the list but ask what is in it, or iterate over it."""
    asked = {each.start_byte for each in tests}
    for node in uses((loop,), name):
        parent = node.parent
        if node.start_byte in asked:
            continue
        right = parent.child_by_field_name("right") if parent is not None else None
        if (
            parent is not None
            and parent.type in ("for_statement", "for_in_clause")
            and right == node
        ):
            continue
        return True
    return False


def _counts(match: Match, site: Site) -> str | None:
    """`xs.count(x)` for each `x` of `xs`, counted once for all."""
    for node in preorder(site.function):
        clause = node.type == "for_in_clause"
        if not clause and node.type != "for_statement":
            continue
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type != "identifier":
            continue
        element, holder = text_of(left), text_of(right)
        if holder.startswith("set(") and holder.endswith(")"):
            holder = holder[4:-1]
        scope = node.parent if clause and node.parent is not None else node
        wanted = f"{holder}.count({element})"
        calls = found((scope,), lambda n, wanted=wanted: text_of(n) == wanted)  # type: ignore[misc]
        loop = _outermost_loop(calls[0], site) if calls and holder.isidentifier() else None
        if loop is None or _touches(loop, holder, [c.children[0].children[0] for c in calls]):
            continue
        name = site.fresh(f"{holder}_counts")
        text = spliced((loop,), [(each, f"{name}[{element}]") for each in calls], site)
        line = f"{name} = collections.Counter({holder})\n{margin_of(loop, site)}"
        return spliced((site.function,), [(loop, line + text)], site)
    return None


def _cached(match: Match, site: Site) -> str | None:
    """A function that asks itself the same over and over, with its answers kept for one call.

    They are kept on a copy inside the function, so that nothing outlives the call; `typed`, because
    1, 1.0 and True are one key otherwise.
    """
    function = site.function
    name, body = function.child_by_field_name("name"), function.child_by_field_name("body")
    parameters = function.child_by_field_name("parameters")
    if name is None or body is None or parameters is None or function.parent is None:
        return None
    if function.parent.type != "module" or text_of(function).startswith("async"):
        return None
    if any(
        child.type not in {"identifier", "typed_parameter"} for child in parameters.named_children
    ):
        return None
    if any(
        child.type == "typed_parameter" and text_of(child).startswith("*")
        for child in parameters.named_children
    ):
        return None
    called = [
        n for n in uses((body,), text_of(name)) if n.parent is not None and n.parent.type == "call"
    ]
    if (
        len(called) < 2
        or len(called) != len(list(uses((body,), text_of(name))))
        or not _silent(body, text_of(name))
    ):
        return None
    arguments = [
        text_of(child.named_children[0]) if child.type == "typed_parameter" else text_of(child)
        for child in parameters.named_children
    ]
    margin = _STEP
    inner = indented(text_of(function), "", margin)
    return (
        f"def {text_of(name)}{_signature(function)}:\n"
        f"{margin}@functools.lru_cache(maxsize=None, typed=True)\n"
        f"{margin}{inner}\n\n"
        f"{margin}return {text_of(name)}({', '.join(arguments)})"
    )


_PURE = ("len", "abs", "min", "max", "int", "sum", "range", "divmod", "pow", "ord", "chr", "bool")


def _signature(function: Node) -> str:
    parameters = function.child_by_field_name("parameters")
    result = function.child_by_field_name("return_type")
    assert parameters is not None
    return text_of(parameters) + (f" -> {text_of(result)}" if result is not None else "")


def _silent(body: Node, own: str) -> bool:
    """It changes nothing that outlives a call, and makes nothing that two callers could share."""
    for node in preorder(body):
        if node.type == "call" and text_of(node.children[0]) not in (own, *_PURE):
            return False
        if node.type in (
            "global_statement", "nonlocal_statement", "yield", "await", "list", "dictionary", "set",
            "list_comprehension", "dictionary_comprehension", "set_comprehension", "lambda", "function_definition",
            "delete_statement", "with_statement", "string_content", "attribute",
        ):  # fmt: skip
            # Documentation is the one string that may stand there.
            statement = node.parent.parent if node.parent is not None else None
            if (
                node.type == "string_content"
                and statement is not None
                and statement.type == "expression_statement"
            ):
                continue
            return False
        left = node.child_by_field_name("left") if node.type.endswith("assignment") else None
        if left is not None and left.type not in ("identifier", "pattern_list"):
            return False
    return True


_JOINED = (again("ys"), names("a", "b"), apart("ys", "a", "b"), apart("body", "b"), _once_is_enough)
_ONE_ROUND = "find the pair in one pass"

PAIRS = (
    *(
        Idiom("join by a set", f"for $a in $xs:\n    for $b in $ys:\n        if {equal}:\n            $$body",
              "%known = set($ys)\nfor $a in $xs:\n    if $a in %known:\n        $$body", 100, _JOINED)
        for equal in ("$a == $b", "$b == $a")
    ),
    Idiom("join by a set",
          "for $i in $xs:\n    for $j in $ys:\n        if $f == $g:\n            return $found",
          "%known = {$g for $j in $ys}\nfor $i in $xs:\n    if $f in %known:\n        return $found", 100,
          (names("i", "j"), private("i", "j"), plain("f", "g", "ys", "found"), apart("f", "j"),
           apart("g", "i"), apart("ys", "i"), apart("found", "i", "j"))),
    *(
        Idiom(_ONE_ROUND,
              f"for $i in range(len($l)):\n    for $j in range($i + 1, len($l)):\n"
              f"        if {total}:\n            return $found",
              "%seen = set()\nfor %item in $l:\n    if $c - %item in %seen:\n        return $found\n"
              "    %seen.add(%item)", 100,
              (names("l"), private("i", "j"), plain("c"), apart("c", "i", "j"), apart("found", "i", "j")))
        for total in ("$l[$i] + $l[$j] == $c",)
    ),
    Idiom(_ONE_ROUND,
          "for $i, $x in enumerate($l):\n    for $j in range($i + 1, len($l)):\n"
          "        if $x + $l[$j] == $c:\n            return $found",
          "%seen = set()\nfor $x in $l:\n    if $c - $x in %seen:\n        return $found\n    %seen.add($x)",
          100, (names("l", "x"), private("i", "j", "x"), plain("c"), apart("c", "i", "j", "x"),
                apart("found", "i", "j", "x"))),
    Idiom(_ONE_ROUND,
          "for $i in range(len($l)):\n    for $j in range($i + 1, len($l)):\n"
          "        for $k in range($j + 1, len($l)):\n            if $l[$i] + $l[$j] + $l[$k] == $c:\n"
          "                return $found",
          "for $i in range(len($l)):\n    %seen = set()\n    for $j in range($i + 1, len($l)):\n"
          "        if $c - $l[$i] - $l[$j] in %seen:\n            return $found\n"
          "        %seen.add($l[$j])", 100,
          (names("l"), private("i", "j", "k"), plain("c"), apart("c", "i", "j", "k"),
           apart("found", "i", "j", "k"))),
    # The least difference is one of neighbours in order; what is not equal to itself has no place there.
    *(
        Idiom("compare neighbours in order", f"{loops}\n{guard}{body}",
              "%ordered = sorted([%item for %item in $l if %item == %item])\n"
              "for %one, %other in zip(%ordered, %ordered[1:]):\n"
              "    if %other - %one < $t:\n        return $found", 100,
              (names("l"), private(*own), plain("t"), apart("t", *own), apart("found", *own)))
        for loops, own, one, other, guard, margin in (
            ("for $i, $x in enumerate($l):\n    for $j, $y in enumerate($l):", ("i", "j", "x", "y"),
             "$x", "$y", "        if $i != $j:\n", 12),
            ("for $i in range(len($l)):\n    for $j in range($i + 1, len($l)):", ("i", "j"),
             "$l[$i]", "$l[$j]", "", 8),
        )
        for body in (
            f"{' ' * margin}if abs({one} - {other}) < $t:\n{' ' * margin}    return $found",
            (f"{' ' * margin}$d = abs({one} - {other})\n{' ' * margin}if $d < $t:\n"
            f"{' ' * margin}    return $found"),
        )
    ),
    Idiom("visit each pair once",
          "for $i, $x in enumerate($l):\n    for $j, $y in enumerate($l):\n        if $i != $j:\n"
          "            $$body",
          "for $i, $x in enumerate($l):\n    for $y in $l[$i + 1:]:\n        $$body", 2.5,
          (names("l", "x", "y"), private("i", "j"), _symmetric)),
    *(
        Idiom("count equal pairs in a table",
              f"for $i in range(len($l)):\n    for $j in range($i + 1, len($l)):\n"
              f"        if {equal}:\n            $n += 1",
              "$n += sum([%k * (%k - 1) // 2 for %k in collections.Counter($l).values()])", 100,
              (names("l", "n"), private("i", "j")), ("collections",))
        for equal in ("$l[$i] == $l[$j]", "$l[$j] == $l[$i]")
    ),
    Idiom("look it up in a set", "", _members, 60),
    Idiom("count once", "", _counts, 60, (), ("collections",)),
    Idiom("keep the answers of one call", "", _cached, 1000, (), ("functools",)),
)  # fmt: skip
