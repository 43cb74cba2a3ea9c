"""A part of a file that parses as it does in the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.analysis.python.excerpt import excerpt, joined
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.document import open_document, parse
from lacuna_ls.syntax.excerpt import root_of_part
from lacuna_ls.syntax.languages import Language, by_language_id
from lacuna_ls.syntax.nodes import Node, preorder

_python = by_language_id("python")
assert _python is not None
PYTHON: Language = _python
PIECES = (
    "def f(a):\n    return a\n",
    "@dec\ndef g(a):\n    x = '''\ndef no():\n'''\n    return x\n",
    "@dec(\n    1,\n)\n# why\ndef h(a):\n    return [\n1]\n",
    'class C:\n    def m(self):\n        return "it\'s"\n',
    "async def k():\n    await x  # it's \"\n",
    "x = 1\n",
    "'''doc\ndef not_this(): pass\n'''\n",
    "y = (\n  1)\n",
    "if x:\n    def inner():\n        pass\nelse:\n    pass\n",
    's = "a\\\nb"\n',
    "t = f\"{d['k']}\"\n",
    "\n",
    "# it's a comment\n",
)


def functions(root: Node) -> list[tuple[int, int, str]]:
    return [
        (n.start_byte, n.end_byte, "".join(c.type for c in preorder(n)))
        for n in preorder(root)
        if n.type == "function_definition"
    ]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8))
def test_every_function_is_the_same_in_its_part_as_in_the_file(pieces):
    document = open_document("file:///a.py", 1, PYTHON, "".join(pieces).encode())
    assert document.tree is not None
    whole = functions(document.tree.root_node)
    for start, end, shape in whole:
        part = excerpt(document.data, Span(end - 1, end))
        if part is None:
            continue
        root = root_of_part(document, part)
        assert root is not None
        assert (start, end, shape) in functions(root)


def test_a_file_of_which_no_part_is_certain_has_none():
    data = b"def f():\n    pass\n\ns = '''\ndef g():\n    pass\n'''\n"
    inside = data.index(b"pass\n'''")
    part = excerpt(data, Span(inside, inside + 4))
    assert part is None or part.start < data.index(b"s = ")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = (a +\n1)\ny\n", "x = (a + 1)\ny\n"),
        ("x = [a,  # why\n1]\n", "x = [a,        1]\n"),
        ("x = '''(\n'''\ny\n", "x = '''(\n'''\ny\n"),
        ("x = ('''\n''')\n", "x = ('''\n''')\n"),
    ],
)
def test_lines_inside_brackets_are_joined_and_offsets_stay(before, after):
    text = joined(before.encode())
    assert text.decode() == after
    assert len(text) == len(before)
    assert not parse(text, PYTHON).root_node.has_error
