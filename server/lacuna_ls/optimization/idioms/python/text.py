"""Strings: a loop over characters becomes a method that does it in one go."""

from lacuna_ls.optimization.idiom import Idiom
from lacuna_ls.optimization.requirements import (
    again,
    apart,
    letters,
    looped,
    may_be_text,
    names,
    one_letter_or_no_text,
    plain,
    private,
)

_COUNTED = (again("s"), plain("s"), apart("s", "c"), letters("set"), private("c"))
_EQUAL = (again("s"), plain("s", "v"), apart("v", "c"), one_letter_or_no_text("v"), private("c"))
_COUNT_LETTERS = "count the characters with str.count"
_COUNT = "count with one call"
_MIRROR = "compare with the reversed sequence"

# For each letter once through the text; or all letters deleted at once, which a short text takes better.
_COUNTS = (
    ("sum(map($s.count, $set))", 10),
    ("len($s) - len($s.translate(str.maketrans('', '', $set)))", 9),
)

TEXT = (
    *(
        Idiom(_COUNT_LETTERS, before, after, factor, _COUNTED)
        for before in (
            "sum($c in $set for $c in $s)",
            "sum(1 for $c in $s if $c in $set)",
            "len([$c for $c in $s if $c in $set])",
        )
        for after, factor in _COUNTS
    ),
    *(
        Idiom(
            _COUNT_LETTERS,
            f"for $c in $s:\n    if $c in $set:\n        {counted}",
            f"$n += {after}",
            factor,
            (*_COUNTED, names("n"), apart("s", "n"), apart("set", "n")),
        )
        for counted in ("$n += 1", "$n = $n + 1")
        for after, factor in _COUNTS
    ),
    Idiom(_COUNT, "sum($c == $v for $c in $s)", "$s.count($v)", 8, _EQUAL),
    Idiom(_COUNT, "sum(1 for $c in $s if $c == $v)", "$s.count($v)", 8, _EQUAL),
    Idiom(_COUNT, "len([$c for $c in $s if $c == $v])", "$s.count($v)", 8, _EQUAL),
    Idiom(
        _COUNT,
        """
for $c in $s:
    if $c == $v:
        $n += 1
""",
        "$n += $s.count($v)",
        8,
        (*_EQUAL, names("n"), apart("s", "n"), apart("v", "n")),
    ),
    Idiom(
        _COUNT,
        """
for $c in $s:
    if $c == $v:
        $n = $n + 1
""",
        "$n += $s.count($v)",
        8,
        (*_EQUAL, names("n"), apart("s", "n"), apart("v", "n")),
    ),
    Idiom(
        _COUNT,
        """
for $c in $s:
    $n += $c == $v
""",
        "$n += $s.count($v)",
        8,
        (*_EQUAL, names("n"), apart("s", "n"), apart("v", "n")),
    ),
    Idiom(
        "delete characters with str.translate",
        "''.join([$c for $c in $s if $c not in $d])",
        "$s.translate(str.maketrans('', '', $d))",
        6,
        (again("s"), plain("d"), apart("d", "c"), names("s"), may_be_text("d")),
    ),
    Idiom(
        "delete characters with str.translate",
        "''.join($c for $c in $s if $c not in $d)",
        "$s.translate(str.maketrans('', '', $d))",
        6,
        (again("s"), plain("d"), apart("d", "c"), names("s"), may_be_text("d")),
    ),
    Idiom(
        "delete characters with str.translate",
        """
for $c in $s:
    if $c not in $d:
        $out += $c
""",
        "$out += $s.translate(str.maketrans('', '', $d))",
        6,
        (
            again("s"),
            plain("d"),
            may_be_text("d"),
            apart("d", "c", "out"),
            apart("s", "out"),
            names("out"),
            private("c"),
        ),
    ),
    Idiom(
        "replace with str.replace",
        """
for $c in $s:
    if $c == $old:
        $out += $new
    else:
        $out += $c
""",
        "$out += $s.replace($old, $new)",
        8,
        (
            again("s"),
            plain("old", "new"),
            one_letter_or_no_text("old"),
            private("c"),
            names("out"),
            apart("old", "c", "out"),
            apart("new", "c", "out"),
            apart("s", "out"),
        ),
    ),
    Idiom(
        "compare without a slice",
        "$s[$i:$i + len($t)] == $t",
        "$s.startswith($t, $i)",
        1.5,
        (names("s", "t", "i"), looped),
    ),
    Idiom(
        "search with `in`",
        """
for $i in range(len($s) - len($t) + 1):
    if $s[$i:$i + len($t)] == $t:
        return $found
""",
        """
if $t in $s:
    return $found
""",
        10,
        (names("s", "t"), private("i")),
    ),
    *(
        Idiom(
            _MIRROR,
            f"""
for $i in range({upper}):
    if $s[$i] != {mirrored}:
        return $no
""",
            """
if $s != $s[::-1]:
    return $no
""",
            8,
            (names("s"), private("i"), apart("no", "i")),
        )
        for upper in (
            "len($s)",
            "len($s) // 2",
            "0, len($s)",
            "0, len($s) // 2",
            "int(len($s) / 2)",
        )
        for mirrored in (
            "$s[len($s) - 1 - $i]",
            "$s[len($s) - $i - 1]",
            "$s[-1 - $i]",
            "$s[-$i - 1]",
            "$s[-($i + 1)]",
            "$s[~$i]",
        )
    ),
    *(
        Idiom(
            _MIRROR,
            f"""
{start}
while {condition}:
    if {compared}:
        return $no
    $i += 1
    $j -= 1
""",
            """
if $s != $s[::-1]:
    return $no
""",
            8,
            (names("s"), private("i", "j"), apart("no", "i", "j")),
        )
        for start in (
            "$i, $j = 0, len($s) - 1",
            "$i = 0\n$j = len($s) - 1",
        )
        for condition in ("$i < $j", "$i <= $j")
        for compared in ("$s[$i] != $s[$j]", "not $s[$i] == $s[$j]")
    ),
    Idiom("sort without a copy", "sorted(list($x))", "sorted($x)", 1.1),
    Idiom("collect without a copy", "set(list($x))", "set($x)", 1.2),
    Idiom("join without a copy", "$s.join(list($x))", "$s.join($x)", 1.1),
    Idiom("count bits without a slice", "bin($x)[2:].count('1')", "bin($x).count('1')", 1.5),
)
