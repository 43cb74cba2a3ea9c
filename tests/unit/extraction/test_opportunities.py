"""What is found with nothing selected."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.actions.extract_opportunity import provider
from lacuna_ls.actions.provider import ActionRequest, Offer
from lacuna_ls.domain.text import Span, apply_edits, decode, encode
from lacuna_ls.extraction.opportunities import MOST, Opportunity, Ranked, opportunities
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id
from marked_text import read_marks

SEND = """\
def send(message, host, retries):
    log.info("send to %s", host)
    headers = {}
    for line in message.head.splitlines():
        if ":" in line:
            key, _, value = line.partition(":")
            headers[key.strip().lower()] = value.strip()
    connection = open_connection(host)
    if headers.get("expect"):
        connection.wait(headers["expect"])
    connection.write(message.body)
    connection.flush()
    connection.close()
    log.info("sent to %s", host)
    return retries
"""


def python(text: str) -> Document:
    return open_document("file:///a.py", 1, by_language_id("python"), encode(text))


def offers(marked: str) -> list[Offer]:
    data, span = read_marks(marked)
    return list(provider().offers(ActionRequest(python(decode(data)), span, asked=True)))


def texts(document: Document, found: tuple[Opportunity, ...]) -> list[str]:
    return [document.source.text(o.extraction.span) for o in found]


def test_nothing_is_offered_where_something_is_selected() -> None:
    assert offers(SEND.replace("headers = {}", "«headers = {}»")) == []


def test_the_title_names_lines_and_function_and_what_was_checked() -> None:
    titles = [offer.title for offer in offers(SEND.replace("retries\n", "retries|\n"))]
    assert 'Extract lines 3-7 into "build_headers" (not run, data flow checked)' in titles


def test_what_the_cursor_is_in_comes_first() -> None:
    first = offers(SEND.replace("headers = {}", "headers = |{}"))[0]
    assert first.title.startswith("Extract lines 3-7 ")


def test_the_cursor_may_stand_in_the_indentation_or_behind_the_code() -> None:
    at_start = SEND.replace("    headers = {}", "|    headers = {}")
    behind = SEND.replace("headers = {}\n", "headers = {}|\n")
    assert [o.title for o in offers(at_start)] == [o.title for o in offers(behind)] != []


@pytest.mark.parametrize("typed", ["def f(", "def f(a):", "def f(a):\n", "def f(a):\n    # c\n"])
def test_a_function_that_is_still_typed_has_none(typed: str) -> None:
    for text in (typed, typed + SEND, SEND + typed):
        assert opportunities(python(typed), None) == ()
        opportunities(python(text), None)


def test_a_function_has_three_offers_at_most() -> None:
    assert 0 < len(opportunities(python(SEND), Span(60, 60))) <= MOST


def test_a_small_function_has_none() -> None:
    assert offers("def f(xs):\n    t = 0|\n    for x in xs:\n        t += x\n    return t\n") == []


def test_a_file_has_those_of_all_its_functions() -> None:
    document = python(SEND + "\n\n" + SEND.replace("send(", "resend("))
    once = opportunities(document, Span(60, 60))
    assert len(opportunities(document, None)) == 2 * len(once)


def test_a_short_function_inside_is_answered_by_the_one_around() -> None:
    text = SEND.replace(
        "    headers = {}\n", "    def no(x):\n        return not x\n    headers = {}\n"
    )
    document = python(text)
    inside = text.index("return not")
    assert opportunities(document, Span(inside, inside))


def test_code_of_the_module_has_none() -> None:
    text = "".join(f"x{i} = {i}\nif x{i}:\n    print(x{i})\n" for i in range(9))
    assert opportunities(python(text), Span(3, 3)) == ()


def test_a_run_that_a_break_leaves_is_not_offered() -> None:
    text = SEND.replace("= value.strip()\n", "= value.strip()\n            break\n")
    document = python(text)
    found = texts(document, opportunities(document, Span(60, 60), most=9, threshold=-99))
    assert all("break" not in t or "for line" in t for t in found)


def test_the_first_statement_of_all_is_no_docstring() -> None:
    text = SEND.replace("    log.info(", '    """Send."""\n    log.info(', 1)
    document = python(text)
    found = texts(document, opportunities(document, Span(60, 60), most=99, threshold=-99))
    assert found
    assert not any('"""' in t for t in found)


def test_an_edit_elsewhere_costs_no_second_look() -> None:
    ranked = Ranked()
    before = opportunities(python(SEND), Span(60, 60), ranked)
    moved = opportunities(python("import os\n\n\n" + SEND), Span(80, 80), ranked)
    assert [o.score for o in before] == [o.score for o in moved]
    assert len(ranked) == 1


STATEMENTS = st.recursive(
    st.sampled_from(
        ["a = b", "b += f(a)", "return a", "break", "yield b", "del a", "c = [a for a in b]"]
    ),
    lambda inner: st.builds(
        lambda head, body: "\n".join(
            [head, *("    " + line for text in body for line in text.split("\n"))]
        ),
        st.sampled_from(["if a:", "for a in b:", "while c:", "with f(a) as c:", "def g(a):"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=12,
)


@given(st.lists(STATEMENTS, min_size=1, max_size=7), st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_whatever_is_offered_parses_and_moves_what_it_says(body: list[str], at: int) -> None:
    lines = "\n".join(f"    {line}" for text in body for line in text.split("\n"))
    document = python(f"def host(a, b):\n{lines}\n")
    at = min(at, len(document.data))
    for found in opportunities(document, Span(at, at), most=9, threshold=-99):
        result = python(decode(apply_edits(document.data, found.extraction.edits)))
        assert result.tree is not None
        assert not result.tree.root_node.has_error
        assert found.extraction.span.end <= len(document.data)


def test_the_comment_above_goes_along_and_names_the_function() -> None:
    headed = SEND.replace("    headers = {}\n", "    # Parse the head.\n    headers = {}\n")
    document = python(headed)
    found = opportunities(document, Span(60, 60))
    assert "parse_head" in [o.extraction.name for o in found]
    assert any(t.startswith("# Parse the head.") for t in texts(document, found))


def test_a_comment_above_a_branch_is_not_that_of_its_one_line_body() -> None:
    text = SEND.replace(
        "    headers = {}\n",
        "    # Say so.\n    if host: a = f(host); b = g(a); log(b)\n    headers = {}\n",
    )
    document = python(text)
    found = texts(document, opportunities(document, Span(60, 60), most=99, threshold=-99))
    assert any(t.startswith("a = f(host)") for t in found)
