"""What a check says, as text, JSON and SARIF."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lacuna_ls.cli.check_fixes import Proposed, patch, write
from lacuna_ls.cli.check_json import as_json
from lacuna_ls.cli.check_report import Checked, summary
from lacuna_ls.cli.check_run import FileRun, Red, Subject
from lacuna_ls.cli.check_sarif import as_sarif
from lacuna_ls.cli.check_text import show_fix, show_red
from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.errors import StoreError
from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import Span, TextEdit, apply_edits
from lacuna_ls.lsp.uris import uri_of
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.fix import Fix
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.test_runs.finding import Finding, Related
from lacuna_ls.test_runs.selection import Targets
from lacuna_ls.verification.evidence import Evidence

HERE = Path("/work space/é").resolve()
TEXT = "x = '😀'; y = f(x)\r\nz = 2\n"

# The keys that an object of the SARIF 2.1.0 schema must have, and those of the others that it may
# have and that are used here; the schema allows no others.
SARIF = {
    "log": ({"version", "runs"}, {"$schema"}),
    "runs": ({"tool"}, {"columnKind", "originalUriBaseIds", "invocations", "results"}),
    "tool": ({"driver"}, set()),
    "driver": ({"name"}, {"version", "rules"}),
    "rules": ({"id"}, {"name", "shortDescription", "defaultConfiguration"}),
    "shortDescription": ({"text"}, set()),
    "defaultConfiguration": (set(), {"level"}),
    "invocations": ({"executionSuccessful"}, {"exitCode", "toolExecutionNotifications"}),
    "toolExecutionNotifications": ({"message"}, {"level"}),
    "results": (
        {"message"},
        {
            "ruleId",
            "ruleIndex",
            "level",
            "locations",
            "relatedLocations",
            "partialFingerprints",
            "fixes",
        },
    ),
    "message": ({"text"}, set()),
    "description": ({"text"}, set()),
    "locations": (set(), {"physicalLocation"}),
    "relatedLocations": (set(), {"id", "physicalLocation", "message"}),
    "physicalLocation": ({"artifactLocation"}, {"region"}),
    "artifactLocation": (set(), {"uri", "uriBaseId"}),
    "region": (set(), {"startLine", "startColumn", "endLine", "endColumn"}),
    "deletedRegion": (set(), {"startLine", "startColumn", "endLine", "endColumn"}),
    "fixes": ({"artifactChanges"}, {"description"}),
    "artifactChanges": ({"artifactLocation", "replacements"}, set()),
    "replacements": ({"deletedRegion"}, {"insertedContent"}),
    "insertedContent": (set(), {"text"}),
}
CALL = Span(12, 20)
FREE = ("originalUriBaseIds", "partialFingerprints")


def subject(path: Path, text: str = TEXT) -> Subject:
    document = open_document(uri_of(path), 0, by_language_id("python"), text.encode())
    return Subject(path, HERE, document, Targets(("test_a.py",)))


def proposed(path: Path, *edits: TextEdit, text: str = TEXT) -> Proposed:
    fix = Fix(Candidate("compare with <=", edits), Evidence(2, 2), Span(0, 1))
    return Proposed(subject(path, text), fix, 0, ("test_a.py::test_x",))


def checked(
    path: Path = HERE / "a b.py",
    span: Span = CALL,
    message: str = "test_x: assert 1 == 2",
    fixes: tuple[Proposed, ...] = (),
    wrong: tuple[str, ...] = (),
) -> Checked:
    about = subject(path)
    result = TestResult("test_a.py::test_x", Outcome.FAILED, 0.1)
    related = (Related(HERE.parent / "t.py", 4, "called from test_x"),)
    red = Red(about, Finding(span, message, result.test_id, related), result)
    passed = TestResult("test_a.py::test_y", Outcome.PASSED, 0.1)
    report = TestReport(RunStatus.COMPLETED, (result, passed))
    tested = FileRun(TestRequest(HERE, HERE, ("test_a.py",)), report, (about,))
    return Checked(HERE, (about,), (tested,), (red,), wrong, 0.5, fixes)


def assert_sarif(name: str, value: Any) -> None:
    """Every object below has the keys that the schema demands, and no others."""
    if isinstance(value, list):
        for each in value:
            assert_sarif(name, each)
    elif isinstance(value, dict):
        required, allowed = SARIF[name]
        assert required <= value.keys() <= required | allowed, name
        for key, below in value.items():
            if key not in FREE:
                assert_sarif(key, below)


def printed(show: Any, *arguments: Any) -> str:
    screen = Console(file=io.StringIO(), soft_wrap=True, highlight=False, markup=False)
    show(screen, *arguments)
    text: str = screen.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_a_finding_is_a_line_that_compilers_would_print():
    text = printed(show_red, checked().reds[0], checked())
    assert text == (
        "a b.py:1:10: test_x: assert 1 == 2\n"
        f"    {HERE.parent.as_posix()}/t.py:5: called from test_x\n"
    )


def test_a_message_with_markup_in_it_is_printed_as_it_is():
    said = checked(message="test_x: assert [red] == [/]\n +  :smile: [bold]")
    assert "assert [red] == [/]\n     +  :smile: [bold]\n" in printed(show_red, said.reds[0], said)


def test_a_patch_keeps_line_ends_and_says_where_there_is_none():
    given_fix = proposed(HERE / "a.py", TextEdit(Span(0, 1), b"w"), text="x = 1\r\ny = 2")
    assert patch(given_fix, "a.py") == (
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n"
        "-x = 1\r\n+w = 1\r\n y = 2\n\\ No newline at end of file\n"
    )
    assert printed(show_fix, given_fix, checked()).startswith(
        "a.py: Fix: compare with <= (2 of 2 tests pass)\n--- a/a.py\n"
    )


def test_json_counts_columns_in_characters():
    found = as_json(checked())["findings"][0]
    assert (found["path"], found["line"], found["column"]) == ("a b.py", 1, 10)
    assert found["test"] == "test_a.py::test_x"
    assert found["related"][0]["line"] == 5


def test_sarif_counts_columns_in_utf16_units_and_percent_encodes_paths():
    place = as_sarif(checked())["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"]["startColumn"] == 11
    assert place["artifactLocation"] == {"uri": "a%20b.py", "uriBaseId": "PROJECT"}


def test_sarif_names_files_elsewhere_by_their_whole_uri():
    result = as_sarif(checked())["runs"][0]["results"][0]
    place = result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": uri_of(HERE.parent / "t.py")}


def test_a_fix_stands_with_the_finding_that_it_mends():
    edit = TextEdit(Span(16, 17), b"g")
    run = as_sarif(checked(fixes=(proposed(HERE / "a b.py", edit),)))["runs"][0]
    (change,) = run["results"][0]["fixes"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    assert replacement["insertedContent"] == {"text": "g"}
    assert replacement["deletedRegion"]["startColumn"] == 15


@given(
    start=st.integers(0, len(TEXT.encode())),
    length=st.integers(0, 9),
    message=st.text(max_size=30),
    wrong=st.lists(st.text(max_size=9), max_size=2),
)
def test_sarif_has_what_the_standard_demands_and_nothing_that_it_does_not_know(
    start, length, message, wrong
):
    span = Span(start, min(start + length, len(TEXT.encode())))
    fix = proposed(HERE / "a b.py", TextEdit(span, b"new"))
    log = as_sarif(checked(span=span, message=message, fixes=(fix,), wrong=tuple(wrong)))
    assert_sarif("log", log)
    assert json.loads(json.dumps(log)) == log
    run = log["runs"][0]
    assert (log["version"], run["columnKind"]) == ("2.1.0", "utf16CodeUnits")
    assert run["originalUriBaseIds"]["PROJECT"]["uri"].endswith("/")
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        at = result["locations"][0]["physicalLocation"]["region"]
        assert (at["startLine"], at["startColumn"]) >= (1, 1)
        assert (at["startLine"], at["startColumn"]) <= (at["endLine"], at["endColumn"])


def test_what_could_not_run_counts_more_than_what_fails():
    assert checked().status == 1
    assert checked(wrong=("pytest is not installed",)).status == 2


def test_the_summary_counts_tests_and_files():
    assert summary(checked()) == "1 passed, 1 failed in 1 file of tests, 0.5 s"


@given(data=st.data(), text=st.text(max_size=30))
def test_the_written_file_differs_only_in_the_edit(tmp_path_factory, data, text):
    path = tmp_path_factory.mktemp("write") / "a.py"
    before = text.encode("utf-8", "surrogatepass") if text else b""
    path.write_bytes(before)
    at = data.draw(st.integers(0, len(before)))
    edit = TextEdit(Span(at, data.draw(st.integers(at, len(before)))), b"new")
    document = open_document(uri_of(path), 0, None, before)
    fix = Fix(Candidate("c", (edit,)), Evidence(1, 1), Span(0, 0))
    assert write(Proposed(Subject(path, path.parent, document, Targets(())), fix, 0, ())).written
    assert path.read_bytes() == apply_edits(before, (edit,))
    assert [each.name for each in path.parent.iterdir()] == ["a.py"]


def test_a_file_that_has_changed_since_its_tests_ran_is_not_written(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("x = 3\n")
    with pytest.raises(StoreError, match="has changed"):
        write(proposed(path, TextEdit(Span(0, 1), b"w")))
    assert path.read_text() == "x = 3\n"
