"""Fix what makes a test fail.

What it does: offers one-edit changes with which every test of the file passes. They are searched
in the background after a save whose tests are red, and listed when they stand.

Why: most slips that a test catches are one token wide: a comparison, a bound, a name. Finding
the token takes longer than mending it.

Example: with the cursor on the failing test's diagnostic or anywhere in the function that the
edit changes, the menu's first line is `Fix: compare with <= (12 of 12 tests pass)`. The title
says what was observed, no more: a fix passes your tests, it need not be what you meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lacuna_ls.actions.provider import ActionKind, ActionRequest, Example, Offer
from lacuna_ls.domain.text import Source, Span
from lacuna_ls.repair.finished import Finished, FinishedFixes
from lacuna_ls.repair.fix import Fix
from lacuna_ls.verification.evidence import titled

EXAMPLES = (
    Example(
        title="A bound that leaves out its end",
        before="""\
def is_adult(age):
    return age >| 18
""",
        after="""\
def is_adult(age):
    return age >= 18
""",
        files=(
            (
                "test_example.py",
                """\
from example import is_adult


def test_eighteen_is_adult():
    assert is_adult(18)


def test_seventeen_is_not():
    assert not is_adult(17)
""",
            ),
        ),
    ),
    Example(
        title="A range that stops one short",
        before="""\
def total_up_to(n):
    total = 0
    for i in range(n):
        total += i
|    return total
""",
        after="""\
def total_up_to(n):
    total = 0
    for i in range(n + 1):
        total += i
    return total
""",
        files=(
            (
                "test_example.py",
                """\
from example import total_up_to


def test_three():
    assert total_up_to(3) == 6


def test_ten():
    assert total_up_to(10) == 55
""",
            ),
        ),
    ),
    Example(
        title="A misspelt name",
        before="""\
def area(width, height):
    return |width * heigth
""",
        after="""\
def area(width, height):
    return width * height
""",
        files=(
            (
                "test_example.py",
                """\
from example import area


def test_two_by_three():
    assert area(2, 3) == 6
""",
            ),
        ),
    ),
    Example(
        title="Nothing is offered where no single edit makes the tests pass",
        before="""\
def greeting(name):
    return "Hello"|
""",
        after=None,
        files=(
            (
                "test_example.py",
                """\
from example import greeting


def test_ada():
    assert greeting("Ada") == "Good morning, Ada"


def test_grace():
    assert greeting("Grace") == "Good morning, Grace"
""",
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class FixFailingTest:
    """Lists the finished fixes that belong to the place where the menu was opened."""

    finished: FinishedFixes
    kind: ActionKind = ActionKind.QUICK_FIX

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        document = request.document
        finished = self.finished.get(document.uri, document.version)
        if finished is None or not _concerns(finished, request.span, document.source):
            return ()
        titles = _titles(finished.fixes, document.source)
        return tuple(
            Offer(
                title=titles[rank],
                kind=self.kind,
                version=document.version,
                edits=fix.candidate.edits,
                evidence=fix.evidence,
                preferred=rank == 0 and not fix.evidence.reading,
            )
            for rank, fix in enumerate(finished.fixes)
        )


def provider(finished: FinishedFixes) -> FixFailingTest:
    return FixFailingTest(finished)


def _titles(fixes: Sequence[Fix], source: Source) -> tuple[str, ...]:
    """What is done, with the line where several fixes do the same, and the evidence."""
    summaries = [fix.candidate.summary for fix in fixes]
    lines = [source.line_at(fix.candidate.edits[0].span.start) + 1 for fix in fixes]
    return tuple(
        titled(
            f"Fix: {summary} on line {line}" if summaries.count(summary) > 1 else f"Fix: {summary}",
            fix.evidence,
        )
        for fix, summary, line in zip(fixes, summaries, lines, strict=True)
    )


def _concerns(finished: Finished, span: Span, source: Source) -> bool:
    """The span shares a line with an edited function or with a finding."""
    first, last = source.line_at(span.start), source.line_at(span.end)
    places = (*(fix.scope for fix in finished.fixes), *finished.shown_at)
    return any(
        source.line_at(place.start) <= last and first <= source.line_at(place.end)
        for place in places
    )
