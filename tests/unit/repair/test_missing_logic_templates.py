"""What is missing, too much or in the wrong place: the fix is among the candidates."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.domain.text import encode
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

PYTHON = by_language_id("python")


def candidates(text: str, *messages: str) -> list[str]:
    """Texts of the admitted candidates, most promising first, every line equally suspected."""
    doc = open_document("file:///w/a.py", 1, PYTHON, encode(text))
    suspicion = (1.0,) * len(doc.source.line_starts)
    found = [admitted(doc, p.candidate) for p in propose(doc, suspicion, messages)]
    return [data.decode() for data in found if data is not None]


def written(text: str) -> str:
    """A test's text, with four spaces for each `|` and a line end for each `$`."""
    return "\n".join(
        "    " * (len(line) - len(line.lstrip("|"))) + line.lstrip("|") for line in text.split("$")
    )


MISSING = [
    # base cases and early returns
    ("def f(xs):$|return max(xs)$", "def f(xs):$|if not xs:$||return None$|return max(xs)$"),
    ("def f(n):$|return n * f(n - 1)$", "def f(n):$|if n <= 1:$||return 1$|return n * f(n - 1)$"),
    ('def f(a):$|"doc"$|return g(a)$', 'def f(a):$|"doc"$|if a is None:$||return 0$|return g(a)$'),
    ("def f(xs):$|return sum(xs) / len(xs)$", "def f(xs):$|return sum(xs) / len(xs) if xs else 0$"),
    # statements that should run only sometimes
    (
        "def f(xs, ys):$|found = set()$|for x in xs:$||for y in ys:$|||found.add(x)$|return found$",
        "def f(xs, ys):$|found = set()$|for x in xs:$||for y in ys:$|||if x == y:$||||found.add(x)$|return found$",
    ),
    (
        "def f(xs):$|found = []$|for x in xs:$||found.append(x)$|return found$",
        "def f(xs):$|found = []$|for x in xs:$||if x not in found:$|||found.append(x)$|return found$",
    ),
    (
        "def f(xs, m):$|n = 0$|for x in xs:$||n += x$|return n$",
        "def f(xs, m):$|n = 0$|for x in xs:$||if x > m:$|||continue$||n += x$|return n$",
    ),
    # one more condition
    ("def f(a, b, c):$|return a + b == c$", "def f(a, b, c):$|return a + b == c or a + c == b$"),
    ("def f(n):$|if n % 3 == 0:$||return 1$", "def f(n):$|if n % 3 == 0 and n % 4 == 0:$||return 1$"),
    ("def f(xs):$|return [x for x in xs]$", "def f(xs):$|return [x for x in xs if x > 0]$"),
    # updates, steps, results
    (
        "def f(xs):$|n = 0$|for x in xs:$||g(x)$|return n$",
        "def f(xs):$|n = 0$|for x in xs:$||g(x)$||n += x$|return n$",
    ),
    (
        "def f(xs):$|found = []$|for x in xs:$||g(x)$|return found$",
        "def f(xs):$|found = []$|for x in xs:$||g(x)$||found.append(x)$|return found$",
    ),
    ("def f(n):$|while n:$||g()$", "def f(n):$|while n:$||g()$||n -= 1$"),
    (
        "def f(s):$|i = 0$|while not g(s):$||i += 1$|return i$",
        "def f(s):$|i = 0$|while not g(s[i:]):$||i += 1$|return i$",
    ),
    ("def f(a):$|b = a + 1$", "def f(a):$|b = a + 1$|return b$"),
    ("def f(a):$|a + 1$", "def f(a):$|return a + 1$"),
    ("def f(xs):$|xs.sort()$|return xs$", "def f(xs):$|xs = xs.copy()$|xs.sort()$|return xs$"),
    # parts of the function in another place
    ("def f(xs):$|m = sum(xs) / len(xs)$|return sum(xs) / m$", "def f(xs):$|m = sum(xs) / len(xs)$|return sum(xs) / len(xs)$"),
    ("def f(xs, k):$|return sum(xs)$", "def f(xs, k):$|return sum(xs[:k])$"),
    ("def f(xs, i):$|i += 1$|return g(xs)$", "def f(xs, i):$|i += 1$|return g(xs[i:])$"),
    ("def f(a, b):$|return a == b$", "def f(a, b):$|return set(a) == set(b)$"),
    ("def f(xs):$|return sorted(xs)$", "def f(xs):$|return sorted(xs, key=lambda x: len(x))$"),
    ("def f(xs):$|return sorted(xs)$", "def f(xs):$|return sorted(xs, reverse=True)$"),
    ("def f(xs):$|return xs.sort()$", "def f(xs):$|return sorted(xs)$"),
    ("def f(xs):$|return xs[-1]$", "def f(xs):$|return sum(xs)$"),
    ("def f(a, b, c):$|return a ** 2 * b$", "def f(a, b, c):$|return a ** b$"),
    ("def g(a): return a$$def f(a):$|return a$", "def g(a): return a$$def f(a):$|return g(a)$"),
]  # fmt: skip

VALUES = [
    ('def f(a):$|return g("a")$', "def f(a):$|return g(a)$"),
    ('def f(a):$|return a == "("$', 'def f(a):$|return a == "["$'),
    ("def f(a):$|return [x for x in a]$", "def f(a):$|return [x for x in a][1:]$"),
]

TOO_MUCH = [
    ("def f(a):$|b = a$|b = 0$|return b$", "def f(a):$|b = a$|return b$"),
    ("def f(a):$|b = a$|b = 0$|b = 1$|return b$", "def f(a):$|b = a$|return b$"),
    (
        "def f(xs):$|for x in xs:$||if x:$|||return True$||return False$",
        "def f(xs):$|for x in xs:$||if x:$|||return True$|return False$",
    ),
    (
        "def f(xs):$|for x in xs:$||g(x)$|h(x)$",
        "def f(xs):$|for x in xs:$||g(x)$||h(x)$",
    ),
    ("def f(a):$|g(a)$|h(a)$", "def f(a):$|h(a)$|g(a)$"),
    (
        "def f(a):$|if a:$||return True$|return False$",
        "def f(a):$|if a:$||return False$|return True$",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [*MISSING, *VALUES, *TOO_MUCH])
def test_the_fix_is_among_the_candidates(before: str, after: str):
    assert written(after) in candidates(written(before))


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("assert 'abc' == 'none'", "return 'none'"),
        ("assert 4 == []\n +  where 4 = f()", "return []"),
        ("DID NOT RAISE <class 'ValueError'>", 'raise ValueError("xs must not be empty")'),
    ],
)
def test_a_guard_answers_what_the_failing_test_expects(message: str, line: str):
    before = written("def f(xs):$|return g(xs)$")
    guarded = written(f"def f(xs):$|if not xs:$||{line}$|return g(xs)$")
    assert guarded in candidates(before, message)[:25]


def test_text_becomes_bytes_where_the_failure_asks_for_them():
    before = written("def f(a):$|return g(a)$")
    after = written("def f(a):$|return g(a.encode())$")
    assert candidates(before, "Strings must be encoded before hashing")[0] == after
    assert after not in candidates(before)


def test_no_guard_returns_the_particular_value_of_one_test():
    before = written("def f(n):$|return g(n)$")
    assert not any("1729" in text for text in candidates(before, "assert 13 == 1729"))


def test_a_function_with_an_assertion_is_not_left_before_it():
    text = written("def f(a):$|b = g(a)$|assert b$|return b$")
    for new in candidates(text, "assert 1 == 2"):
        assert new.index("assert b") < new.find("return") or "return" not in new


def test_a_string_over_several_lines_keeps_its_bytes():
    before = written('def f(xs):$|for x in xs:$||g("""$a""")$')
    assert all('"""\na"""' in text for text in candidates(before) if 'a"' in text)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="defrtun wa(xs):\n \t=+0[]", max_size=80))
def test_messages_of_any_form_are_taken(message: str):
    candidates("def f(a):\n    return a\n", "assert " + message)


def test_a_condition_of_the_form_of_those_beside_it_comes_early():
    before = written(
        "def is_sum(x, y, z):$|if (x + y == z) or (y + z == x):$||return True$|return False$"
    )
    after = before.replace("== x):", "== x) or x + z == y:")
    assert after in candidates(before)[:45]
