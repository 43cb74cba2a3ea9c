"""In which order candidates that passed the failing tests are confirmed and shown."""

from collections.abc import Sequence
from dataclasses import replace

from lacuna_ls.domain.observation import Behaviour, Ending, InputKind, Observation, ObservedInput
from lacuna_ls.domain.text import Span
from lacuna_ls.repair.fix import Fix
from lacuna_ls.repair.proposers.template import Proposal
from lacuna_ls.verification.agreement import Passing, by_b4, by_codet
from lacuna_ls.verification.equivalence import clusters, differences, in_words, same

# How often a candidate counts that is as promising as the best.
_FULL_COUNT = 8


def ranked(survivors: Sequence[Proposal], seen: Sequence[Span] = ()) -> tuple[Proposal, ...]:
    """The best of each statement that is not yet in `seen`, then the others; each by priority.

    Edits of one statement that pass the same tests tend to be variants of one idea, while another
    statement is another explanation of the failure: a short list should hold several explanations.
    """
    by_priority = sorted(survivors, key=lambda p: (-p.priority, p.candidate.edits[0].span))
    statements = set(seen)
    leaders: list[Proposal] = []
    variants: list[Proposal] = []
    for proposal in by_priority:
        (variants if proposal.statement in statements else leaders).append(proposal)
        statements.add(proposal.statement)
    return (*leaders, *variants)


def readings(
    observation: Observation,
    fixes: Sequence[Fix],
    priorities: Sequence[float],
    red: frozenset[str] = frozenset(),
) -> tuple[Fix, ...]:
    """The fixes in the order in which to believe them, with what tells their readings apart.

    Variant 0 of the observation is the original, the others are the fixes. Fixes that do the same
    wherever they were seen are one reading. What they give for an input that no test has is taken
    for a test that may be wrong: then B4 says whom to believe, where CodeT's dual agreement says so
    too; else the more promising comes first. Before both go examples of the documentation, and what
    the original gives for inputs like those of tests that are not `red`: a fix that changes much of
    that is likely to be a regression.
    """
    variants = range(1, len(fixes) + 1)
    groups = clusters(observation, variants)
    if len(groups) < 2:
        return tuple(fixes)
    counts = _voices(fixes, groups, priorities)
    trusted = _trusted(observation, groups, counts)
    kept = {group: _examples_kept(observation, group[0]) for group in groups}
    best = dict(
        zip(groups, (max(priorities[v - 1] for v in group) for group in groups), strict=True)
    )
    spoils = {group: _regressions(observation, group[0], red) for group in groups}
    ordered = sorted(
        groups,
        key=lambda group: (-kept[group], spoils[group], group != trusted, -best[group]),
    )
    return tuple(
        _worded(fixes[variant - 1], observation, group, ordered)
        for group in ordered
        for variant in group
    )


def _voices(
    fixes: Sequence[Fix], groups: Sequence[tuple[int, ...]], priorities: Sequence[float]
) -> tuple[int, ...]:
    """How much each fix says for its reading: one idea that passes in several forms has one voice.

    It is one idea at one place of the text, and where the same text is put in.
    """
    most = max(priorities) or 1.0
    counts = [max(1, round(_FULL_COUNT * priority / most)) for priority in priorities]
    for group in groups:
        heard: set[object] = set()
        for variant in sorted(group, key=lambda variant: -priorities[variant - 1]):
            edits = fixes[variant - 1].candidate.edits
            ideas = {edits[0].span.start, edits[0].new} - {b""}
            if ideas & heard:
                counts[variant - 1] = 0
            heard |= ideas
    return tuple(counts)


def _trusted(
    observation: Observation, groups: Sequence[tuple[int, ...]], counts: tuple[int, ...]
) -> tuple[int, ...] | None:
    """The group that both rules put first, if there is one."""
    columns = [
        [_gives(each, variant, as_of) for variant in range(1, len(counts) + 1)]
        for each in observation.inputs
        if each.steady
        for as_of in (group[0] for group in groups)
    ]
    rows = tuple(zip(*columns, strict=True))
    matrix = Passing(rows, counts, (1,) * len(columns))
    first = [{index + 1 for index in rule(matrix)[0].members} for rule in (by_b4, by_codet)]
    agreed = [group for group in groups if all(set(group) & members for members in first)]
    return agreed[0] if agreed else None


def _gives(each: ObservedInput, variant: int, as_of: int) -> bool:
    return same(each.behaviours[variant], each.behaviours[as_of], strict=False) is True


def _examples_kept(observation: Observation, variant: int) -> int:
    def keeps(behaviour: Behaviour, expected: str) -> bool:
        return behaviour.ending is Ending.RETURNED and behaviour.loose_value == expected

    return sum(
        keeps(each.behaviours[variant], each.expected)
        for each in observation.inputs
        if each.expected
    )


def _regressions(observation: Observation, variant: int, red: frozenset[str]) -> float:
    """The share, in tenths, of results changed that no failing test implicates."""
    spared = [
        each
        for each in observation.inputs
        if each.kind is InputKind.MUTATED and each.steady and each.test_id not in red
    ]
    changed = sum(
        same(each.behaviours[0], each.behaviours[variant], strict=False) is False for each in spared
    )
    return round(changed / len(spared), 1) if spared else 0.0


def _worded(
    fix: Fix,
    observation: Observation,
    group: tuple[int, ...],
    groups: Sequence[tuple[int, ...]],
) -> Fix:
    """The fix with an input on which the next reading does something else."""
    other = groups[0] if group != groups[0] else groups[1]
    found = differences(observation, group[0], other[0], strict=False)
    if not found:
        return fix
    words = f"{len(groups)} readings: {found[0].input.call} {in_words(found[0].one)}"
    return replace(fix, evidence=replace(fix.evidence, reading=words))
