"""Fifty rewrites that are wrong in one thing each, for `equivalence.py`."""

# A function `f`, asserts of its tests, and what a rewrite may get wrong of it.
PLANTED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "def f(xs):\n    out = []\n    for x in xs:\n        if x not in out:\n            out.append(x)\n    return out\n",
        "assert f([3, 1, 3, 2]) == [3, 1, 2]\n    assert f([5, 5]) == [5]",
        (
            "def f(xs):\n    return list(set(xs))\n",
            "def f(xs):\n    return sorted(set(xs))\n",
            "def f(xs):\n    return list(dict.fromkeys(reversed(xs)))[::-1]\n",
            "def f(xs):\n    if len(set(xs)) == len(xs):\n        return xs\n    return list(dict.fromkeys(xs))\n",
            "def f(xs):\n    return tuple(dict.fromkeys(xs))\n",
            "def f(xs):\n    return list(dict.fromkeys(xs)) or None\n",
        ),
    ),
    (
        "def f(xs):\n    t = 0.0\n    for x in xs:\n        t += x\n    return t\n",
        "assert f([0.1, 0.2, 0.3]) == 0.1 + 0.2 + 0.3\n    assert f([1.5, 2.5, 1e16, 3.3]) > 0",
        (
            "import math\n\ndef f(xs):\n    return math.fsum(xs)\n",
            "def f(xs):\n    return sum(sorted(xs))\n",
            "def f(xs):\n    return sum(xs[::-1])\n",
            "def f(xs):\n    return sum(xs)\n",
            "def f(xs):\n    return sum(xs[::2]) + sum(xs[1::2]) + 0.0\n",
            "def f(xs):\n    return round(sum(xs, 0.0), 12)\n",
        ),
    ),
    (
        "def f(xs):\n    return sorted(xs)[0]\n",
        "assert f([3, 1, 2]) == 1\n    assert f([4]) == 4",
        (
            "def f(xs):\n    return min(xs)\n",
            "def f(xs):\n    return min(xs, default=None)\n",
            "def f(xs):\n    xs.sort()\n    return xs[0]\n",
            "def f(xs):\n    return min(xs) if xs else 0\n",
        ),
    ),
    (
        "def f(words):\n    return sorted(words, key=len)[-1]\n",
        "assert f(['a', 'bb', 'cc']) == 'cc'\n    assert f(['xyz', 'ab']) == 'xyz'",
        (
            "def f(words):\n    return max(words, key=len)\n",
            "def f(words):\n    words.sort(key=len)\n    return words[-1]\n",
            "def f(words):\n    return sorted(words, key=lambda w: (len(w), w))[-1]\n",
            "def f(words):\n    return max(reversed(words), key=len) if words else ''\n",
        ),
    ),
    (
        "def f(xs):\n    for x in xs:\n        yield x * 2\n",
        "assert list(f([1, 2])) == [2, 4]\n    assert list(f([5])) == [10]",
        (
            "def f(xs):\n    return [x * 2 for x in xs]\n",
            "def f(xs):\n    return iter([x * 2 for x in xs])\n",
            "def f(xs):\n    return map(lambda x: x * 2, xs)\n",
            "def f(xs):\n    for x in reversed(xs):\n        yield x * 2\n",
        ),
    ),
    (
        "def f(xs):\n    while xs:\n        xs.pop()\n    return xs\n",
        "assert f([1, 2]) == []\n    assert f([3]) == []",
        (
            "def f(xs):\n    return []\n",
            "def f(xs):\n    xs = []\n    return xs\n",
            "def f(xs):\n    xs.clear()\n    return []\n",
            "def f(xs):\n    xs[:] = xs[:1]\n    return xs\n",
        ),
    ),
    (
        "def f(n):\n    return [[0] * n for _ in range(n)]\n",
        "assert f(2) == [[0, 0], [0, 0]]\n    assert f(3)[1] == [0, 0, 0]",
        (
            "def f(n):\n    return [[0] * n] * n\n",
            "def f(n):\n    row = [0] * n\n    return [row for _ in range(n)]\n",
            "def f(n):\n    return [[0.0] * n for _ in range(n)]\n",
            "import functools\n\n@functools.cache\ndef row(n):\n    return [0] * n\n\ndef f(n):\n    return [row(n) for _ in range(n)]\n",
        ),
    ),
    (
        "def f(text):\n    counts = {}\n    for c in text:\n        counts[c] = counts.get(c, 0) + 1\n    return counts\n",
        "assert f('abca') == {'a': 2, 'b': 1, 'c': 1}\n    assert f('zz') == {'z': 2}",
        (
            "import collections\n\ndef f(text):\n    return collections.Counter(text)\n",
            "def f(text):\n    return {c: text.count(c) for c in sorted(set(text))}\n",
            "def f(text):\n    return {c: text.count(c) for c in reversed(text)}\n",
            "known = {}\n\ndef f(text):\n    if text not in known:\n        known[text] = {c: text.count(c) for c in text}\n    return known[text] if text[:1] != 'z' else {}\n",
        ),
    ),
    (
        "def f(s):\n    return s.lower() == s.lower()[::-1]\n",
        "assert f('Abba')\n    assert not f('abc')\n    assert f('')",
        (
            "def f(s):\n    return s == s[::-1]\n",
            "def f(s):\n    s = s.lower()\n    return s[0] == s[-1] and s == s[::-1]\n",
            "def f(s):\n    s = s.lower()\n    return s[: len(s) // 2] == s[len(s) // 2 :][::-1]\n",
            "def f(s):\n    s = s.lower()\n    return all(s[i] == s[-1 - i] for i in range(1, len(s) // 2))\n",
        ),
    ),
    (
        "def f(n):\n    if n < 2:\n        return False\n    for i in range(2, n):\n        if n % i == 0:\n            return False\n    return True\n",
        "assert f(7)\n    assert not f(8)\n    assert not f(1)\n    assert f(2)",
        (
            "def f(n):\n    if n < 2:\n        return False\n    for i in range(2, int(n ** 0.5)):\n        if n % i == 0:\n            return False\n    return True\n",
            "def f(n):\n    for i in range(2, int(abs(n) ** 0.5) + 1):\n        if n % i == 0:\n            return False\n    return True\n",
            "def f(n):\n    return n > 1 and all(n % i for i in range(3, n, 2))\n",
            "def f(n):\n    return n > 1 and all(n % i for i in (2, 3) if i < n)\n",
            "def f(n):\n    return int(n > 1 and all(n % i for i in range(2, n)))\n",
        ),
    ),
    (
        "def f(d, k):\n    if k in d:\n        return d[k]\n    d[k] = len(d)\n    return d[k]\n",
        "assert f({}, 'a') == 0\n    assert f({'a': 4}, 'a') == 4\n    assert f({'a': 4}, 'b') == 1",
        (
            "def f(d, k):\n    return d.get(k, len(d))\n",
            "def f(d, k):\n    d = dict(d)\n    return d.setdefault(k, len(d))\n",
            "def f(d, k):\n    return d.setdefault(k, len(d) + 1) if d else d.setdefault(k, 0)\n",
        ),
    ),
    (
        "def f(xs):\n    print(len(xs))\n    return xs[0] if xs else None\n",
        "assert f([1, 2]) == 1\n    assert f([]) is None",
        (
            "def f(xs):\n    return xs[0] if xs else None\n",
            "def f(xs):\n    if not xs:\n        return None\n    print(len(xs))\n    return xs[0]\n",
            "def f(xs):\n    print(len(xs), end='')\n    return xs[0] if xs else None\n",
        ),
    ),
)
