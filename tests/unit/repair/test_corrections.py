"""What the failure names is mended first."""

import sys

import pytest

from lacuna_ls.domain.text import encode
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id


def first(text: str, message: str) -> str:
    """The most promising candidate's text, every line equally suspected."""
    doc = open_document("file:///w/a.py", 1, by_language_id("python"), encode(text))
    found = propose(doc, (1.0,) * len(doc.source.line_starts), (message,))
    return next(d.decode() for p in found if (d := admitted(doc, p.candidate)) is not None)


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("def f(a):\n    return math.pi * a\n", "math", "import math\ndef f(a):\n    return math.pi * a\n"),
        (
            '"""Doc."""\n\nimport os\n\n\ndef f():\n    return Counter(os.sep)\n',
            "Counter",
            '"""Doc."""\n\nimport os\nfrom collections import Counter\n\n\ndef f():\n    return Counter(os.sep)\n',
        ),
        (
            '"""Doc."""\n\nfrom __future__ import annotations\n\nA: List = []\n',
            "List",
            '"""Doc."""\n\nfrom __future__ import annotations\nfrom typing import List\n\nA: List = []\n',
        ),
        ("def f():\n    return np.pi\n", "np", "import numpy as np\ndef f():\n    return np.pi\n"),
        ("import os\r\n\r\ndef f():\r\n    return re.A\r\n", "re", "import os\r\nimport re\r\n\r\ndef f():\r\n    return re.A\r\n"),
    ],
)  # fmt: skip
def test_a_name_of_the_standard_library_is_imported(before: str, name: str, after: str):
    assert first(before, f"name '{name}' is not defined") == after


def test_a_missing_argument_is_the_variable_of_that_name():
    before = "def g(a, width): pass\n\ndef f(a, width):\n    return g(a)\n"
    message = "g() missing 1 required positional argument: 'width'"
    assert first(before, message) == before.replace("g(a)\n", "g(a, width)\n")


def test_one_argument_too_many_is_left_out():
    before = "def g(a): pass\n\ndef f(a, b):\n    return g(a, b)\n"
    message = "g() takes 1 positional argument but 2 were given"
    assert first(before, message) == before.replace("return g(a, b)", "return g(a)")


def test_a_method_without_self_gets_one():
    before = "class A:\n    def f(): return 1\n\n    def g(self): return self.f()\n"
    message = "A.f() takes 0 positional arguments but 1 was given"
    assert first(before, message) == before.replace("def f()", "def f(self)")


@pytest.mark.parametrize(
    ("message", "written", "meant"),
    [
        ("module 'math' has no attribute 'sqr'", "math.sqr(x)", "math.sqrt(x)"),
        ("module 'os.path' has no attribute 'exist'", "os.path.exist(x)", "os.path.exists(x)"),
        ("'str' object has no attribute 'uper'", "x.uper()", "x.upper()"),
        ("type object 'dict' has no attribute 'fromkey'", "dict.fromkey(x)", "dict.fromkeys(x)"),
    ],
)
def test_a_misspelt_member_of_what_python_brings_is_the_one_spelt_most_like_it(
    message: str, written: str, meant: str
):
    before = f"import math\nimport os\n\n\ndef f(x):\n    return {written}\n"
    assert first(before, message) == before.replace(written, meant)


def test_no_module_is_imported_to_see_what_it_has():
    before = "import antigravity\n\n\ndef f():\n    return antigravity.fly()\n"
    assert "fly" in first(before, "module 'antigravity' has no attribute 'fly'")
    assert "antigravity" not in sys.modules
