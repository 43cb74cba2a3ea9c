"""Which candidates to believe when neither they nor what judges them is known to be right.

Both rules look at consensus sets: candidates that pass exactly the same tests. CodeT (Chen et al.,
"CodeT: Code Generation with Generated Tests", 2022) scores a set by its size and the number of its
tests. B4 (Chen et al., "B4: Towards Optimal Assessment of Plausible Code Solutions with Plausible
Tests", 2024) scores it by the posterior of "these candidates and these tests are right, all others
are wrong" under Beta priors: a right candidate passes a right test for certain, a wrong one passes
a right test at a rate of which nothing is known, and a wrong test only by an accident that is the
rarer the larger `rarity` is; `plenty` says how far right ones are expected to prevail. Departure
from both: candidates and tests that were seen more than once count as often.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passing:
    """Who passes what: `passed[i][j]` for candidate i and test j, with how often each was seen."""

    passed: tuple[tuple[bool, ...], ...]
    candidate_counts: tuple[int, ...]
    test_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Prior:
    """The two hyperparameters that the paper leaves to who knows the task (its section 5)."""

    rarity: float = 1e4
    plenty: float = 1e3


@dataclass(frozen=True, slots=True)
class ConsensusSet:
    """Candidates by their index, and their score, which is comparable within one matrix only."""

    members: tuple[int, ...]
    score: float


def passing(rows: Sequence[Sequence[bool]]) -> Passing:
    """The matrix of candidates and tests that were each seen once."""
    tests = len(rows[0]) if rows else 0
    return Passing(tuple(map(tuple, rows)), (1,) * len(rows), (1,) * tests)


def by_b4(matrix: Passing, prior: Prior = Prior()) -> tuple[ConsensusSet, ...]:
    """The consensus sets, the most probable first."""
    weights = _Weights(matrix.test_counts)
    layouts = _layouts(matrix)
    candidates, tests = sum(matrix.candidate_counts), sum(matrix.test_counts)

    def score(right: int) -> float:
        size = _size(matrix, layouts[right])
        right_tests = weights.of(right)
        others = candidates - size
        agree = {
            layout: _size(matrix, members) for layout, members in layouts.items() if layout != right
        }
        on_right = sum(count * weights.of(layout & right) for layout, count in agree.items())
        on_wrong = sum(count * weights.of(layout & ~right) for layout, count in agree.items())
        wrong_tests = tests - right_tests
        return (
            _log_beta(size + prior.plenty, others + 1)
            + _log_beta(right_tests + prior.plenty, wrong_tests + 1)
            + _log_beta(on_right + 1, others * right_tests - on_right + 1)
            + _log_beta(on_wrong + 1, others * wrong_tests - on_wrong + prior.rarity)
        )

    return _sorted(layouts, score)


def by_codet(matrix: Passing) -> tuple[ConsensusSet, ...]:
    """The consensus sets by dual agreement: tests passed times the root of how many pass them."""
    weights = _Weights(matrix.test_counts)
    layouts = _layouts(matrix)
    return _sorted(
        layouts,
        lambda layout: weights.of(layout) * math.sqrt(_size(matrix, layouts[layout])),
    )


def by_pass_count(matrix: Passing) -> tuple[ConsensusSet, ...]:
    """Candidates by how many tests they pass."""
    weights = _Weights(matrix.test_counts)
    by_count: dict[int, tuple[int, ...]] = {}
    for layout, members in _layouts(matrix).items():
        count = weights.of(layout)
        by_count[count] = (*by_count.get(count, ()), *members)
    return tuple(ConsensusSet(by_count[c], float(c)) for c in sorted(by_count, reverse=True))


class _Weights:
    """How often the tests of a layout were seen; a layout has a bit for each test."""

    def __init__(self, counts: Sequence[int]) -> None:
        self._masks: dict[int, int] = {}
        for index, count in enumerate(counts):
            self._masks[count] = self._masks.get(count, 0) | 1 << index

    def of(self, layout: int) -> int:
        return sum(count * (layout & mask).bit_count() for count, mask in self._masks.items())


def _layouts(matrix: Passing) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for index, row in enumerate(matrix.passed):
        layout = sum(1 << test for test, passed in enumerate(row) if passed)
        found[layout] = (*found.get(layout, ()), index)
    return found


def _size(matrix: Passing, members: Sequence[int]) -> int:
    return sum(matrix.candidate_counts[index] for index in members)


def _sorted(
    layouts: dict[int, tuple[int, ...]], score: Callable[[int], float]
) -> tuple[ConsensusSet, ...]:
    sets = [ConsensusSet(members, score(layout)) for layout, members in layouts.items()]
    return tuple(sorted(sets, key=lambda each: (-each.score, each.members)))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
