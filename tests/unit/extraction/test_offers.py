"""What the menu shows for a selection."""

from lacuna_ls.actions.extract_method import provider
from lacuna_ls.actions.provider import ActionRequest, Offer
from lacuna_ls.analysis import python
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from marked_text import read_marks


def offers(marked: str, *, asked: bool) -> list[Offer]:
    data, span = read_marks(marked)
    document = open_document("file:///a.py", 1, by_language_id("python"), data)
    return list(provider().offers(ActionRequest(document, span, asked=asked)))


def test_the_title_names_the_lines_the_function_and_what_was_checked() -> None:
    (offer,) = offers("def f(a):\n    «# parse the header\n    log(a)»\n", asked=False)
    assert offer.title == 'Extract lines 2-3 into "parse_header" (not run, data flow checked)'


def test_a_refusal_is_shown_to_who_asked() -> None:
    (offer,) = offers("def f(a):\n    «locals()»\n", asked=True)
    assert offer.disabled == "Line 2 calls `locals`, which looks at the local variables."


def test_a_refusal_is_not_shown_to_who_did_not_ask() -> None:
    assert offers("def f(a):\n    «locals()»\n", asked=False) == []


def test_a_cursor_is_offered_nothing() -> None:
    assert offers("def f(a):\n    log(a)|\n", asked=True) == []


def test_what_no_compiler_here_understands_is_not_called_compiled(monkeypatch) -> None:
    monkeypatch.setattr(python, "compiled", lambda *_: None)
    (offer,) = offers("def f[T](a: T):\n    «log(a)\n    log(a)»\n", asked=False)
    assert offer.title.endswith("(neither run nor compiled, data flow checked)")
