"""Loops that fill a list, set, table or text: one call does it without a step for each element.

A comprehension in place of `append` is rarely worth it by itself; other idioms go on from there.
"""

from collections.abc import Iterator

from lacuna_ls.optimization.idiom import Idiom
from lacuna_ls.optimization.requirements import (
    apart,
    begun_as,
    names,
    one_letter,
    plain,
    private,
    silent,
)

_A_LIST = begun_as("out", "[]", "list()")
_FILLED = (names("out"), _A_LIST, private("x"), apart("xs", "out"))
_COMPREHENDED = (*_FILLED, apart("e", "out"), silent("e"))
_BEGIN = "$out = []\n"
_EXTEND, _COMPREHEND = "extend in one call", "collect in a comprehension"
_DISTINCT = "keep the first of equals in a table"


def _comprehensions() -> Iterator[Idiom]:
    """Each loop that appends, after the empty list that it fills and elsewhere."""
    shapes = (
        ("for $x in $xs:\n    $out.append($e)", "[$e for $x in $xs]", ()),
        ("for $x in $xs:\n    if $c:\n        $out.append($e)", "[$e for $x in $xs if $c]",
         (apart("c", "out"), silent("c"))),
        ("for $x in $xs:\n    if $c:\n        $out.append($e)\n    else:\n        $out.append($d)",
         "[$e if $c else $d for $x in $xs]", (apart("c", "out"), apart("d", "out"), silent("c", "d"))),
        ("for $x in $xs:\n    for $y in $ys:\n        $out.append($e)", "[$e for $x in $xs for $y in $ys]",
         (private("y"), apart("ys", "out"))),
        ("for $x in $xs:\n    for $y in $ys:\n        if $c:\n            $out.append($e)",
         "[$e for $x in $xs for $y in $ys if $c]",
         (private("y"), apart("ys", "out"), apart("c", "out"), silent("c"))),
    )  # fmt: skip
    for loop, made, more in shapes:
        yield Idiom(_COMPREHEND, _BEGIN + loop, f"$out = {made}", 1.3, (*_COMPREHENDED, *more))
        yield Idiom(_COMPREHEND, loop, f"$out.extend({made})", 1.2, (*_COMPREHENDED, *more))


def _distinct() -> Iterator[Idiom]:
    for new in ("$x not in $out", "not $x in $out"):
        yield Idiom(_DISTINCT, f"{_BEGIN}for $x in $xs:\n    if {new}:\n        $out.append($x)",
                    "$out = list(dict.fromkeys($xs))", 100, _FILLED)  # fmt: skip
    for new in ("$x not in $seen", "not $x in $seen"):
        for both in (
            "$seen.add($x)\n        $out.append($x)",
            "$out.append($x)\n        $seen.add($x)",
        ):
            yield Idiom(
                _DISTINCT,
                f"for $x in $xs:\n    if {new}:\n        {both}",
                "%new = [$x for $x in dict.fromkeys($xs) if $x not in $seen]\n"
                "$seen.update(%new)\n$out.extend(%new)",
                2,
                (*_FILLED, names("x", "seen"), begun_as("seen", "set()"), apart("xs", "seen")),
            )


def _repeated() -> Iterator[Idiom]:
    """Whether any element comes twice, asked of the elements seen so far."""
    for empty, kept in (("[]", "append"), ("set()", "add")):
        for leave in ("return $r", "$flag = $r\n        break"):
            more = (names("flag"), apart("xs", "flag")) if "flag" in leave else ()
            after = leave.replace("\n        break", "")
            yield Idiom(
                "compare the number of different ones",
                f"$seen = {empty}\nfor $x in $xs:\n    if $x in $seen:\n        {leave}\n    $seen.{kept}($x)",
                f"if len(set($xs)) != len($xs):\n    {after}",
                100 if empty == "[]" else 3,
                (names("xs", "x"), private("x", "seen"), apart("r", "x", "seen"), *more),
            )


def _tallied() -> Iterator[Idiom]:
    for counted in (
        "$d[$x] = $d.get($x, 0) + 1",
        "if $x in $d:\n        $d[$x] += 1\n    else:\n        $d[$x] = 1",
        "if $x not in $d:\n        $d[$x] = 1\n    else:\n        $d[$x] += 1",
        "if $x not in $d:\n        $d[$x] = 0\n    $d[$x] += 1",
    ):
        yield Idiom("count with a Counter", f"$d = {{}}\nfor $x in $xs:\n    {counted}",
                    "$d = dict(collections.Counter($xs))", 3,
                    (names("d", "x"), private("x"), apart("xs", "d")), ("collections",))  # fmt: skip


def _extremes() -> Iterator[Idiom]:
    """`max` of what there is and all others keeps the first of equals, as the loop does."""
    for name, sign, turned in (("max", ">", "<"), ("min", "<", ">")):
        for body in (
            f"if $x {sign} $m:\n        $m = $x",
            f"if $m {turned} $x:\n        $m = $x",
            f"$m = {name}($m, $x)",
        ):
            if turned in body:
                # The other operator may be another method of the elements.
                continue
            yield Idiom(f"the {name} in one call", f"for $x in $xs:\n    {body}", f"$m = {name}([$m, *$xs])",
                        3, (names("m", "x"), private("x"), apart("xs", "m", "x")))  # fmt: skip
        yield Idiom(f"the {name} in one call", f"for $x in $xs:\n    if $e {sign} $m:\n        $m = $e",
                    f"$m = {name}([$m, *[$e for $x in $xs]])", 1.6,
                    (names("m"), private("x"), plain("e"), apart("e", "m"), apart("xs", "m")))  # fmt: skip
        yield Idiom(f"the {name} in one call", f"for $x in $xs:\n    $m = {name}($m, $e)",
                    f"$m = {name}([$m, *[$e for $x in $xs]])", 2,
                    (names("m"), private("x"), silent("e"), apart("e", "m"), apart("xs", "m")))  # fmt: skip


def _sums() -> Iterator[Idiom]:
    summed = (names("t"), private("x"), apart("e", "t"), apart("xs", "t"), silent("e"))
    for added in ("$t += $e", "$t = $t + $e"):
        yield Idiom("sum in a comprehension", f"for $x in $xs:\n    {added}",
                    "$t = sum([$e for $x in $xs], $t)", 1.3, summed)  # fmt: skip
        yield Idiom("sum in a comprehension", f"for $x in $xs:\n    if $c:\n        {added}",
                    "$t = sum([$e for $x in $xs if $c], $t)", 1.3,
                    (*summed, apart("c", "t"), silent("c")))  # fmt: skip
    for sign, name in (("^", "xor"), ("|", "or_"), ("&", "and_")):
        for folded in (f"$t {sign}= $x", f"$t = $t {sign} $x"):
            yield Idiom("combine in one call", f"for $x in $xs:\n    {folded}",
                        f"$t = functools.reduce(operator.{name}, $xs, $t)", 1.6,
                        (names("t", "x"), private("x"), apart("xs", "t")),
                        ("functools", "operator"))  # fmt: skip


COLLECTING = (
    *_distinct(),
    *_repeated(),
    *_tallied(),
    *_extremes(),
    *_sums(),
    *(
        Idiom("count in one call", f"for $x in $xs:\n    {counted}", "$n += len($xs)", 50,
              (names("n"), private("x"), apart("xs", "n")))
        for counted in ("$n += 1", "$n = $n + 1")
    ),
    Idiom(_EXTEND, "for $x in $xs:\n    $out.append($x)", "$out.extend($xs)", 5, _FILLED),
    Idiom(_EXTEND, "for $x in $xs:\n    $out.add($x)", "$out.update($xs)", 3,
          (names("out"), begun_as("out", "set()"), private("x"), apart("xs", "out"))),
    Idiom("replace with str.replace",
          "for $x in $xs:\n    if $x == $old:\n        $out.append($new)\n    else:\n        $out.append($x)",
          "$out.extend($xs.replace($old, $new))", 6,
          (*_FILLED, names("x", "xs"), one_letter("old"), one_letter("new"))),
    Idiom("put in front by turning round",
          "$out = []\nfor $x in $xs:\n    $out.insert(0, $e)", "$out = [$e for $x in $xs]\n$out.reverse()",
          100, _COMPREHENDED),
    *(
        Idiom("put in front by turning round", f"$out = ''\nwhile $c:\n    {longer}\n    $$rest",
              "%parts = []\nwhile $c:\n    %parts.append($e)\n    $$rest\n$out = ''.join(reversed(%parts))",
              3, (names("out"), begun_as("out", "string"), apart("e", "out"), apart("c", "out"),
                  apart("rest", "out")))
        for longer in ("$out = $e + $out",)
    ),
    *_comprehensions(),
)  # fmt: skip
