"""How a draft stands: what became of each test, in comparison with the original.

What runs at all is better than what does not, before how many tests pass; among equals a wrong
answer is nearer to a right one than a crash. RankEF (Guo et al., 2024, "Sifting through the chaff")
learns that order of error types; here it is fixed, and it does not outweigh a test that passes.
"""

from dataclasses import dataclass

from lacuna_ls.domain.test_result import RunStatus, TestReport, TestResult

_MOST_TESTS = 6
_MOST_LINES = 4


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """Compared field by field, larger is better.

    `ran`: 0 nothing could be collected or the process ended, 1 it hung, 2 it came to its end. `net`
    counts the red tests that pass now, less those that are red only now. `wrong` is 1 if all that
    still fails are wrong answers, 0 if something is raised.
    """

    ran: int
    net: int
    wrong: int


def standing(before: TestReport, after: TestReport) -> Standing:
    """Where the text that gave `after` stands; `before` is that of the original."""
    ran = {RunStatus.COMPLETED: 2, RunStatus.TIMED_OUT: 1}.get(after.status, 0)
    fixed, broken, _ = _compared(before, after)
    wrong = all(r.failure and r.failure.exception == "AssertionError" for r in after.failures)
    return Standing(ran, len(fixed) - len(broken), int(wrong))


def in_words(before: TestReport, after: TestReport) -> str:
    """The difference that a text makes, test by test, for a model to read."""
    fixed, broken, still = _compared(before, after)
    lines = [f"- {test} passes now" for test in fixed[:_MOST_TESTS]]
    lines += [f"- {r.test_id} still fails: {_message(r)}" for r in still[:_MOST_TESTS]]
    found = {r.test_id: r for r in after.failures}
    for test in broken[:_MOST_TESTS]:
        what = f"fails now: {_message(found[test])}" if test in found else "does not run any more"
        lines.append(f"- {test} passed before and {what}")
    if after.status is not RunStatus.COMPLETED:
        lines.append(f"- the tests did not come to their end: {after.detail.strip()[:200]}")
    return "\n".join(lines)


def _compared(
    before: TestReport, after: TestReport
) -> tuple[list[str], list[str], list[TestResult]]:
    """Tests that are fixed, that are broken, and results that are still red."""
    red_now = {r.test_id for r in after.failures}
    there = {r.test_id for r in after.results}
    red = [r.test_id for r in before.failures]
    fixed = [t for t in red if t in there and t not in red_now]
    green = [r.test_id for r in before.results if not r.red]
    broken = [t for t in green if t not in there or t in red_now]
    still = [r for r in after.failures if r.test_id not in green]
    return fixed, broken, still


def _message(result: TestResult) -> str:
    if result.failure is None:
        return result.outcome
    lines = result.failure.message.splitlines()[:_MOST_LINES]
    return f"{result.failure.exception}: " + "\n  ".join(lines)
