from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.test_result import Failure, Frame, Outcome, TestResult
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import languages
from lacuna_ls.test_runs.same_code import moved_lines, moved_result

PYTHON = next(language for language in languages() if language.name == "python")
CODE = 'def f(a):\n    """A text.\n\n    >>> f(1)\n    """\n    return [a, 1]\n'


def python(text: str) -> Document:
    return open_document("file:///a.py", 1, PYTHON, text.encode())


def lines(before: str, after: str) -> dict[int, int] | None:
    return moved_lines(python(before), python(after))


@pytest.mark.parametrize(
    "after",
    [
        CODE,
        CODE + "\n\n# the end\n",
        CODE.replace("return", "  # why\n    return"),
        CODE.replace("[a, 1]", "[\n        a,  # first\n        1\n    ]"),
        CODE.replace("(a)", "( a )"),
        CODE.replace("\n", "\r\n").replace(
            '"""A text.\r\n\r\n    >>> f(1)\r\n', '"""A text.\n\n    >>> f(1)\n'
        ),
    ],
)
def test_comments_and_layout_are_no_change(after):
    assert lines(CODE, after) is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1\n", "a = 2\n"),
        ("a = 1\n", "a = 1\nb = 1\n"),
        ("if a:\n    b\n    c\n", "if a:\n    b\nc\n"),
        ("'a b'\n", "'a  b'\n"),
        ("'\\n a'\n", "'\\n  a'\n"),
        ("f'{a=}'\n", "f'{a =}'\n"),
        ("'''\n>>> 1\n'''\n", "'''\n>>> 2\n'''\n"),
        ("a\n", "a  # why\n("),
        ("a (\n", "a(\n"),
        ("x = [a, b]\n", "x = [a, b,]\n"),
    ],
)
def test_everything_else_is(before, after):
    assert lines(before, after) is None
    assert lines(after, before) is None


def test_lines_of_code_are_followed_to_where_they_went():
    after = "# one\n# two\n" + CODE.replace("    return [a, 1]", "    # three\n    return [a, 1]")
    found = lines(CODE, after)
    assert found is not None
    assert [found[line] for line in range(6)] == [2, 3, 4, 5, 6, 8]


def test_the_frames_of_a_result_follow_their_lines():
    here, elsewhere = Frame(Path("/a.py"), 5, "f"), Frame(Path("/b.py"), 5, "g")
    red = TestResult("t", Outcome.FAILED, 0.1, Failure("E", "", (here, elsewhere)))
    moved = moved_result(red, Path("/a.py"), {5: 8})
    assert moved.failure is not None
    assert moved.failure.frames == (replace(here, line=8), elsewhere)


_STATEMENTS = st.sampled_from(
    [
        "a = 1",
        "f(a, 'x')",
        "if a:\n    b = f'{a}'",
        "def g(x):\n    # here\n    return x",
        "'''\n\n'''",
    ]
)
_COMMENTS = st.sampled_from(["", "# why", "\n\n", "# a = 2\n#"])


@given(st.lists(st.tuples(_STATEMENTS, _COMMENTS, _COMMENTS), max_size=6))
def test_comments_between_statements_move_each_line_to_its_own_text(parts):
    before = "\n".join(f"{statement}\n{comment}" for statement, comment, _ in parts)
    after = "\n".join(f"{comment}\n{statement}" for statement, _, comment in parts)
    found = lines(before, after)
    assert found is not None
    old, new = before.split("\n"), after.split("\n")
    assert all(old[line].split("#")[0] == new[to].split("#")[0] for line, to in found.items())


@given(st.text(alphabet="ab(=1'\"#:\n ,[]\\", max_size=30), st.text(alphabet="a#\n \t", max_size=9))
def test_any_two_texts_can_be_compared(before, after):
    assert moved_lines(python(before), python(before + after)) is None or isinstance(
        lines(before, before + after), dict
    )
