"""Golden cases: what an endpoint's model said, and what of it is shown.

A file under `golden/` holds cases of one topic; the part of its name before the dot is a language. In
a case, `=== title` is followed by the document with the cursor as `‸`, by what the model said
(`--- said cut off` if it was stopped at its limit) and by what is shown (nothing, if that part is
empty). A line end before `---` belongs to neither part. `·` is a space, `→` a tab and `↵` a carriage
return where a reader would not see them.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.completion.postprocess import faults, inserted
from lacuna_ls.completion.remote.extent import extent_of
from lacuna_ls.completion.remote.trimming import Place, is_closed, trimmed
from lacuna_ls.domain.completion import Completion, FinishReason, Token
from lacuna_ls.domain.text import Span, decode, encode
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

GOLDEN = Path(__file__).parent / "golden"


def said(text: str, *sizes: int, finish: FinishReason = FinishReason.STOP) -> Completion:
    """Tokens of these sizes in bytes, again and again; the n-th has the number -n."""
    data, start = encode(text), 0
    tokens: list[Token] = []
    while start < len(data):
        size = sizes[len(tokens) % len(sizes)] if sizes else 3
        end = min(start + size, len(data))
        tokens.append(Token(Span(start, end), -float(len(tokens))))
        start = end
    return Completion(text, tuple(tokens), -0.5, finish, "far")


def cases():
    for path in sorted(GOLDEN.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        for old, new in (("·", " "), ("→", "\t"), ("↵", "\r")):
            text = text.replace(old, new)
        for case in text.split("=== ")[1:]:
            title, _, body = case.partition("\n")
            yield pytest.param(body, path.name.split(".")[0], id=f"{path.stem}: {title}")


def parts(body: str) -> tuple[str, str, str, FinishReason]:
    document, _, rest = body.partition("--- said")
    mark, _, rest = rest.partition("\n")
    answer, _, expected = rest.partition("--- shown\n")
    finish = FinishReason.LENGTH if "cut off" in mark else FinishReason.STOP
    return document, answer.removesuffix("\n"), expected.rstrip("\n"), finish


@pytest.mark.parametrize(("body", "language"), list(cases()))
def test_golden_case(body, language):
    marked, answer, expected, finish = parts(body)
    before, mark, after = marked.partition("‸")
    assert mark
    document = open_document("file:///a", 1, by_language_id(language), encode(before + after))
    offset = len(encode(before))
    kept = trimmed(document, offset, said(answer, finish=finish))
    assert (kept.text if kept else "") == expected


def test_there_are_enough_golden_cases():
    assert len(list(cases())) >= 120


LINES = st.lists(
    st.sampled_from(
        ["", "x = f(1)", "    y = [", "    ]", "\treturn x", "if a:", "  else:", "é = '😀'", "})"]
    ),
    max_size=6,
).map("\n".join)
LANGUAGE = st.sampled_from(["python", "javascript", "typescript"]).map(by_language_id)


@given(LINES, LINES, LINES, LANGUAGE, st.integers(1, 4), st.sampled_from(FinishReason))
def test_what_is_shown_parses_no_worse_and_its_tokens_tile_it(
    before, answer, after, language, size, finish
):
    document = open_document("file:///a", 1, language, encode(before + after))
    offset = len(encode(before))
    kept = trimmed(document, offset, said(answer, size, finish=finish))
    if kept is None:
        return
    assert kept.text.strip()
    assert "\r" not in kept.text
    spans = [token.span for token in kept.tokens]
    assert [span.start for span in spans] == [0, *(span.end for span in spans[:-1])]
    assert spans[-1].end == len(encode(kept.text))
    assert faults(inserted(document, offset, encode(kept.text))) <= max(faults(document), 0)


@given(LINES, LINES)
def test_once_enough_was_said_nothing_more_is_shown(answer, more):
    document = open_document("file:///a", 1, by_language_id("python"), b"def f():\n    ")
    place = Place.of(document, len(document.data))
    if not is_closed(place, answer):
        return
    end = extent_of(answer, place.before, place.rest).end
    assert extent_of(answer + more, place.before, place.rest).end == end


def test_tokens_keep_their_numbers_through_other_indentation():
    document = open_document("file:///a", 1, by_language_id("python"), b"if a:\n\tif b:\n\t\t")
    answer = said("x = 1\n        y = 2", 6, 8, 5)
    kept = trimmed(document, len(document.data), answer)
    assert kept is not None
    texts = {encode(kept.text)[t.span.start : t.span.end]: t.logprob for t in kept.tokens}
    assert texts == {b"x = 1\n": 0.0, b"\t\t": -1.0, b"y = 2": -2.0}


def test_the_number_of_the_end_is_that_of_what_was_cut_off():
    document = open_document("file:///a", 1, by_language_id("python"), b"def f():\n    ")
    kept = trimmed(document, len(document.data), said("return\n\nx = 1", 6, 2, 5))
    assert kept is not None
    assert decode(encode(kept.text)) == "return"
    assert kept.end_logprob == -1.0


def test_it_has_the_line_ends_of_the_file():
    document = open_document("file:///a", 1, by_language_id("python"), b"def f():\r\n    ")
    kept = trimmed(document, len(document.data), said("x = 1\ny = 2", 6, 5))
    assert kept is not None
    assert kept.text == "x = 1\r\n    y = 2"
    texts = [encode(kept.text)[t.span.start : t.span.end] for t in kept.tokens]
    assert texts == [b"x = 1\r\n", b"    y = 2"]
