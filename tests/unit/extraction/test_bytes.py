"""What stays byte for byte: line ends, tabs, strings, comments, everything outside the edit."""

import pytest

from lacuna_ls.domain.text import Span, apply_edits
from lacuna_ls.extraction.contract import Refusal
from lacuna_ls.extraction.engine import Extraction, extract
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from marked_text import read_marks


def extraction(marked: str, name: str | None = "part", language: str = "python") -> Extraction:
    data, span = read_marks(marked)
    document = open_document("file:///a.py", 1, by_language_id(language), data)
    outcome = extract(document, span, name)
    assert isinstance(outcome, Extraction), outcome
    return outcome


def extracted(marked: str, name: str | None = "part") -> str:
    data, _ = read_marks(marked)
    return apply_edits(data, extraction(marked, name).edits).decode()


def refusal(marked: str) -> str:
    data, span = read_marks(marked)
    document = open_document("file:///a.py", 1, by_language_id("python"), data)
    outcome = extract(document, span)
    assert isinstance(outcome, Refusal), outcome
    return outcome.reason


def test_windows_line_ends_are_used_for_what_is_new() -> None:
    before = "def f(a):\r\n    «b = a + 1\r\n    log(b)»\r\n    return a\r\n"
    assert extracted(before) == (
        "def part(a):\r\n    b = a + 1\r\n    log(b)\r\n\r\n\r\n"
        "def f(a):\r\n    part(a)\r\n    return a\r\n"
    )


def test_tabs_are_used_where_the_host_uses_them() -> None:
    before = "def f(a):\n\tif a:\n\t\t«b = a + 1\n\t\tlog(b)»\n\treturn a\n"
    assert extracted(before) == (
        "def part(a):\n\tb = a + 1\n\tlog(b)\n\n\ndef f(a):\n\tif a:\n\t\tpart(a)\n\treturn a\n"
    )


def test_a_byte_order_mark_stays_first() -> None:
    after = extracted("\ufeffdef f(a):\n    «log(a)»\n")
    assert after == "\ufeffdef part(a):\n    log(a)\n\n\ndef f(a):\n    part(a)\n"


def test_a_file_without_a_last_line_end_gets_none() -> None:
    assert extracted("def f(a):\n    «log(a)»").endswith("def f(a):\n    part(a)")


def test_a_comment_on_top_of_the_host_stays_with_it() -> None:
    after = extracted("import x\n\n\n# Says a.\ndef f(a):\n    «log(a)»\n")
    assert after.endswith("\n\n\n# Says a.\ndef f(a):\n    part(a)\n")
    assert after.startswith("import x\n\n\ndef part(a):\n")


def test_a_comment_that_heads_the_file_stays_there() -> None:
    after = extracted("#!/usr/bin/env python\ndef f(a):\n    «log(a)»\n")
    assert after.startswith("#!/usr/bin/env python\n\n\ndef part(a):\n")


def test_a_comment_at_the_end_of_a_line_goes_with_its_statement() -> None:
    after = extracted("def f(a):\n    «log(a)»  # say it\n    return a\n")
    assert "    log(a)  # say it\n" in after
    assert "    part(a)\n    return a\n" in after


def test_a_selected_comment_behind_the_host_goes_along() -> None:
    after = extracted("def f(a):\n    «log(a)\n# tail»\n")
    assert after == "def part(a):\n    log(a)\n    # tail\n\n\ndef f(a):\n    part(a)\n"


def test_a_method_goes_below_a_selected_comment_behind_its_host() -> None:
    after = extracted("class C:\n    def f(self):\n        «log(self)\n    # tail»\n")
    assert after == (
        "class C:\n    def f(self):\n        self.part()\n\n"
        "    def part(self):\n        log(self)\n        # tail\n"
    )


def test_blanks_and_comments_around_the_selection_do_not_matter() -> None:
    after = extracted("def f(a):\n«    # say it\n    log(a)\n\n»    return a\n")
    assert after == (
        "def part(a):\n    # say it\n    log(a)\n\n\ndef f(a):\n    part(a)\n\n    return a\n"
    )


def test_the_docstring_stays_with_its_function() -> None:
    after = extracted('def f(a):\n    «"""Says a."""\n    log(a)»\n')
    assert after.endswith('def f(a):\n    """Says a."""\n    part(a)\n')


def test_a_statement_after_a_semicolon_moves_alone() -> None:
    after = extracted("def f(a):\n    s = 1; «b = a + s»; log(b)\n")
    assert "    s = 1; b = part(a, s); log(b)\n" in after


def test_lines_of_a_string_are_not_indented_again() -> None:
    before = 'def f(a):\n    if a:\n        «s = f"""{a}\n  x\n          y"""\n        log(s)»\n'
    assert '    s = f"""{a}\n  x\n          y"""\n    log(s)\n' in extracted(before)


def test_an_expression_over_several_lines_is_put_in_parentheses() -> None:
    after = extracted("def f(a, b):\n    return g(«a +\n        b»)\n")
    assert "    return (a +\n        b)\n" in after
    assert "    return g(part(a, b))\n" in after


def test_an_awaited_expression_keeps_its_precedence() -> None:
    after = extracted("async def f(a):\n    return «(await a.get())».value\n")
    assert "    return (await part(a)).value\n" in after


def test_edits_that_meet_are_one_edit() -> None:
    assert len(extraction("class C:\n    def f(self):\n        «log(self)»\n").edits) == 1
    assert len(extraction("«b = 1\nlog(b)»\n").edits) == 1


def test_the_new_name_is_found_after_the_edits() -> None:
    marked = "def f(a):\n    x = 1\n    «log(a)»\n    return x\n"
    found = extraction(marked)
    after = extracted(marked).encode()
    assert after[found.rename_at :].startswith(b"part(a)\n    return x")


def test_a_type_hint_that_is_not_defined_yet_is_left_out() -> None:
    after = extracted("if new:\n    T = int\n\n    def f(a: T):\n        «log(a)»\n")
    assert after.startswith("def part(a):\n")


def test_a_taken_name_is_numbered() -> None:
    assert "part_2(a)" in extracted("def part():\n    pass\n\n\ndef f(a):\n    «log(a)»\n")


def test_nothing_selected_is_not_applicable() -> None:
    data, span = read_marks("x = 1\n« » \n")
    document = open_document("file:///a.py", 1, by_language_id("python"), data)
    assert extract(document, span) is None


def test_a_language_without_semantics_is_not_applicable() -> None:
    data, span = read_marks("«let x = 1;»\n")
    document = open_document("file:///a.js", 1, by_language_id("javascript"), data)
    assert extract(document, span) is None


def test_a_syntax_error_in_the_host_is_a_refusal() -> None:
    assert "syntax error" in refusal("def f(a):\n    «log(a)»\n    x = = 1\n")


def test_a_syntax_error_elsewhere_does_not_matter() -> None:
    assert "part(a)" in extracted("def f(a):\n    «log(a)»\n\n\ndef g(:\n    pass\n")


def test_the_helper_goes_below_where_the_host_calls_what_is_below() -> None:
    before = "def f(a):\n    «log(a)»\n    return g(a)\n\n\ndef g(a):\n    return a\n"
    assert extracted(before) == (
        "def f(a):\n    part(a)\n    return g(a)\n\n\ndef part(a):\n    log(a)\n\n\n"
        "def g(a):\n    return a\n"
    )


def test_a_declaration_of_a_global_stays_where_it_is_still_needed() -> None:
    after = extracted("n = 0\n\n\ndef f(a):\n    «global n\n    n = a»\n    n += 1\n")
    assert "def part(a):\n    global n\n    n = a\n" in after
    assert "    global n; part(a)\n    n += 1\n" in after


def test_a_class_that_sees_its_attributes_being_read_gets_no_new_method() -> None:
    after = extracted(
        "class C:\n    def __getattribute__(self, name):\n        «log(self, name)»\n"
        "        return 1\n"
    )
    assert after.startswith("def part(self, name):\n")


@pytest.mark.parametrize(
    "code",
    [
        "x = " + "lambda: " * 3000 + "1\n",
        "x = " + "(" * 3000 + "1" + ")" * 3000 + "\n",
        "x = " + "-" * 3000 + "1\n",
        "".join(" " * i + "if x:\n" for i in range(300)) + " " * 300 + "pass\n",
    ],
)
def test_deep_nesting_is_answered(code: str) -> None:
    body = "".join("    " + line + "\n" for line in code.splitlines())
    data, span = read_marks(f"def f(x):\n    «log(x)»\n{body}")
    document = open_document("file:///a.py", 1, by_language_id("python"), data)
    extract(document, span)
    extract(document, Span(data.index(body.encode()) + 4, len(data)))


def test_the_lines_of_a_replacement_field_are_not_indented_again() -> None:
    before = "def f(a):\n    if a:\n        «s = f'{\n          a\n  }'\n        log(s)»\n"
    assert "    s = f'{\n          a\n  }'\n    log(s)\n" in extracted(before)


def test_mixed_indentation_is_seen_whatever_ends_the_lines() -> None:
    before = "def f(a):\n  «if a:\n\tlog(a)»\n"
    for code in (before, before.replace("\n", "\r\n")):
        assert "mixes tabs and blanks" in refusal(code)


def test_a_handler_that_would_tell_a_coroutine_apart_is_a_refusal() -> None:
    code = "async def f(a):\n    try:\n        «await a()»\n    except {}:\n        log(a)\n"
    assert "handles StopIteration" in refusal(code.format("RuntimeError"))
    assert "await part(a)" in extracted(code.format("ValueError"))


def test_a_generator_that_may_stop_outside_every_try_is_extracted() -> None:
    after = extracted("def f(a):\n    «b = next(a)\n    yield b»\n    log(a)\n")
    assert "    yield from part(a)\n    log(a)\n" in after


def test_the_result_of_a_generator_has_no_hint_of_its_host() -> None:
    after = extracted("def f(a: int) -> Iterator[int]:\n    «yield a»\n    log(a)\n")
    assert after.startswith("def part(a: int):\n")
