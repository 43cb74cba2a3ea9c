import pytest

from lacuna_ls.verification.evidence import Evidence, in_words, titled


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (Evidence(12, 12), "12 of 12 tests pass"),
        (Evidence(1, 1), "1 of 1 test passes"),
        (Evidence(11, 11, tests_skipped=2), "11 of 11 tests pass, 2 skipped"),
        (Evidence(3, 3, unsandboxed=True), "3 of 3 tests pass, unsandboxed"),
        (Evidence(3, 3, written_by="coder"), "3 of 3 tests pass, written by coder"),
        (Evidence(checked_syntax=True), "not run, data flow checked"),
        (
            Evidence(checked_syntax=True, compiled=False),
            "neither run nor compiled, data flow checked",
        ),
        (Evidence(), ""),
    ],
)
def test_evidence_is_said_as_it_was_observed(evidence: Evidence, words: str):
    assert in_words(evidence) == words


def test_a_title_carries_its_evidence():
    title = titled("Fix: compare with <=", Evidence(12, 12))
    assert title == "Fix: compare with <= (12 of 12 tests pass)"


def test_a_title_without_evidence_claims_nothing():
    assert titled("Rename", Evidence()) == "Rename"
