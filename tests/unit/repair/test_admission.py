import pytest

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.repair.admission import admitted
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

TEXT = """\
import os


def f(a):
    assert a
    return a + 1  # one more


def test_f():
    return f(1)
"""


def after(*changes: tuple[str, str]) -> str | None:
    document = open_document("a.py", 1, by_language_id("python"), TEXT.encode())
    edits = []
    for old, new in changes:
        assert TEXT.count(old) == 1
        start = TEXT.index(old)
        edits.append(TextEdit(Span(start, start + len(old)), new.encode()))
    data = admitted(document, Candidate("change it", tuple(edits)))
    return None if data is None else data.decode()


def test_a_change_is_admitted_with_the_text_that_it_makes():
    assert after(("a + 1", "a - 1")) == TEXT.replace("a + 1", "a - 1")


def test_several_edits_make_one_text():
    changed = TEXT.replace("f(a):", "f(b):").replace("a + 1", "b + 1")
    assert after(("a + 1", "b + 1"), ("f(a):", "f(b):")) == changed


@pytest.mark.parametrize(
    "change",
    [
        ("a + 1", "a +"),
        ("a + 1", "a  +  1"),
        ("a + 1  # one more", "a + 1"),
        ("assert a", "assert True"),
        ("    assert a\n", ""),
        ("f(1)", "f(0)"),
        ("a + 1  # one more\n\n\ndef test_f():\n    return f(1)", "a"),
        ("import os", "import sys"),
        ("a + 1", "os._exit(0)"),
        ("a + 1", "__import__('sys').exit()"),
    ],
    ids=[
        "does not parse", "only layout", "drops a comment", "weakens an assertion",
        "drops an assertion", "edits a test", "drops a test", "edits an import",
        "ends the process", "reaches the runner",
    ],
)  # fmt: skip
def test_what_must_not_be_run_is_refused(change: tuple[str, str]):
    assert after(change) is None


def test_a_module_that_the_file_uses_anyway_is_not_newly_brought_in():
    text = "import sys\n\n\ndef f():\n    return sys.platform\n\n\ndef g():\n    return 1\n"
    document = open_document("a.py", 1, by_language_id("python"), text.encode())

    def changed(new: str) -> bytes | None:
        edit = TextEdit(Span(text.index("1"), text.index("1") + 1), new.encode())
        return admitted(document, Candidate("change it", (edit,)))

    assert changed("sys.maxsize") is not None
    assert changed("sys.modules") is None
    assert changed("sys._getframe()") is None
