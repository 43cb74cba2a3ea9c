"""What was observed before something is offered, and the words for it.

Titles are rendered here and nowhere else, so that no offer can claim more than its evidence.
"""

from dataclasses import dataclass

from lacuna_ls.verification import timing
from lacuna_ls.verification.timing import Measured


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of one offer. A field that was not observed stays `None`.

    `tests_passed` of `tests_total` is the outcome of the confirming runs in fresh processes;
    `tests_total` counts the tests that ran, `tests_skipped` those that did not (skipped, or
    expected to fail), and `tests_left` those that fail with and without it. `checked_syntax` says that the result parses and keeps its contract, with
    nothing executed. `written_by` names the model that wrote it. `unsandboxed` says that it ran
    under limits only, as on a system without a sandbox. `reading` tells the offer from others that
    have the same evidence, by an input on which they do not do the same. `inputs_equal` counts the
    inputs on which all that could be seen of the function was as before. `compiled` is false where
    no compiler has seen the result, because it is newer than the Python that runs this.
    """

    tests_passed: int | None = None
    tests_total: int | None = None
    tests_skipped: int = 0
    tests_left: int = 0
    checked_syntax: bool = False
    written_by: str = ""
    unsandboxed: bool = False
    reading: str = ""
    inputs_equal: int | None = None
    measured: Measured | None = None
    compiled: bool = True


def in_words(evidence: Evidence) -> str:
    """The evidence as it stands in a title; empty if nothing was observed."""
    words = _observed(evidence)
    if not words:
        return ""
    by = f", written by {evidence.written_by}" if evidence.written_by else ""
    reading = f"; {evidence.reading}" if evidence.reading else ""
    return f"{words}{', unsandboxed' if evidence.unsandboxed else ''}{by}{reading}"


def _observed(evidence: Evidence) -> str:
    if evidence.measured is not None:
        return timing.in_words(evidence.measured, evidence.inputs_equal or evidence.measured.inputs)
    if evidence.tests_passed is not None and evidence.tests_total is not None:
        tests = "test" if evidence.tests_total == 1 else "tests"
        verb = "passes" if evidence.tests_total == 1 else "pass"
        skipped = f", {evidence.tests_skipped} skipped" if evidence.tests_skipped else ""
        fail = "fails" if evidence.tests_left == 1 else "fail"
        left = f", {evidence.tests_left} more still {fail}" if evidence.tests_left else ""
        return f"{evidence.tests_passed} of {evidence.tests_total} {tests} {verb}{skipped}{left}"
    if evidence.inputs_equal is not None:
        inputs = "input" if evidence.inputs_equal == 1 else "inputs"
        return f"same behaviour on {evidence.inputs_equal} {inputs}"
    if evidence.checked_syntax:
        looked = "not run" if evidence.compiled else "neither run nor compiled"
        return f"{looked}, data flow checked"
    return ""


def titled(what: str, evidence: Evidence) -> str:
    """A title with its evidence: `Fix: compare with <= (12 of 12 tests pass)`."""
    words = in_words(evidence)
    return f"{what} ({words})" if words else what
