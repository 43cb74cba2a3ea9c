"""Which fixes `check --write` may write."""

from pathlib import Path

import pytest

from lacuna_ls.cli.check_fixes import Proposed
from lacuna_ls.cli.check_run import Subject
from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.repair.fix import Fix
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.test_runs.selection import Targets
from lacuna_ls.verification.evidence import Evidence

PATH = Path("/w/a.py")


@pytest.mark.parametrize(
    ("rank", "reading", "settled"),
    [(0, "", True), (1, "", False), (0, "2 readings: free(4) returns True", False)],
)
def test_the_best_fix_is_written_unless_others_that_pass_do_something_else(
    rank: int, reading: str, settled: bool
) -> None:
    document = open_document(PATH.as_uri(), 1, by_language_id("python"), b"x = 1\n")
    candidate = Candidate("use 2", (TextEdit(Span(4, 5), b"2"),))
    fix = Fix(candidate, Evidence(3, 3, reading=reading), Span(0, 5))
    subject = Subject(PATH, PATH.parent, document, Targets(()))
    assert Proposed(subject, fix, rank, ()).settled is settled
