"""One list of fixes from two searches: what both say comes first, then what changes less.

A fix that was found without a model and drafted by one has two witnesses that know nothing of each
other; agreement of independent sources is the best evidence beside the tests (CodeT, Chen et al.,
2022, of codes and tests).
"""

from collections.abc import Sequence

from lacuna_ls.domain.text import apply_edits
from lacuna_ls.ports.code_runner import CodeRunner
from lacuna_ls.repair.falsify import observed
from lacuna_ls.repair.fix import Fix, Problem
from lacuna_ls.repair.rank import readings


async def told_apart(problem: Problem, fixes: Sequence[Fix], runner: CodeRunner) -> tuple[Fix, ...]:
    """The fixes ranked by what they do, as those of one search are; they come as `joined` has them.

    They have to be of one function, because what is compared is what that does.
    """
    if len(fixes) < 2 or len({fix.scope for fix in fixes}) != 1:
        return tuple(fixes)
    texts = [apply_edits(problem.document.data, fix.candidate.edits) for fix in fixes]
    observation = await observed(problem, fixes[0].scope, texts, runner)
    return readings(observation, fixes, [1 / (1 + place) for place in range(len(fixes))])


def joined(data: bytes, found: Sequence[Fix], drafted: Sequence[Fix]) -> tuple[Fix, ...]:
    """Both in one order, each text once. `data` is what the edits are to; each list is best first.

    Of a text that both have, the found one stays: its words say what is done.
    """
    texts = {apply_edits(data, fix.candidate.edits): fix for fix in reversed(drafted)}
    agreed, alone = list[Fix](), list[Fix]()
    for fix in found:
        twin = texts.pop(apply_edits(data, fix.candidate.edits), None)
        (alone if twin is None else agreed).append(fix)
    others = [fix for fix in drafted if fix in texts.values()]
    return (*agreed, *_merged(alone, others))


def _merged(found: Sequence[Fix], drafted: Sequence[Fix]) -> list[Fix]:
    """Each list keeps its order; of the two that come next the one that changes less goes first."""
    left, right = list(found), list(drafted)
    merged: list[Fix] = []
    while left and right:
        merged.append(right.pop(0) if _size(right[0]) < _size(left[0]) else left.pop(0))
    return [*merged, *left, *right]


def _size(fix: Fix) -> int:
    return sum(max(len(edit.span), len(edit.new.strip())) for edit in fix.candidate.edits)
