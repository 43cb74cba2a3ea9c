"""From a reply to the text after it: what of a model's code reaches the file, and how little of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import apply_edits, decode, encode
from lacuna_ls.repair.model_loop.drafts import Draft, Place, drafted
from lacuna_ls.repair.model_loop.language import drafting_of
from lacuna_ls.repair.model_loop.target import functions, shown
from lacuna_ls.repair.proposers.template import templates_of
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.replies import MOST_CHARACTERS, Reply, Unusable, read_reply

PYTHON = by_language_id("python")
AGE = "def is_adult(age):\n    return age > 18\n"
RIGHT = "def is_adult(age):\n    return age >= 18\n"
LONG = '''import math


def area(shape):
    """The area of a shape."""
    # circles first
    if shape.kind == "circle":
        return math.pi * shape.radius  # radius in cm
    return shape.width * shape.height


def other():
    return 1
'''
CLASS = """class Cart:
    def total(self):
        sum = 0
        for item in self.items:
            sum += item.price
            return sum

    def count(self):
        return len(self.items)
"""


def place_of(text: str, name: str) -> Place:
    document = open_document("file:///f.py", 1, PYTHON, encode(text))
    templates, drafting = templates_of(PYTHON), drafting_of(PYTHON)
    assert templates is not None
    assert drafting is not None
    target = next(t for t in functions(document, templates) if t.name == name)
    return Place(document, target, templates, drafting)


def tried(text: str, name: str, reply: str) -> Draft | Unusable:
    place = place_of(text, name)
    read = read_reply(reply, place.drafting.fences)
    if isinstance(read, Unusable):
        return read
    return drafted(read, place, shown(place.document, place.target, place.drafting))


def after(text: str, name: str, reply: str) -> str:
    """The file with the draft of a reply."""
    draft = tried(text, name, reply)
    assert isinstance(draft, Draft), draft
    changed = apply_edits(encode(text), draft.candidate.edits)
    assert changed == draft.data
    return decode(changed)


def fenced(code: str, name: str = "python") -> str:
    return f"```{name}\n{code}```\n"


@pytest.mark.parametrize(
    "reply",
    [
        fenced(RIGHT),
        fenced(RIGHT, ""),
        fenced(RIGHT, "Py"),
        "~~~python\n" + RIGHT + "~~~",
        RIGHT,
        f"Sure! The bound is wrong.\n\n{fenced(RIGHT)}\nThis includes eighteen.",
        f"It was\n{fenced(AGE)}and has to be\n{fenced(RIGHT)}",
        f"{fenced(RIGHT)}where it was\n{fenced(AGE)}",
        f"<think>def is_adult(age): return True\n```python\n</think>{fenced(RIGHT)}",
        fenced("\n\n    def is_adult(age):\n        return age >= 18\n"),
        fenced(RIGHT.replace("\n", "\r\n")),
        fenced("class Whatever:\n    def is_adult(age):\n        return age >= 18\n"),
        f"Run `pip install` first:\n```sh\nrm -rf /\n```\n{fenced(RIGHT)}",
        "<<<<<<< SEARCH\n    return age > 18\n=======\n    return age >= 18\n>>>>>>> REPLACE",
        fenced("<<<<<<< SEARCH\nreturn age > 18\n=======\nreturn age >= 18\n>>>>>>> REPLACE\n"),
    ],
)
def test_the_code_of_a_reply_is_found_whatever_stands_around_it(reply: str):
    assert after(AGE, "is_adult", reply) == RIGHT


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("", Unusable.EMPTY),
        (" \n", Unusable.EMPTY),
        ("I cannot help with that.", Unusable.UNPARSEABLE),
        (fenced("x = 1\n"), Unusable.ELSEWHERE),
        (fenced("def is_child(age):\n    return age < 18\n"), Unusable.ELSEWHERE),
        (fenced("def is_adult(age):\n    return age >= \n"), Unusable.UNPARSEABLE),
        ("```python\ndef is_adult(age):\n    return ag", Unusable.TRUNCATED),
        ("<think>It could be that", Unusable.TRUNCATED),
        (fenced(AGE), Unusable.UNCHANGED),
        (fenced("def is_adult( age ):  # eighteen\n\n    return age > 18\n"), Unusable.UNCHANGED),
        (fenced(RIGHT.replace("18", "18\u200b")), Unusable.HIDDEN),
        (fenced(RIGHT + "    # \u202e81\n"), Unusable.HIDDEN),
        (fenced(RIGHT.replace("18", "'\ud83d'")), Unusable.HIDDEN),
        ("x" * (MOST_CHARACTERS + 1), Unusable.TOO_LONG),
        (
            "<<<<<<< SEARCH\nreturn age\n=======\nreturn 1\n>>>>>>> REPLACE\n",
            Unusable.NOT_FOUND,
        ),
        ("<<<<<<< SEARCH\n=======\nreturn 1\n>>>>>>> REPLACE\n", Unusable.NOT_FOUND),
        (fenced(f"import requests\n\n{RIGHT}"), Unusable.FOREIGN_IMPORT),
        (fenced(f"from . import conftest\n\n{RIGHT}"), Unusable.FOREIGN_IMPORT),
        (fenced(f"import sys\n\n{RIGHT}"), Unusable.FORBIDDEN),
        (
            fenced("def is_adult(age):\n    import pytest\n    pytest.skip()\n"),
            Unusable.FORBIDDEN,
        ),
        (fenced("def is_adult(age):\n    import os\n    os._exit(0)\n"), Unusable.FORBIDDEN),
    ],
)
def test_a_reply_that_must_not_be_tried_is_refused_with_the_reason(reply: str, why: Unusable):
    assert tried(AGE, "is_adult", reply) is why


def test_an_assertion_of_the_function_is_not_edited():
    text = "def f(x):\n    assert x > 0\n    return x\n"
    reply = fenced("def f(x):\n    assert x > -1\n    return x\n")
    assert tried(text, "f", reply) is Unusable.FORBIDDEN


def test_comments_layout_and_docstring_that_a_reply_forgot_stay():
    reply = """def area(shape):
    if shape.kind == "circle":
        return math.pi * shape.radius

    return shape.width * shape.height * 2
"""
    right = LONG.replace("shape.height\n", "shape.height * 2\n")
    assert after(LONG, "area", fenced(reply)) == right


def test_a_changed_line_keeps_nothing_of_its_old_comment_that_is_not_repeated():
    reply = LONG.split("\n\n\n")[1].replace("shape.radius  # radius in cm", "shape.radius**2")
    assert after(LONG, "area", fenced(reply + "\n")) == LONG.replace(
        "shape.radius  # radius in cm", "shape.radius**2"
    )


def test_a_method_keeps_its_indentation_and_its_neighbours():
    reply = """def total(self):
    sum = 0
    for item in self.items:
        sum += item.price
    return sum
"""
    right = CLASS.replace("            return sum", "        return sum")
    assert after(CLASS, "total", fenced(reply)) == right


def test_the_edit_is_no_larger_than_the_change():
    draft = tried(LONG, "area", fenced(LONG.replace("shape.radius ", "shape.radius ** 2 ")))
    assert isinstance(draft, Draft)
    (edit,) = draft.candidate.edits
    assert (len(edit.span), edit.new.strip()) == (0, b"** 2")


def test_tabs_and_line_ends_of_the_file_are_kept():
    text = "def f(x):\r\n\tif x:\r\n\t\treturn 1\r\n\treturn 2\r\n"
    reply = fenced("def f(x):\n    if x:\n        return 3\n    return 4\n")
    assert after(text, "f", reply) == text.replace("1", "3").replace("2", "4")


def test_a_text_over_several_lines_is_not_indented():
    text = 'class A:\n    def f(self):\n        return """\nHello\n  you\n"""[:1]\n'
    reply = fenced('def f(self):\n    return """\nHello\n  you\n"""[:2]\n')
    assert after(text, "f", reply) == text.replace("[:1]", "[:2]")


def test_an_import_of_the_standard_library_comes_with_the_code():
    reply = fenced(
        "import re\nimport math\n\n\ndef area(shape):\n    return re.sub('a', '', shape)\n"
    )
    assert after(LONG, "area", reply).startswith("import math\nimport re\n\n\ndef area(shape):\n")


def test_a_new_function_that_the_code_calls_stands_before_it():
    helper = "def _bound():\n    return 18\n"
    reply = fenced(f"{helper}\n\ndef is_adult(age):\n    return age >= _bound()\n")
    right = f"{helper}\n\ndef is_adult(age):\n    return age >= _bound()\n"
    assert after("import os\n\n\n" + AGE, "is_adult", reply) == "import os\n\n\n" + right


def test_a_line_that_stands_twice_is_not_replaced_by_guess():
    text = "def f(x):\n    if x:\n        return 1\n    else:\n        return 1\n"
    reply = "<<<<<<< SEARCH\n        return 1\n=======\n        return 2\n>>>>>>> REPLACE\n"
    assert tried(text, "f", reply) is Unusable.NOT_FOUND


@pytest.mark.parametrize(
    ("reply", "summary"),
    [
        (fenced(RIGHT), "write `return age >= 18`"),
        (fenced("def is_adult(age):\n    x = 18\n    return age >= x\n"), "rewrite 1 line of"),
        (fenced(f"def is_adult(age):\n    return age >= {'1 + ' * 20}1\n"), "rewrite 1 line of"),
    ],
)
def test_a_summary_says_what_is_edited_and_not_what_the_model_says(reply: str, summary: str):
    draft = tried(AGE, "is_adult", "**Perfect!** [click](command:x)\n" + reply)
    assert isinstance(draft, Draft)
    assert draft.candidate.summary.startswith(summary)


# Pieces of replies, in any order and any number.
pieces = st.sampled_from(
    [
        "```python\n", "```\n", "~~~", "<think>", "</think>", "<<<<<<< SEARCH\n", "=======\n",
        ">>>>>>> REPLACE\n", "    return age > 18\n", "    return age >= 18\n", "def is_adult(age):\n",
        "def area(shape):\n", "import os\n", "import pytest\n", "class A:\n", "    # note\n", "\t",
        "assert False\n", "\r\n", "\u200b", "¼", "\ud800", '"""', "(", "\\",
    ]
)  # fmt: skip
replies = st.one_of(
    st.text(max_size=80), st.lists(st.one_of(pieces, st.text(max_size=5)), max_size=14).map("".join)
)


@given(replies)
def test_no_reply_breaks_it_and_only_the_function_and_imports_change(reply: str):
    text = LONG + "\n\n" + AGE
    place = place_of(text, "is_adult")
    read = read_reply(reply, place.drafting.fences)
    assert isinstance(read, Reply | Unusable)
    if isinstance(read, Unusable):
        return
    draft = drafted(read, place, shown(place.document, place.target, place.drafting))
    if isinstance(draft, Unusable):
        return
    data = encode(text)
    assert apply_edits(data, draft.candidate.edits) == draft.data
    for edit in draft.candidate.edits:
        assert place.target.span.contains(edit.span) or not len(edit.span)
    assert b"pytest" not in draft.data
    assert "def other():\n    return 1\n" in decode(draft.data)
