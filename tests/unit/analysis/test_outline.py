"""Cognitive complexity, by the rules of the white paper."""

import pytest

from lacuna_ls.analysis.python.outline import outline_of
from lacuna_ls.domain.text import encode
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import preorder

COUNTED = [
    ("straight code costs nothing", "a = 1\nb(a)\n", 0),
    ("a branch", "if a:\n    b()\n", 1),
    ("else and elif cost one each", "if a:\n    b()\nelif c:\n    d()\nelse:\n    e()\n", 3),
    ("a loop in a branch costs its nesting", "if a:\n    for b in c:\n        d()\n", 3),
    ("what an else holds is nested", "if a:\n    b()\nelse:\n    if c:\n        d()\n", 4),
    ("try is free, its handler is not", "try:\n    a()\nexcept E:\n    b()\n", 1),
    ("a run of one operator costs one", "x = a and b and c\n", 1),
    ("another operator starts another run", "x = a and b or c\n", 2),
    ("a conditional expression", "x = a if b else c\n", 1),
    (
        "a match costs one, however many cases",
        "match a:\n    case 1:\n        b()\n    case _:\n        c()\n",
        1,
    ),
    ("a function inside nests", "def g():\n    if a:\n        b()\n", 2),
]


@pytest.mark.parametrize(("text", "total"), [pytest.param(t, n, id=i) for i, t, n in COUNTED])
def test_the_increments_add_up(text: str, total: int) -> None:
    body = "".join(f"    {line}\n" for line in text.splitlines())
    document = open_document(
        "file:///a.py", 1, by_language_id("python"), encode(f"def f():\n{body}")
    )
    assert document.tree is not None
    function = next(n for n in preorder(document.tree.root_node) if n.type == "function_definition")
    block = function.child_by_field_name("body")
    assert block is not None
    assert sum(i.amount for i in outline_of(block).increments) == total
