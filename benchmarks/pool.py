"""One cursor of each group in each file of some packages, and what became of what was offered there.

The very functions run that the server calls, the embedded model with the standard library's index
and the package as its workspace; what the author wrote is the truth.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from benchmarks.frontier import greedy_removed
from benchmarks.packages import ArchiveFiles, fit

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.completion import sample
from lacuna_ls.completion.engine import holes_of, render
from lacuna_ls.completion.proposal import Proposal
from lacuna_ls.completion.sample import Shares
from lacuna_ls.completion.suggestion import CompletionOptions
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.holes.calibration import (
    EPSILONS,
    HOLE_COUNTS,
    THRESHOLDS,
    Group,
    Outcome,
)
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.syntax.languages import by_language_id

FILES_PER_PACKAGE = 200
GREEDY_HOLES = (1, 2, 4)
_NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Row:
    """One file in which something was offered; `greedy` has the share removed by greedy holes.

    `greedy` and `rerender_ms` are empty unless they were asked for.
    """

    package: str
    group: Group
    outcomes: dict[int, Outcome]
    shares: dict[int, tuple[Shares, ...]]
    greedy: dict[int, tuple[float, ...]]
    rerender_ms: tuple[float, ...]
    offered_bytes: int


@dataclass(frozen=True, slots=True)
class Pool:
    """`positions` counts the cursors of each group, shown anything or not."""

    packages: int
    files: int
    positions: dict[Group, int]
    rows: tuple[Row, ...]

    def of(self, group: Group) -> list[Row]:
        return [row for row in self.rows if row.group is group]


def gather(archives: Sequence[Path], workers: int, *, compared: bool = False) -> Pool:
    """The pool of some wheels. `compared` adds what only the guarantee's figures need."""
    asyncio.run(library_index(cache_folder()))
    largest_first = sorted(archives, key=lambda path: -path.stat().st_size)
    with ProcessPoolExecutor(workers) as executor:
        parts = list(executor.map(partial(_gathered, compared=compared), largest_first))
    return Pool(
        packages=len(archives),
        files=sum(part.files for part in parts),
        positions={group: sum(part.positions[group] for part in parts) for group in Group},
        rows=tuple(row for part in parts for row in part.rows),
    )


def _gathered(archive: Path, *, compared: bool) -> Pool:
    return asyncio.run(_gather(archive, compared=compared))


async def _gather(archive: Path, *, compared: bool) -> Pool:
    files = ArchiveFiles(archive)
    python = by_language_id("python")
    assert python is not None
    model = EmbeddedModel(files)
    await model.add_library(await library_index(cache_folder()))
    await model.workspace.refresh(files.root, frozenset(python.suffixes))
    random = Random(archive.name)
    paths = [p for p in files.source_files(files.root, frozenset({".py"})) if fit(files, p)]
    chosen = sorted(random.sample(paths, min(len(paths), FILES_PER_PACKAGE)))
    positions = dict.fromkeys(Group, 0)
    rows: list[Row] = []
    for path in chosen:
        for group in Group:
            drawn = sample.draw(files.read(path) or b"", random, group)
            if drawn is None:
                continue
            positions[group] += 1
            taken = await sample.take(drawn, python, model, path)
            if taken is not None:
                rows.append(_row(archive.name.partition("-")[0], taken, compared=compared))
    return Pool(1, len(chosen), positions, tuple(rows))


def _row(package: str, taken: sample.Sample, *, compared: bool) -> Row:
    proposal = taken.proposal
    shares = {
        count: tuple(
            sample.shares(proposal, holes_of(proposal, threshold, count))
            for threshold in THRESHOLDS
        )
        for count in HOLE_COUNTS
    }
    return Row(
        package,
        proposal.group,
        taken.outcomes,
        shares,
        {count: _greedy(proposal, count) for count in GREEDY_HOLES} if compared else {},
        tuple(_rerender_ms(proposal)) if compared else (),
        len(proposal.text),
    )


def _greedy(proposal: Proposal, holes: int) -> tuple[float, ...]:
    program = proposal.program
    costs = [min(cost, _NEVER) for cost in program.own_nll]
    return tuple(
        greedy_removed(program.ends, costs, threshold, holes) / len(costs)
        for threshold in THRESHOLDS
    )


def _rerender_ms(proposal: Proposal) -> Iterator[float]:
    """A session that moves epsilon over a suggestion it has."""
    cells = tuple(
        CalibratedCell(epsilon, count, epsilon, 5000, 0, proposal.group)
        for epsilon in EPSILONS
        for count in HOLE_COUNTS
    )
    table = Calibration("", 0.05, "", cells)
    for epsilon in EPSILONS:
        started = time.perf_counter()
        render(proposal, proposal.offset, table, CompletionOptions(epsilon, 4))
        yield (time.perf_counter() - started) * 1e3
