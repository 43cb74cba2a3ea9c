"""Loops that collect, add up or compare: what a builtin does without the interpreter's loop."""

from lacuna_ls.optimization.idiom import Idiom, Site
from lacuna_ls.optimization.pattern import Match, text_of
from lacuna_ls.optimization.requirements import (
    again,
    apart,
    begun_as_text,
    builtin,
    literal,
    looped,
    names,
    plain,
    private,
)
from lacuna_ls.optimization.splicing import spliced
from lacuna_ls.syntax.nodes import Node, preorder

_FUNCTIONS = (
    "len", "int", "str", "float", "abs", "ord", "chr", "bool", "repr", "round", "bin", "hex", "sum",
    "max", "min", "sorted", "tuple", "list", "set",
)  # fmt: skip
_CONSUMERS = ("sum", "max", "min", "list", "set", "tuple", "sorted", "frozenset")
_ONE_CALL = (builtin("f", *_FUNCTIONS), apart("xs", "x"), names("x"))
_ADDED = (again("xs"), private("x"), names("t"), apart("xs", "t"))
_COMPARISONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}

_OPERATORS = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "&": "and_",
    "|": "or_", "^": "xor", "**": "pow",
}  # fmt: skip
_EAGER = frozenset(("sum", "max", "min", "tuple", "sorted", "set", "frozenset"))


def _lists(match: Match, site: Site) -> str | None:
    """A generator that is used up at once, as a list: nothing goes back and forth for each element."""
    changes: list[tuple[Node, str]] = []
    for node in preorder(site.function):
        generator = _only_generator(node)
        if generator is None:
            continue
        function = node.children[0]
        eager = text_of(function) in _EAGER - site.rebound
        joined = function.type == "attribute" and text_of(function.children[-1]) == "join"
        if eager or joined:
            changes.append((node.children[1], f"([{text_of(generator)[1:-1]}])"))
        elif text_of(function) == "list" and "list" not in site.rebound:
            changes.append((node, f"[{text_of(generator)[1:-1]}]"))
    nested = [one for one, _ in changes for two, _ in changes if one != two and _inside(one, two)]
    return spliced((site.function,), changes, site) if changes and not nested else None


def _only_generator(call: Node) -> Node | None:
    """The generator that is all of what is called with, in whatever parentheses."""
    if call.type != "call":
        return None
    given = call.children[1]
    while given.type in ("argument_list", "parenthesized_expression"):
        if len(given.named_children) != 1:
            return None
        given = given.named_children[0]
    return given if given.type == "generator_expression" else None


def _inside(one: Node, other: Node) -> bool:
    return other.start_byte <= one.start_byte and one.end_byte <= other.end_byte


AGGREGATES = (
    Idiom("lists for generators", "", _lists, 1.25),
    *(
        Idiom("combine with map", before, after, 1.8, (names("a", "b"),), ("operator",))
        for sign, name in {**_COMPARISONS, **_OPERATORS}.items()
        for before, after in (
            (f"[$a {sign} $b for $a, $b in zip($xs, $ys)]", f"list(map(operator.{name}, $xs, $ys))"),
            (f"tuple($a {sign} $b for $a, $b in zip($xs, $ys))", f"tuple(map(operator.{name}, $xs, $ys))"),
            (f"sum($a {sign} $b for $a, $b in zip($xs, $ys))", f"sum(map(operator.{name}, $xs, $ys))"),
            (f"all($a {sign} $b for $a, $b in zip($xs, $ys))", f"all(map(operator.{name}, $xs, $ys))"),
            (f"any($a {sign} $b for $a, $b in zip($xs, $ys))", f"any(map(operator.{name}, $xs, $ys))"),
        )
    ),
    Idiom("ask once for all", "all(not $x for $x in $xs)", "not any($xs)", 4, (names("x"),)),
    Idiom("ask once for all", "any(not $x for $x in $xs)", "not all($xs)", 4, (names("x"),)),
    Idiom("take items with map", "[$x[$k] for $x in $xs]", "list(map(operator.itemgetter($k), $xs))", 1.5,
          (names("x"), literal("k", signed=True)), ("operator",)),
    *(
        Idiom("join once", f"for $x in $xs:\n    if $c:\n        {added}",
              "$out += ''.join([$e for $x in $xs if $c])", 1.5,
              (private("x"), begun_as_text("out"), names("out"), apart("xs", "out"), apart("e", "out"), apart("c", "out")))
        for added in ("$out += $e", "$out = $out + $e")
    ),
    Idiom("sum with map", "$g($f($x) for $x in $xs)", "$g(map($f, $xs))", 2,
          (builtin("g", *_CONSUMERS, "any", "all"), *_ONE_CALL)),
    Idiom("sum with map", "$g([$f($x) for $x in $xs])", "$g(map($f, $xs))", 1.6,
          (builtin("g", *_CONSUMERS), *_ONE_CALL)),
    Idiom("join with map", "$s.join($f($x) for $x in $xs)", "$s.join(map($f, $xs))", 1.6, _ONE_CALL),
    Idiom("join with map", "$s.join([$f($x) for $x in $xs])", "$s.join(map($f, $xs))", 1.3, _ONE_CALL),
    Idiom("collect with map", "[$f($x) for $x in $xs]", "list(map($f, $xs))", 1.4, _ONE_CALL),
    Idiom("join without a copy", "$s.join(list(map($f, $xs)))", "$s.join(map($f, $xs))", 1.1),
    Idiom("sum without a copy", "sum(list($xs))", "sum($xs)", 1.2),
    Idiom("sort without a copy", "sorted(list(set($xs)))", "sorted(set($xs))", 1.1),
    Idiom("filter with a comprehension", "list(filter(lambda $x: $c, $xs))", "[$x for $x in $xs if $c]", 1.8,
          (apart("xs", "x"), names("x"))),
    Idiom("map with a comprehension", "list(map(lambda $x: $e, $xs))", "[$e for $x in $xs]", 1.8,
          (apart("xs", "x"), names("x"))),
    Idiom("sum with a comprehension", "sum(map(lambda $x: $e, $xs))", "sum([$e for $x in $xs])", 1.6,
          (apart("xs", "x"), names("x"))),
    Idiom("count with a list", "sum($x in $set for $x in $xs)", "len([1 for $x in $xs if $x in $set])", 1.4),
    Idiom("count with a list", "sum($a == $b for $x in $xs)", "len([1 for $x in $xs if $a == $b])", 1.4),
    Idiom("count with a list", "sum(1 for $x in $xs if $c)", "len([1 for $x in $xs if $c])", 1.4),
    Idiom("sum a list", "sum($e for $x in $xs if $c)", "sum([$e for $x in $xs if $c])", 1.2),
    Idiom("sum a list", "sum($e for $x in $xs)", "sum([$e for $x in $xs])", 1.2),
    Idiom("sum with map and filter", "sum($f($x) if $x.$m() else 0 for $x in $xs)",
          "sum(map($f, [$x for $x in $xs if $x.$m()]))", 1.8, _ONE_CALL),
    Idiom("count with a list", "sum(1 for $x, $y in $xs if $c)", "len([1 for $x, $y in $xs if $c])", 1.3),
    Idiom("the larger of two", "max($a, $b)", "($b if $b > $a else $a)", 2.5, (plain("a", "b"), looped)),
    Idiom("the smaller of two", "min($a, $b)", "($b if $b < $a else $a)", 2.5, (plain("a", "b"), looped)),
    Idiom("the first of the sorted", "sorted($xs)[0]", "heapq.nsmallest(1, $xs)[0]", 4, imports=("heapq",)),
    Idiom("the first of the sorted", "sorted($xs, key=$k)[0]", "heapq.nsmallest(1, $xs, key=$k)[0]", 4,
          imports=("heapq",)),
    Idiom("the largest few", "sorted($xs, reverse=True)[:$k]", "heapq.nlargest($k, $xs)", 3,
          (literal("k"),), ("heapq",)),
    Idiom("the smallest few", "sorted($xs)[:$k]", "heapq.nsmallest($k, $xs)", 3, (literal("k"),), ("heapq",)),
    Idiom("sum with map", "for $x in $xs:\n    $t += $f($x)", "$t = sum(map($f, $xs), $t)", 3,
          (*_ADDED, *_ONE_CALL)),
    Idiom("sum in one call", "for $x in $xs:\n    $t += $x", "$t = sum($xs, $t)", 4, _ADDED),
    Idiom("sum in one call", "for $x in $xs:\n    $t = $t + $x", "$t = sum($xs, $t)", 4, _ADDED),
    Idiom("multiply in one call", "for $x in $xs:\n    $t *= $x", "$t = math.prod($xs, start=$t)", 3,
          _ADDED, ("math",)),
    Idiom("multiply in one call", "for $x in $xs:\n    $t = $t * $x", "$t = math.prod($xs, start=$t)", 3,
          _ADDED, ("math",)),
    Idiom("add up and multiply in one call each", "for $x in $xs:\n    $t += $x\n    $p *= $x",
          "$t = sum($xs, $t)\n$p = math.prod($xs, start=$p)", 3,
          (*_ADDED, names("p"), apart("xs", "p"), apart("t", "p")), ("math",)),
    Idiom("count with a list", "for $x in $xs:\n    if $e == $v:\n        $n += 1",
          "$n += [$e for $x in $xs].count($v)", 1.4,
          (private("x"), names("n"), plain("e", "v"), apart("v", "x", "n"), apart("e", "n"), apart("xs", "n"))),
    Idiom("count with a list", "for $x in $xs:\n    if $c:\n        $n += 1",
          "$n += len([1 for $x in $xs if $c])", 1.5,
          (private("x"), names("n"), apart("c", "n"), apart("xs", "n"))),
    *(
        Idiom("the first longest", f"""
{upper} = {most}({length} for $y in $xs)
for $x in $xs:
    if len($x) == {upper}:
        return $x
""", f"return {most}($xs, key=len)", 2.5, (again("xs"), private("x", "m")))
        for upper in ("$m",)
        for most in ("max", "min")
        for length in ("len($y)",)
    ),
    *(
        Idiom("compare neighbours with map", f"all({pair} for $i in {places})",
              f"all(map(operator.{name}, $xs, $xs[1:]))", 3, (names("xs", "i"),), ("operator",))
        for sign, name in _COMPARISONS.items()
        for pair, places in (
            (f"$xs[$i - 1] {sign} $xs[$i]", "range(1, len($xs))"),
            (f"$xs[$i] {sign} $xs[$i + 1]", "range(len($xs) - 1)"),
            (f"$xs[$i] {sign} $xs[$i + 1]", "range(0, len($xs) - 1)"),
        )
    ),
    *(
        Idiom("compare neighbours with map",
              f"for $i in {places}:\n    if {pair}:\n        return $found",
              f"if any(map(operator.{name}, $xs, $xs[1:])):\n    return $found", 3,
              (names("xs"), private("i"), apart("found", "i")), ("operator",))
        for sign, name in _COMPARISONS.items()
        for pair, places in (
            (f"$xs[$i - 1] {sign} $xs[$i]", "range(1, len($xs))"),
            (f"$xs[$i] {sign} $xs[$i - 1]", "range(1, len($xs))"),
            (f"$xs[$i] {sign} $xs[$i + 1]", "range(len($xs) - 1)"),
            (f"$xs[$i] {sign} $xs[$i + 1]", "range(0, len($xs) - 1)"),
        )
        if not pair.startswith("$xs[$i] ") or "$i - 1" not in pair
    ),
)  # fmt: skip
