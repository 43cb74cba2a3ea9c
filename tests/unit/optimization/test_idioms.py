"""Idioms: what they make of a function, and where they keep away; both are run beside each other."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idioms_run import loaded, rewritten, seen
from lacuna_ls.optimization.candidates import candidates, function_named, worth_a_search
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import by_language_id

PYTHON = by_language_id("python")
assert PYTHON is not None
NUMBERS = st.lists(st.integers(-9, 9), max_size=8)
TEXTS = st.text("abcAB yz", max_size=9)


# The function, a part of what is made of it, and what it is called with.
FASTER = [
    (
        "def f(n):\n    t = 0\n    for i in range(1, n + 1):\n        j = 2 * i\n        t = t + j * j * j\n    return t\n",
        "limits.stop",
        (st.integers(-9, 40),),
    ),
    (
        "def f(a, b):\n    t = 5\n    for i in range(a, b):\n        t += 3 * i ** 4 - (i + 1) * 2\n    return t\n",
        "limits.start",
        (st.integers(-9, 9), st.integers(-9, 9)),
    ),
    (
        "def f(a, b):\n    return tuple(x & y for x, y in zip(a, b))\n",
        "tuple(map(operator.and_, a, b))",
        (NUMBERS, NUMBERS),
    ),
    ("def f(xs):\n    return all(not x for x in xs)\n", "not any(xs)", (NUMBERS,)),
    ("def f(xs):\n    return [x[0] for x in xs]\n", "itemgetter(0)", (st.lists(TEXTS),)),
    (
        "def f(xs):\n    return max(x for y in xs for x in y if x > 0)\n",
        "max([x for y in xs for x in y if x > 0])",
        (st.lists(NUMBERS, max_size=3),),
    ),
    (
        "def f(s):\n    out = ''\n    for c in s:\n        if c in 'ab':\n            out += c\n    return out\n",
        "out += ''.join([c for c in s if c in 'ab'])",
        (TEXTS,),
    ),
    (
        "def f(s):\n    return sum(c in 'aeiou' for c in s)\n",
        "sum(map(s.count, 'aeiou'))",
        (TEXTS,),
    ),
    (
        (
            "def f(s):\n    n = 0\n    for i in range(len(s)):\n        if s[i] in 'ab':\n"
            "            n += 1\n    return n\n"
        ),
        "n += sum(map(s.count, 'ab'))",
        (TEXTS,),
    ),
    (
        (
            "def f(s):\n    n = 0\n    for i in range(0, len(s), 2):\n        if s[i] in 'AB':\n"
            "            n += 1\n    return n\n"
        ),
        "for item in s[::2]:",
        (TEXTS,),
    ),
    (
        "def f(s, d):\n    return ''.join([c for c in s if c not in d])\n",
        "s.translate(",
        (TEXTS, TEXTS),
    ),
    (
        (
            "def f(s):\n    for i in range(len(s)):\n        if s[i] != s[len(s) - 1 - i]:\n"
            "            return False\n    return True\n"
        ),
        "if s != s[::-1]:",
        (TEXTS,),
    ),
    (
        (
            "def f(q):\n    i, j = 0, len(q) - 1\n    while i < j:\n        if q[i] != q[j]:\n"
            "            return False\n        i += 1\n        j -= 1\n    return True\n"
        ),
        "if q != q[::-1]:",
        (NUMBERS,),
    ),
    (
        (
            "def f(s, t):\n    n = 0\n    for i in range(len(s) - len(t) + 1):\n"
            "        if s[i:i + len(t)] == t:\n            n += 1\n    return n\n"
        ),
        "s.startswith(t, i)",
        (TEXTS, st.text("ab", max_size=2)),
    ),
    (
        "def f(n):\n    return sum(range(n + 1))\n",
        "n * len(range(n + 1)) // 2",
        (st.integers(-5, 50),),
    ),
    (
        "def f(a, b):\n    t = 0\n    for i in range(a, b):\n        t += i\n    return t\n",
        "t += (a + b - 1) * len(range(a, b)) // 2",
        (st.integers(-9, 9), st.integers(-9, 9)),
    ),
    (
        (
            "def f(n):\n    for i in range(2, n):\n        if n % i == 0:\n            return False\n"
            "    return True\n"
        ),
        "math.isqrt(n)",
        (st.integers(-5, 200),),
    ),
    (
        (
            "def f(n):\n    t = 0\n    for i in range(1, n + 1):\n        if n % i == 0:\n"
            "            t += i\n    return t\n"
        ),
        "math.isqrt(n)",
        (st.integers(-5, 200),),
    ),
    (
        "def f(n):\n    x = 1\n    for i in range(1, n + 1):\n        x *= i\n    return x\n",
        "math.factorial(n)",
        (st.integers(-3, 30),),
    ),
    (
        (
            "def f(xs, ys):\n    r = set()\n    for a in xs:\n        for b in ys:\n            if a == b:\n"
            "                r.add(a)\n    return sorted(r)\n"
        ),
        "if a in known:",
        (NUMBERS, NUMBERS),
    ),
    (
        (
            "def f(a, b):\n    for i in range(len(a) - len(b) + 1):\n        for j in range(len(b)):\n"
            "            if a[i:i + len(b)] == b[j:] + b[:j]:\n                return True\n    return False\n"
        ),
        "known = {",
        (TEXTS, st.text("ab", max_size=3)),
    ),
    (
        (
            "def f(xs):\n    for i in range(len(xs)):\n        for j in range(i + 1, len(xs)):\n"
            "            if xs[i] + xs[j] == 0:\n                return True\n    return False\n"
        ),
        "in seen:",
        (NUMBERS,),
    ),
    (
        (
            "def f(l):\n    for i in range(len(l)):\n        for j in range(i + 1, len(l)):\n"
            "            for k in range(j + 1, len(l)):\n                if l[i] + l[j] + l[k] == 0:\n"
            "                    return True\n    return False\n"
        ),
        "in seen:",
        (NUMBERS,),
    ),
    (
        (
            "def f(xs, t):\n    for i, a in enumerate(xs):\n        for j, b in enumerate(xs):\n"
            "            if i != j:\n                d = abs(a - b)\n                if d < t:\n"
            "                    return True\n    return False\n"
        ),
        "zip(ordered, ordered[1:])",
        (st.lists(st.floats(), max_size=6), st.floats()),
    ),
    (
        (
            "def f(xs):\n    out, least = [], True\n    while xs:\n"
            "        out.append(min(xs) if least else max(xs))\n        xs.remove(out[-1])\n"
            "        least = not least\n    return out\n"
        ),
        "ordered.popleft() if least else ordered.pop()",
        (NUMBERS,),
    ),
    (
        (
            "def f(n):\n    w = [0, 0, 2, 0]\n    for _ in range(4, n + 1):\n"
            "        w.append(w[-1] + w[-2] + w[-3] + w[-4])\n        w.pop(0)\n    return w[-1]\n"
        ),
        "w_0, w_1, w_2, w_3 = w_1, w_2, w_3, w_3 + w_2 + w_1 + w_0",
        (st.integers(0, 30),),
    ),
    (
        "def f(n: int):\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n",
        "lru_cache(maxsize=None, typed=True)",
        (st.integers(-2, 12),),
    ),
    ("def f(xs):\n    return [x for x in xs if xs.count(x) == 1]\n", "Counter(xs)", (NUMBERS,)),
    ("def f(xs, ys):\n    return [x for x in xs if x in ys]\n", "set(ys)", (NUMBERS, NUMBERS)),
    (
        (
            "def f(xs):\n    q = [1]\n    out = []\n    while q:\n        x = q.pop(0)\n        out.append(x)\n"
            "        if len(out) < len(xs):\n            q.append(x + 1)\n    return out\n"
        ),
        "q.popleft()",
        (NUMBERS,),
    ),
    (
        "def f(xs):\n    return sorted(xs, key=abs)[0]\n",
        "heapq.nsmallest(1, xs, key=abs)[0]",
        (NUMBERS,),
    ),
    (
        "def f(xs):\n    return list(filter(lambda x: x > 0, xs))\n",
        "[x for x in xs if x > 0]",
        (NUMBERS,),
    ),
    (
        "def f(xs):\n    return all(xs[i] <= xs[i + 1] for i in range(len(xs) - 1))\n",
        "all(map(operator.le, xs, xs[1:]))",
        (NUMBERS,),
    ),
    (
        "def f(xs):\n    m = 0\n    for x in xs:\n        m = max(m, x)\n    return m\n",
        "x if x > m else m",
        (NUMBERS,),
    ),
    (
        (
            "def f(xs):\n    n = -1\n    i = 0\n    while i < len(xs):\n        if xs[i] > 3:\n"
            "            n = xs[i]\n        i += 1\n    return n\n"
        ),
        "for item in xs:",
        (NUMBERS,),
    ),
]


@pytest.mark.parametrize(("before", "part", "inputs"), FASTER, ids=[each[1] for each in FASTER])
def test_an_idiom_is_found_and_does_the_same(before: str, part: str, inputs: Any) -> None:
    found = [text for text in rewritten(before) if part in text]
    assert found
    original, faster = loaded(before), [loaded(text) for text in found]

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.tuples(*inputs))
    def same(arguments: tuple[Any, ...]) -> None:
        expected = seen(original, arguments)
        assert all(seen(each, arguments) == expected for each in faster)

    same()


# The function, and what must not be made of it, because it would do something else.
UNSAFE = [
    # The variable's last value is read after the loop.
    ("def f(n):\n    t = 0\n    for i in range(n):\n        t += i * i\n    return t + i\n", "limits"),
    # `any` ends with the first: a list would ask all.
    ("def f(xs):\n    return any(x > 0 for x in xs)\n", "any(["),
    # The sum is a part of the limit.
    ("def f(n):\n    t = 3\n    for i in range(0, t):\n        t += i * i\n    return t\n", "limits"),
    # The variable of the loop is read afterwards.
    ("def f(s):\n    n = 0\n    for c in s:\n        if c in 'ab':\n            n += 1\n    return n, c\n", ".count"),
    # Letters that stand there twice would count twice.
    ("def f(s):\n    return sum(c in 'aa' for c in s)\n", "map(s.count"),
    # More than one character is found inside of a string, and is no member of a text's characters.
    ("def f(s):\n    return sum(c == 'ab' for c in s)\n", "s.count"),
    # A name of a builtin that means something else here.
    ("def f(xs, sum):\n    return sum(len(x) for x in xs)\n", "map("),
    ("def f(xs):\n    len = str\n    return sum(len(x) for x in xs)\n", "map("),
    # What calls something can be told from what does not.
    ("def f(a, b):\n    for i in a:\n        x = max(b(), i)\n    return x\n", "if"),
    # Each of the pair is used on its own.
    (
        ("def f(xs):\n    for i, a in enumerate(xs):\n        for j, b in enumerate(xs):\n"
        "            if i != j:\n                if a - b > 3:\n                    return True\n"),
        "[i + 1:]",
    ),
    # A list that changes while it is asked.
    (
        ("def f(xs):\n    seen = []\n    for x in xs:\n        if x in seen:\n            return x\n"
        "        seen.append(x)\n"),
        "set(",
    ),
    # A text is searched for texts, not for its letters.
    ("def f(xs, text: str):\n    return [x for x in xs if x in text]\n", "set("),
    # What it prints would be printed once.
    ("def f(n):\n    print(n)\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n", "cache"),
    # Two callers would share one list.
    ("def f(n):\n    if n < 2:\n        return [n]\n    return f(n - 1) + f(n - 2)\n", "cache"),
    # The index is used for something else as well, and changed.
    ("def f(xs):\n    for i in range(len(xs)):\n        xs[i] = xs[i] + 1\n    return xs\n", "enumerate"),
    # `any` stops at the first, a list does not.
    ("def f(xs):\n    return any([int(x) for x in xs])\n", "any(map("),
    # A negative number of smallest is all but the largest.
    ("def f(xs, k):\n    return sorted(xs)[:k]\n", "heapq"),
    # The queue is given away.
    ("def f(xs):\n    q = [1]\n    q.pop(0)\n    return q\n", "deque"),
    # Somebody has written down why.
    ("def f(xs):\n    t = 0\n    for x in xs:\n        # in this order\n        t += x\n    return t\n", "sum("),
    # The one-pass sum would not see the break.
    ("def f(xs):\n    i = 0\n    while i < len(xs):\n        if xs[i]:\n            continue\n        i += 1\n", "for i in"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "part"), UNSAFE, ids=[each[0] for each in UNSAFE])
def test_an_idiom_keeps_away_where_it_would_do_something_else(before: str, part: str) -> None:
    assert not [text for text in rewritten(before) if part in text and part not in before]


def test_two_idioms_one_upon_the_other() -> None:
    before = "def f(s):\n    n = 0\n    i = 0\n    while i < len(s):\n        if s[i] == 'a':\n            n += 1\n        i += 1\n    return n\n"
    assert "def f(s):\n    n = 0\n    n += s.count('a')\n    return n\n" in rewritten(before)


def test_an_import_stands_before_the_first_statement_and_once() -> None:
    before = '"""About."""\n\nimport math\n\n\ndef f(xs):\n    return sorted(xs)[0] + math.pi\n'
    (after,) = rewritten(before)
    assert after.startswith('"""About."""\n\nimport heapq\nimport math\n\n\ndef f')


def test_what_is_indented_stays_so() -> None:
    before = "class C:\n    def f(self, xs):\n        for x in xs:\n            if x:\n                t = 0\n                for y in x:\n                    t += y\n        return t\n"
    assert PYTHON is not None
    (first, *_) = candidates(before.encode(), "C.f", PYTHON, 5)
    assert "                t = sum(x, t)\n        return t\n" in first.data.decode()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.text("def f(xs):\n return for in range len 0123=+[]'\t", max_size=60))
def test_any_text_is_taken(text: str) -> None:
    rewritten(text)


@pytest.mark.parametrize(
    ("text", "name", "worth"),
    [
        ("def f(xs):\n    for x in xs:\n        g(x)\n", "f", True),
        ("def f(n):\n    return f(n - 1) + f(n - 2)\n", "f", True),
        ("def f(a, b):\n    return a + b\n", "f", False),
        ("def test_f():\n    for x in range(3):\n        assert f(x)\n", "test_f", False),
    ],
)
def test_a_search_is_for_what_repeats_something_and_is_no_test(
    text: str, name: str, *, worth: bool
) -> None:
    assert PYTHON is not None
    function = function_named(parse(text.encode(), PYTHON).root_node, name, PYTHON)
    assert function is not None
    assert worth_a_search(function, PYTHON) is worth
