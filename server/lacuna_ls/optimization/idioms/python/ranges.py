"""Ranges of integers: sums in closed form, products in one call, divisors up to the root."""

from lacuna_ls.optimization.idiom import Idiom
from lacuna_ls.optimization.requirements import apart, names, plain, private

_SUMMED = (private("i"), names("t"), plain("a", "b"), apart("b", "t", "i"), apart("a", "t", "i"))
_CLOSED = "($a + $b - 1) * len(range($a, $b)) // 2"
_DIVISORS = (private("i"), plain("n"), apart("n", "i"))
_CLOSED_FORM = "add up in closed form"
_TO_THE_ROOT = "try divisors up to the root only"

RANGES = (
    Idiom(_CLOSED_FORM, "sum(range($n + 1))", "$n * len(range($n + 1)) // 2", 1000, (plain("n"),)),
    Idiom(_CLOSED_FORM, "sum(range(1, $n + 1))", "($n + 1) * len(range(1, $n + 1)) // 2", 1000, (plain("n"),)),
    Idiom(_CLOSED_FORM, "sum(range($a, $b))", _CLOSED, 1000, (plain("a", "b"),)),
    Idiom(_CLOSED_FORM, "sum(range($b))", "($b - 1) * len(range($b)) // 2", 1000, (plain("b"),)),
    Idiom(_CLOSED_FORM, "sum([$i for $i in range($a, $b)])", _CLOSED, 1000, (plain("a", "b"),)),
    Idiom(_CLOSED_FORM, "sum($i for $i in range($a, $b))", _CLOSED, 1000, (plain("a", "b"),)),
    *(
        Idiom(_CLOSED_FORM, f"for $i in range($a, $b):\n    {added}", f"$t += {_CLOSED}", 1000, _SUMMED)
        for added in ("$t += $i", "$t = $t + $i")
    ),
    *(
        Idiom("multiply in one call", f"for $i in range($a, $b):\n    {multiplied}",
              "$t *= math.prod(range($a, $b))", 4, _SUMMED, ("math",))
        for multiplied in ("$t *= $i", "$t = $t * $i")
    ),
    *(
        Idiom("a factorial", f"$t = 1\nfor $i in range({first}, $n + 1):\n    {multiplied}",
              "$t = math.factorial($n) if $n > 0 else 1", 8,
              (private("i"), names("t", "n")), ("math",))
        for multiplied in ("$t *= $i", "$t = $t * $i")
        for first in ("1", "2")
    ),
    *(
        Idiom("list a range", f"[{element} for $i in range($n)]",
              f"list(range($n, $n + {step} * $n, {step}))", 3, (names("n", "i"), apart("n", "i")))
        for step in ("2", "3")
        for element in (f"$n + {step} * $i", f"$n + $i * {step}", f"{step} * $i + $n")
    ),
    Idiom("list a range", "[$i for $i in range($n)]", "list(range($n))", 2, (names("i"),)),
    Idiom("list a range", "[$i for $i in range($a, $b)]", "list(range($a, $b))", 2, (names("i"),)),
    # The least divisor above one is at most the root, unless it is the number itself.
    *(
        Idiom(_TO_THE_ROOT,
              f"for $i in range(2, {upper}):\n    if {divides}:\n        return $found",
              "for $i in range(2, (math.isqrt($n) if $n > 0 else 0) + 1):\n"
              f"    if {divides}:\n        return $found",
              100, _DIVISORS, ("math",))
        for upper in ("$n", "$n // 2 + 1", "int($n / 2) + 1")
        for divides in ("$n % $i == 0", "not $n % $i")
    ),
    *(
        Idiom(_TO_THE_ROOT,
              f"for $i in range(2, {upper}):\n    if {divides}:\n        $flag = $value\n        break",
              "for $i in range(2, (math.isqrt($n) if $n > 0 else 0) + 1):\n"
              f"    if {divides}:\n        $flag = $value\n        break",
              100, (*_DIVISORS, names("flag"), apart("value", "i")), ("math",))
        for upper in ("$n", "$n // 2 + 1")
        for divides in ("$n % $i == 0", "not $n % $i")
    ),
    *(
        Idiom(_TO_THE_ROOT, f"all($n % $i {sign} for $i in range(2, $n))",
              f"all($n % $i {sign} for $i in range(2, (math.isqrt($n) if $n > 0 else 0) + 1))",
              100, (plain("n"), apart("n", "i"), names("i")), ("math",))
        for sign in ("!= 0", "> 0")
    ),
    *(
        Idiom("count divisors in pairs",
              f"for $i in range(1, $n + 1):\n    if {divides}:\n        $t += {unit}",
              f"for $i in range(1, (math.isqrt($n) if $n > 0 else 0) + 1):\n    if {divides}:\n"
              f"        $t += {both}",
              100, (*_DIVISORS, names("t", "n"), apart("n", "t")), ("math",))
        for divides in ("$n % $i == 0", "not $n % $i")
        for unit, both in (
            ("1", "1 if $i * $i == $n else 2"),
            ("$i", "$i if $i * $i == $n else $i + $n // $i"),
        )
    ),
    *(
        Idiom("count divisors in pairs", f"len([$x for $i in range(1, $n + 1) if {divides}])",
              f"sum([1 if $i * $i == $n else 2 for $i in range(1, (math.isqrt($n) if $n > 0 else 0) + 1)"
              f" if {divides}])",
              100, (names("n", "i"), plain("x")), ("math",))
        for divides in ("$n % $i == 0", "not $n % $i")
    ),
)  # fmt: skip
