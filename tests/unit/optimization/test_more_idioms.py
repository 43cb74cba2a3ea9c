"""More idioms: collecting, neighbours, numbers, library functions; run beside the original."""

import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idioms_run import loaded, rewritten, seen

NUMBERS = st.lists(st.integers(-9, 9), max_size=8)
FLOATS = st.lists(st.floats(), max_size=6)
TEXTS = st.text("abcAB yz", max_size=9)
WHOLE = st.integers(-5, 200)

# The body of `def f(<arguments>):`, a part of what is made of it, and what it is called with.
FASTER: list[tuple[str, str, str, tuple[Any, ...]]] = [
    ("xs", "out = []\nfor x in xs:\n    out.append(x)\nreturn out", "out.extend(xs)", (NUMBERS,)),
    ("xs", "out = set()\nfor x in xs:\n    out.add(x)\nreturn sorted(out)", "out.update(xs)", (NUMBERS,)),
    ("xs", "out = []\nfor x in xs:\n    if x > 0:\n        out.append(-x)\nreturn out",
     "out = [-x for x in xs if x > 0]", (NUMBERS,)),
    ("xs, ys", "out = [0]\nfor x in xs:\n    for y in ys:\n        out.append(x + y)\nreturn out", "", (NUMBERS, NUMBERS)),
    ("xs", "out = []\nfor x in xs:\n    if x not in out:\n        out.append(x)\nreturn out",
     "list(dict.fromkeys(xs))", (NUMBERS,)),
    ("xs", "out = []\nseen = set()\nfor x in xs:\n    if x not in seen:\n        seen.add(x)\n        out.append(x)\nreturn out",
     "seen.update(new)", (NUMBERS,)),
    ("xs", "seen = []\nfor x in xs:\n    if x in seen:\n        return True\n    seen.append(x)\nreturn False",
     "len(set(xs)) != len(xs)", (NUMBERS,)),
    ("s", "d = {}\nfor c in s:\n    if c in d:\n        d[c] += 1\n    else:\n        d[c] = 1\nreturn list(d.items())",
     "dict(collections.Counter(s))", (TEXTS,)),
    ("xs", "m = 0.5\nfor x in xs:\n    if x > m:\n        m = x\nreturn m", "max([m, *xs])", (FLOATS,)),
    ("xs", "m = 5\nfor x in xs:\n    m = min(m, abs(x))\nreturn m", "min([m, *[abs(x) for x in xs]])", (NUMBERS,)),
    ("xs", "t = 0\nfor x in xs:\n    if x > 0:\n        t += x * x\nreturn t", "sum([x * x for x in xs if x > 0], t)", (NUMBERS,)),
    ("xs", "t = 3\nfor x in xs:\n    t = t ^ x\nreturn t", "functools.reduce(operator.xor, xs, t)", (NUMBERS,)),
    ("s", "n = 0\nfor c in s:\n    n = n + 1\nreturn n", "n += len(s)", (TEXTS,)),
    ("s", "out = []\nfor c in s:\n    if c == 'a':\n        out.append(' ')\n    else:\n        out.append(c)\nreturn ''.join(out)",
     "s.replace('a', ' ')", (TEXTS,)),
    ("xs", "out = []\nfor x in xs:\n    out.insert(0, x)\nreturn out", "out.reverse()", (NUMBERS,)),
    ("n", "out = ''\nwhile n > 0:\n    out = str(n % 2) + out\n    n //= 2\nreturn out", "''.join(reversed(parts))", (WHOLE,)),
    ("xs", "n = 0\nfor i in range(len(xs) - 2):\n    if xs[i] == xs[i + 1] or xs[i + 2] > 0:\n        n += i\nreturn n",
     "for i, (before, item, after) in enumerate(zip(xs, xs[1:], xs[2:]))", (NUMBERS,)),
    ("xs", "n = len(xs)\nt = 0\nfor i in range(n):\n    t += xs[i]\nreturn t", "for item in xs:", (NUMBERS,)),
    ("xs", "k = -1\ni = 1\nwhile i < len(xs):\n    if xs[i] < xs[i - 1]:\n        k = i\n    i += 1\nreturn k",
     "in enumerate(zip(", (NUMBERS,)),
    ("xs", "return [xs[i + 1] - xs[i] for i in range(len(xs) - 1)]", "for item, after in zip(", (NUMBERS,)),
    ("xs", "n = 0\nfor i in range(len(xs)):\n    for j in range(i + 1, len(xs)):\n        if xs[i] == xs[j]:\n            n += 1\nreturn n",
     "collections.Counter(xs).values()", (NUMBERS,)),
    ("n", "return sum([i for i in range(1, n) if n % i == 0])", "math.isqrt(n)", (WHOLE,)),
    ("n", "t = 0\nfor i in range(1, n // 2 + 1):\n    if n % i == 0:\n        t += i\nreturn t", "math.isqrt(n)", (WHOLE,)),
    ("n", "return [i for i in range(1, n + 1) if n % i == 0]", "sorted({", (WHOLE,)),
    ("n", "for i in reversed(range(n)):\n    if n % i == 0:\n        return i", "return n // i", (WHOLE,)),
    ("n", "for i in range(n - 1, 0, -1):\n    if n % i == 0:\n        return i\nreturn n", "return n // i", (WHOLE,)),
    ("n, x, y", "if n == 1:\n    return y\nfor i in range(2, n):\n    if n % i == 0:\n        return y\n        break\nelse:\n    return x",
     "math.isqrt(n)", (WHOLE, st.just(1), st.just(2))),
    ("a, b", "return [i for i in range(a, b) if i % 3 == 1]", "range(a + (1 - a) % 3, b, 3)", (WHOLE, WHOLE)),
    ("b", "t = []\nfor i in range(b):\n    if i % 2 == 0:\n        t.append(i)\nreturn t", "range(0, b, 2)", (WHOLE,)),
    ("a, b", "while b:\n    a, b = b, a % b\nreturn a", "math.gcd(a, b)", (st.integers(-60, 60), st.integers(-60, 60))),
    ("n", "t = 0\nwhile n > 0:\n    t += n % 10\n    n //= 10\nreturn t", "sum(map(int, str(n)))", (WHOLE,)),
    ("n", "t = 0\nwhile n > 0:\n    n &= n - 1\n    t += 1\nreturn t", "bin(n).count('1')", (WHOLE,)),
    ("n", "t = 0\nfor i in range(n, 0, -1):\n    if i & i - 1 == 0:\n        t = i\n        break\nreturn t", "n.bit_length()", (WHOLE,)),
    ("n", "return [[0 for i in range(n)] for j in range(n)]", "[0] * (n)", (st.integers(-2, 5),)),
    ("n", "out = []\ni = 2\nwhile i <= int(n ** 0.5 + 1):\n    if n % i == 0:\n        out.append(i)\n        n //= i\n    else:\n        i += 1\nreturn out, n",
     "limit = int(n ** 0.5 + 1)", (st.integers(2, 300),)),
    ("xs", "return sorted(xs, key=lambda x: x[1])", "operator.itemgetter(1)", (st.lists(TEXTS),)),
    ("xs", "return sorted(xs, key=lambda x: -x)", "key=operator.neg", (NUMBERS,)),
    ("xs, c", "for x in xs:\n    if x >= c:\n        return False\nreturn True", "map(operator.ge, xs, itertools.repeat(c))", (FLOATS, st.floats())),
    ("xs, c", "return any((c in x for x in xs))", "map(operator.contains, xs, itertools.repeat(c))", (st.lists(TEXTS), TEXTS)),
    ("xs", "return all((x % 3 == 0 for x in xs))", "not any(map(operator.mod", (FLOATS,)),
    ("xs, ys", "return [abs(a - b) for a, b in zip(xs, ys)]", "map(abs, map(operator.sub, xs, ys))", (NUMBERS, FLOATS)),
    ("n", "if n == 0:\n    return 2\nif n == 1:\n    return 1\nreturn f(n - 1) + f(n - 2)",
     "value_0, value_1 = value_1, value_1 + value_0", (st.integers(0, 15),)),
    ("n", "if n == 0 or n == 1:\n    return 0\nelif n == 2:\n    return 1\nelse:\n    return f(n - 1) + 2 * f(n - 3) - f(n - 2) + 3",
     "for i in range(3, n + 1)", (st.integers(0, 12),)),
    ("xs, ys", "return tuple((max(a, b) for (a, b) in zip(xs, ys)))", "tuple(map(max, xs, ys))", (NUMBERS, FLOATS)),
    ("xs", "return [i * x for i, x in enumerate(xs)]", "itertools.count()", (NUMBERS,)),
    ("xs", "return [xs[len(xs) - 1] for _ in range(2)]", "xs[-1]", (NUMBERS,)),
    ("s", "while s and s[-1] == 'a':\n    s = s[:-1]\nreturn s", "s.rstrip('a')", (TEXTS,)),
    ("s", "while s[-1] == 'a':\n    s = s[:-1]\nreturn s", "s = s.rstrip('a')\n    s[-1]", (TEXTS,)),
    ("xs, ys", "for x in xs:\n    for y in ys:\n        if x == y:\n            found = True\n            return found\nreturn None",
     "if x in known:", (NUMBERS, NUMBERS)),
    ("xs", "out = []\nfor i in range(len(xs)):\n    out.append(sum(xs[: i + 1]))\nreturn out",
     "itertools.accumulate(xs, initial=0))[1:]", (NUMBERS,)),
    ("xs", "return [sum(xs[:i]) for i in range(len(xs))]", "accumulate(xs, initial=0))[:-1]", (FLOATS,)),
    ("xs", "return [max(xs[:i + 1]) for i in range(len(xs))]", "list(itertools.accumulate(xs, max))", (FLOATS,)),
    ("xs, ys", "t = []\nfor x in xs:\n    t.append(x - min(ys))\nreturn t", "kept = min(ys) if xs else None", (NUMBERS, NUMBERS)),
    ("xs", "t = 0\nfor i in range(len(xs)):\n    t += sorted(xs)[i] * xs[i]\nreturn t", "kept = sorted(xs) if range(len(xs)) else None", (NUMBERS,)),
    ("xs", "out = []\nfor x in xs:\n    out.append(xs.index(x))\nreturn out", "places.setdefault(item, place)", (NUMBERS,)),
]  # fmt: skip


def function(arguments: str, body: str) -> str:
    return f"def f({arguments}):\n{textwrap.indent(body, '    ')}\n"


@pytest.mark.parametrize(
    ("arguments", "body", "part", "inputs"), FASTER, ids=[each[2] or each[1] for each in FASTER]
)
def test_an_idiom_is_found_and_does_the_same(
    arguments: str, body: str, part: str, inputs: tuple[Any, ...]
) -> None:
    before = function(arguments, body)
    found = [text for text in rewritten(before) if part in text]
    assert found or not part
    original, faster = loaded(before), [loaded(text) for text in found]

    @settings(max_examples=10, deadline=None, derandomize=True)
    @given(st.tuples(*inputs))
    def same(given_arguments: tuple[Any, ...]) -> None:
        expected = seen(original, given_arguments)
        for each, text in zip(faster, found, strict=True):
            assert seen(each, given_arguments) == expected, text

    same()


# What must not be made of it, because it would do something else.
UNSAFE: list[tuple[str, str, str]] = [
    # Somebody else sees the list while it grows.
    ("xs, out", "for x in xs:\n    out.append(x)\nreturn out", "extend"),
    ("xs", "out = []\nfor x in out:\n    out.append(x)\nreturn out", "extend"),
    # What was appended before an exception is returned.
    ("xs", "out = []\ntry:\n    for x in xs:\n        out.append(1 / x)\nexcept ZeroDivisionError:\n    pass\nreturn out", "for x in xs]"),
    # What is asked for is what was put there.
    ("xs", "out = []\nfor x in xs:\n    if x not in out[:3]:\n        out.append(x)\nreturn out", "fromkeys"),
    ("xs", "out = []\nfor x in xs:\n    out.append(x)\nreturn out, x", "extend"),
    # `>=` keeps the last of equals.
    ("xs", "m = 0\nfor x in xs:\n    if x >= m:\n        m = x\nreturn m", "max("),
    # The item before the first is the last one.
    ("xs", "t = 0\nfor i in range(len(xs)):\n    t += xs[i] - xs[i - 1]\nreturn t", "zip"),
    # There is none after the last.
    ("xs", "t = 0\nfor i in range(len(xs)):\n    t += xs[i + 1]\nreturn t", "zip"),
    # It grows while it is walked along.
    ("xs", "n = len(xs)\nfor i in range(n):\n    xs.append(xs[i])\nreturn xs", "item"),
    ("xs, ys", "n = len(xs)\nxs = ys\nt = 0\nfor i in range(n):\n    t += xs[i]\nreturn t", "item"),
    ("xs", "for i in range(len(xs) - 1):\n    xs[i + 1] = xs[i] + 1\nreturn xs", "item"),
    # The variable of the loop is read afterwards.
    ("n", "i = 0\nfor i in range(n, 0, -1):\n    if i & i - 1 == 0:\n        t = i\n        break\nreturn t + i", "bit_length"),
    # The remainder is none.
    ("b", "return [i for i in range(b) if i % 3 == 5]", "% 3, b"),
    ("a, b", "return [i for i in range(a, b) if i % 0 == 0]", ", 0)"),
    # It is not only the last that a round changes.
    ("n", "i = 2\nwhile i <= int(n ** 0.5):\n    n -= 1\n    i += 1\nreturn i", "limit"),
    ("xs", "i = 2\nwhile i <= abs(len(xs)):\n    xs.pop()\n    i += 1\nreturn i", "limit"),
    # More than one letter comes in more than one piece.
    ("s", "out = []\nfor c in s:\n    if c == 'a':\n        out.append('xy')\n    else:\n        out.append(c)\nreturn out", "replace"),
    ("s", "while s and s[-1] == 'ab':\n    s = s[:-1]\nreturn s", "rstrip"),
    # There may be no first one, and nobody asks for it.
    ("xs, ys", "return any(x > ys[0] for x in xs)", "operator.gt"),
    # Whatever is called may change what it is given.
    ("xs, g", "t = 0\nfor i in range(len(xs)):\n    t += xs[i]\n    g(xs)\n    t += xs[i]\nreturn t", "item"),
    # It is not asked where it would fail.
    ("xs, ys", "t = 0\nfor x in xs:\n    if ys:\n        t += min(ys)\nreturn t", "kept"),
    # Each round has another.
    ("xs, ys", "t = 0\nfor x in xs:\n    ys.append(x)\n    t += max(ys)\nreturn t", "kept"),
    ("xs, g", "t = 0\nfor x in xs:\n    g(xs)\n    t += max(xs)\nreturn t", "kept"),
    ("xs, ys", "out = []\nfor x in xs:\n    out.append(sorted(ys))\nreturn out", "kept"),
    ("xs, ys", "out = []\nfor x in xs:\n    out.append(ys.index(x))\nreturn out", "places"),
    # What it adds depends on the number; it asks for half; not all first values are there.
    ("n", "if n == 0:\n    return 1\nif n == 1:\n    return 1\nreturn f(n - 1) + f(n - 2) + n", "value_0"),
    ("n", "if n == 0:\n    return 1\nif n == 1:\n    return 1\nreturn f(n - 1) + f(n // 2)", "value_0"),
    ("n", "if n == 1:\n    return 1\nreturn f(n - 1) + f(n - 2)", "value_0"),
    ("n", "if n < 2:\n    return n\nreturn f(n - 1) + f(n - 2)", "value_0"),
    ("n", "print(n)\nif n == 0:\n    return 1\nif n == 1:\n    return 1\nreturn f(n - 1) + f(n - 2)", "value_0"),
    ("n", "if n == 0:\n    return 1\nelse:\n    n = n - 1\nif n == 1:\n    return 1\nreturn f(n - 1) + f(n - 2)", "value_0"),
    # The smallest but one.
    ("xs", "return sorted(xs)[:-1]", "heapq"),
    # A table of the element itself.
    ("xs", "return sorted(xs, key=lambda x: x[x])", "operator"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "body", "part"), UNSAFE, ids=[each[1] for each in UNSAFE])
def test_an_idiom_keeps_away_where_it_would_do_something_else(
    arguments: str, body: str, part: str
) -> None:
    before = function(arguments, body)
    assert not [text for text in rewritten(before) if part in text and part not in before]


def test_whitespace_is_the_same_to_both() -> None:
    before = "import re\n\ndef f(s):\n    return re.sub('\\\\s+', '', s)\n"
    (after,) = [text for text in rewritten(before) if "s.split()" in text]
    text = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x30000))))
    assert loaded(after)(text) == loaded(before)(text)


def test_annotations_are_no_other_meaning_of_a_builtin() -> None:
    before = "def f(xs: list, n: int = 0) -> int:\n    return sum(int(x) for x in xs)\n"
    assert any("sum(map(int, xs))" in text for text in rewritten(before))
