"""Small functions that are called for each element: functions of the library in their place."""

from collections.abc import Iterator

from lacuna_ls.optimization.idiom import Idiom
from lacuna_ls.optimization.requirements import (
    apart,
    builtin,
    certain,
    literal,
    looped,
    names,
    one_letter,
)

_BUILTINS = (
    "len", "int", "str", "float", "abs", "ord", "chr", "bool", "repr", "bin", "hex", "sum", "max", "min",
    "sorted", "tuple", "list", "set", "round",
)  # fmt: skip
_OPERATORS = {
    "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne",
    "+": "add", "-": "sub", "*": "mul", "//": "floordiv", "%": "mod", "&": "and_", "|": "or_", "^": "xor",
}  # fmt: skip
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_EACH = "ask of each with map"


def _lambdas() -> Iterator[Idiom]:
    for call in ("sorted($xs, key={})", "max($xs, key={})", "min($xs, key={})", "$xs.sort(key={})",
                 "sorted($xs, key={}, reverse=True)", "$xs.sort(key={}, reverse=True)",
                 "sorted($xs, reverse=True, key={})", "$xs.sort(reverse=True, key={})",
                 "list(map({}, $xs))"):  # fmt: skip
        for body, given, more, modules in (
            ("$x[$k]", "operator.itemgetter($k)", (literal("k", signed=True),), ("operator",)),
            ("$d[$x]", "$d.__getitem__", (names("d"), apart("d", "x")), ()),
            ("$f($x)", "$f", (builtin("f", *_BUILTINS),), ()),
            ("-$x", "operator.neg", (), ("operator",)),
        ):
            yield Idiom("sort by a function of the library", call.format(f"lambda $x: {body}"),
                        call.format(given), 1.4, (names("x"), *more), modules)  # fmt: skip


def _compared() -> Iterator[Idiom]:
    """One element after the other, as far as it takes, with the value that does not change."""
    for sign in (*_COMPARISONS, "in"):
        name = _OPERATORS.get(sign, "contains")
        for asked in ("any", "all"):
            ways = [(f"$x {sign} $c", f"map(operator.{name}, $xs, itertools.repeat($c))")]
            if sign == "in":
                ways = [
                    ("$c in $x", "map(operator.contains, $xs, itertools.repeat($c))"),
                    ("$x in $c", "map(operator.contains, itertools.repeat($c), $xs)"),
                ]
            for condition, mapped in ways:
                yield Idiom(_EACH, f"{asked}($e for $x in $xs)".replace("$e", condition),
                            f"{asked}({mapped})", 1.5,
                            (names("x"), certain("c"), apart("c", "x")),
                            ("itertools", "operator"))  # fmt: skip
    for sign in _COMPARISONS:
        yield Idiom(_EACH, f"for $x in $xs:\n    if $x {sign} $c:\n        return $r",
                    f"if any(map(operator.{_OPERATORS[sign]}, $xs, itertools.repeat($c))):\n    return $r",
                    1.5, (names("x"), certain("c"), apart("c", "x"), apart("r", "x")),
                    ("itertools", "operator"))  # fmt: skip
    for zero, asked in (("== 0", "not any"), ("!= 0", "all")):
        yield Idiom(_EACH, f"all($x % $k {zero} for $x in $xs)",
                    f"{asked}(map(operator.mod, $xs, itertools.repeat($k)))", 1.5,
                    (names("x"), certain("k"), apart("k", "x")), ("itertools", "operator"))  # fmt: skip
    for zero, asked in (("== 0", "not all"), ("!= 0", "any")):
        yield Idiom(_EACH, f"any($x % $k {zero} for $x in $xs)",
                    f"{asked}(map(operator.mod, $xs, itertools.repeat($k)))", 1.5,
                    (names("x"), certain("k"), apart("k", "x")), ("itertools", "operator"))  # fmt: skip


def _composed() -> Iterator[Idiom]:
    """`f(a op b)` of each pair, and `f(g(x))` of each element."""
    for sign, name in _OPERATORS.items():
        for made, mapped in (
            (f"[$f($a {sign} $b) for $a, $b in zip($xs, $ys)]", "list({})"),
            (f"tuple($f($a {sign} $b) for $a, $b in zip($xs, $ys))", "tuple({})"),
            (f"sum($f($a {sign} $b) for $a, $b in zip($xs, $ys))", "sum({})"),
            (f"max($f($a {sign} $b) for $a, $b in zip($xs, $ys))", "max({})"),
        ):
            yield Idiom("combine with map", made, mapped.format(f"map($f, map(operator.{name}, $xs, $ys))"),
                        1.8, (names("a", "b"), builtin("f", *_BUILTINS)), ("operator",))  # fmt: skip
        for made, first, second in (
            (f"[$i {sign} $x for $i, $x in enumerate($xs)]", "itertools.count()", "$xs"),
            (f"[$x {sign} $i for $i, $x in enumerate($xs)]", "$xs", "itertools.count()"),
        ):
            yield Idiom("combine with map", made, f"list(map(operator.{name}, {first}, {second}))", 1.6,
                        (names("i", "x"),), ("itertools", "operator"))  # fmt: skip
    for made, mapped in (
        ("[$f($a, $b) for $a, $b in zip($xs, $ys)]", "list({})"),
        ("$h($f($a, $b) for $a, $b in zip($xs, $ys))", "$h({})"),
    ):
        consumer = (builtin("h", "sum", "max", "min", "set", "tuple", "sorted", "list"),)
        yield Idiom("combine with map", made, mapped.format("map($f, $xs, $ys)"), 1.8,
                    (names("a", "b"), builtin("f", "max", "min", "pow", "divmod"),
                     *(consumer if "$h" in made else ())))  # fmt: skip
    composed = (builtin("f", *_BUILTINS), builtin("g", *_BUILTINS), names("x"))
    for made, mapped in (
        ("[$f($g($x)) for $x in $xs]", "list({})"),
        ("$h($f($g($x)) for $x in $xs)", "$h({})"),
        ("$h([$f($g($x)) for $x in $xs])", "$h({})"),
    ):
        more = (
            (builtin("h", "sum", "max", "min", "set", "tuple", "sorted"),) if "$h" in made else ()
        )
        yield Idiom("apply both with map", made, mapped.format("map($f, map($g, $xs))"), 1.4,
                    (*composed, *more))  # fmt: skip


CALLS = (
    *_lambdas(),
    *_compared(),
    *_composed(),
    Idiom("the last by its index from the end", "$xs[len($xs) - 1]", "$xs[-1]", 1.3, (names("xs"),)),
    Idiom("ask the table itself", "$x in $d.keys()", "$x in $d", 1.5, (names("d"), looped)),
    Idiom("count bits", "bin($x).count('1')", "$x.bit_count()", 2, (names("x"),)),
    Idiom("delete whitespace by splitting", "re.sub('\\\\s+', '', $s)", "''.join($s.split())", 6, (names("s"),)),
    Idiom("delete whitespace by splitting", "re.sub(r'\\s+', '', $s)", "''.join($s.split())", 6, (names("s"),)),
    Idiom("measure the set", "len(list(set($xs)))", "len(set($xs))", 1.2),
    *(
        Idiom("strip in one go", f"while {condition}:\n    $s = $s[:-1]", f"$s = $s.rstrip($c){rest}", 100,
              (names("s"), one_letter("c")))
        for condition, rest in (
            ("$s and $s[-1] == $c", ""),
            ("$s.endswith($c)", ""),
            ("$s[-1] == $c", "\n$s[-1]"),
        )

    ),
)  # fmt: skip
