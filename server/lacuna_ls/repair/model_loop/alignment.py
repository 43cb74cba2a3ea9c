"""Which lines of two texts correspond, by Levenshtein's distance: what has to change stays small.

`difflib` looks for long blocks first and so takes two swapped lines for a moved block.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `old_start..old_end` that `new_start..new_end` replace; one of the two may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def hunks(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[Hunk]:
    """What has to change, in order; lines in no hunk are equal."""
    costs = _costs(old, new)
    i = j = 0
    while i < len(old) or j < len(new):
        start_i, start_j = i, j
        while (i < len(old) or j < len(new)) and not _pairs(old, new, i, j):
            i, j = _next(costs, i, j)
        if (i, j) != (start_i, start_j):
            yield Hunk(start_i, i, start_j, j)
        while _pairs(old, new, i, j):
            i, j = i + 1, j + 1


def _pairs(old: Sequence[bytes], new: Sequence[bytes], i: int, j: int) -> bool:
    return i < len(old) and j < len(new) and old[i] == new[j]


def _next(costs: list[list[int]], i: int, j: int) -> tuple[int, int]:
    """Where the cheapest way leads from lines that differ: replacing before anything else."""
    last_i, last_j = len(costs) - 1, len(costs[0]) - 1
    ways = [(i + 1, j + 1), (i + 1, j), (i, j + 1)]
    open_ways = [(a, b) for a, b in ways if a <= last_i and b <= last_j]
    return min(open_ways, key=lambda way: costs[way[0]][way[1]])


def _costs(old: Sequence[bytes], new: Sequence[bytes]) -> list[list[int]]:
    """Levenshtein's distances of `old[i:]` and `new[j:]`, by i and j."""
    rows, columns = len(old), len(new)
    costs = [[rows - i + columns - j for j in range(columns + 1)] for i in range(rows + 1)]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            if old[i] == new[j]:
                costs[i][j] = costs[i + 1][j + 1]
            else:
                costs[i][j] = 1 + min(costs[i + 1][j + 1], costs[i + 1][j], costs[i][j + 1])
    return costs
