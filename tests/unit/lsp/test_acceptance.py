"""What becomes of a suggestion, told from the text alone. `|` is where it was shown."""

from lacuna_ls.completion.suggestion import Claim, Suggestion
from lacuna_ls.domain.record import Tally
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.lsp.acceptance import Acceptances
from lacuna_ls.syntax.document import open_document


class Scene:
    def __init__(self, marked: str, suggestion: str) -> None:
        self.total = Tally()
        self.wanted: list[int] = []
        self.own = Acceptances(self._record, lambda document, offset: self.wanted.append(offset))
        self.before, _, self.after = marked.partition("|")
        self.show("", suggestion)

    def _record(self, tally: Tally) -> None:
        self.total += tally

    def document(self, typed: str):
        text = self.before + typed + self.after
        return open_document("file:///a.py", 1, None, encode(text))

    def show(self, typed: str, suggestion: str) -> None:
        offset = len(encode(self.before + typed))
        shown = Suggestion(Span(offset, offset), suggestion, (), Claim(calibrated=False))
        self.own.shown(self.document(typed), offset, shown)

    def edit(self, *typed: str) -> "Scene":
        for each in typed:
            self.own.edited(self.document(each))
        return self

    def edit_with(self, above: str, typed: str) -> "Scene":
        """One edit, which puts something above as well."""
        text = above + self.before + typed + self.after
        self.own.edited(open_document("file:///a.py", 1, None, encode(text)))
        return self

    def save(self, typed: str) -> "Scene":
        self.own.saved(self.document(typed))
        return self


def test_what_one_edit_puts_there_is_accepted():
    scene = Scene("x = |\n", "größe(a)").edit("größe(a)")
    assert scene.total == Tally(shown=1, accepted=1, accepted_chars=8)
    assert scene.wanted == [4 + 10]


def test_a_word_of_it_is_accepted_in_part():
    scene = Scene("x = |\n", "f(a, b)").edit("f(a", "f(a, b)")
    assert scene.total == Tally(shown=1, accepted=1, accepted_in_part=1, accepted_chars=7)


def test_a_line_of_it_is_accepted_in_part():
    scene = Scene("|\r\n", "a = f()\r\nb = g()").edit("a = f()\r\n")
    assert scene.total == Tally(shown=1, accepted_in_part=1, accepted_chars=9)
    scene.show("a = f()\r\n", "b = g()")
    assert scene.total.shown == 1


def test_it_is_accepted_with_the_import_that_it_brings():
    scene = Scene("x = |\n", "json.loads(a)").edit_with("import json\n", "json.loads(a)")
    assert scene.total == Tally(shown=1, accepted=1, accepted_chars=13)


def test_a_part_of_it_beside_another_edit_is_not_accepted():
    scene = Scene("x = |\n", "json.loads(a)").edit_with("import json\n", "json")
    assert scene.total == Tally(shown=1)


def test_what_is_typed_along_is_not_accepted():
    scene = Scene("x = |\n", "f(a)").edit("f", "f(", "f(a", "f(a)")
    assert scene.total == Tally(shown=1)


def test_the_rest_of_what_is_typed_along_is_not_shown_again():
    scene = Scene("x = |\n", "f(a)").edit("f")
    scene.show("f", "(a)")
    assert scene.edit("f(a)").total == Tally(shown=1, accepted=1, accepted_chars=3)


def test_another_edit_ends_it():
    scene = Scene("x = |\n", "f(a)").edit("g", "f(a)")
    assert scene.total == Tally(shown=1)


def test_a_single_character_can_be_accepted():
    assert Scene("f(|", ")").edit(")").total == Tally(shown=1, accepted=1, accepted_chars=1)


def test_what_still_stands_at_the_save_is_retained():
    scene = Scene("x = |\n", "first(a) + second(b)").edit("first(a) + second(b)")
    assert scene.save("first(a)").total.retained_chars == len("first(a)")
    assert scene.save("first(a)").total.retained_chars == len("first(a)")


def test_a_closed_document_is_forgotten():
    scene = Scene("x = |\n", "f(a)")
    scene.own.closed("file:///a.py")
    assert scene.edit("f(a)").total == Tally(shown=1)
