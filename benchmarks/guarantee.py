"""Does the guarantee hold on code that nobody tuned on, and what is it worth there?

The completions offered in the files of held-out packages, one file a sample, are taken for the whole
population, so that miss rates are known and not estimated. From it `DRAWS` calibration sets are
drawn with replacement; each chooses its thresholds as `make calibration` does, and the miss of each
is measured on the population. The share of draws whose miss exceeds epsilon must be at most delta.

Files of one package resemble each other, so each package is then left out of a calibration in turn
and measured. Last, the calibration that ships is measured as it is, on packages it has not seen.

By default the packages are those of `guarantee_packages.txt`; `--packages` names others, as pip does.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.adapters.calibration_store import from_json, read_shipped
from lacuna_ls.cli.calibration_picture import Point, picture
from lacuna_ls.completion import predictor
from lacuna_ls.domain.errors import StoreError
from lacuna_ls.holes.calibration import (
    DELTA,
    EPSILONS,
    SPLITS,
    THRESHOLDS,
    Group,
    largest_tolerable_misses,
    loosest,
    usable_cell,
)
from lacuna_ls.model.embedded import model_id
from lacuna_ls.syntax.languages import by_language_id

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.packages import fetch, names_in, newest, project_of
from benchmarks.pool import Pool, Row, gather

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "guarantee_packages.txt"
DRAWS = 400
COLUMNS = (
    "epsilon", "m", "n_calibration", "violations", "violations_unsplit", "miss", "miss_left_out",
    "miss_shipped", "removed", "removed_greedy", "whole", "kept_share",
)  # fmt: skip
HOLES = (1, 2, 4)
# Packages that the predictor was made with: what is measured on them says nothing.
MADE_WITH = ("gate_packages.txt", "score_packages.txt", "tuning_packages.txt")


@dataclass(frozen=True, slots=True)
class Cell:
    """Figures of one epsilon and number of holes, means over all draws.

    `violations` is the share of draws whose miss exceeds epsilon, each cell having `delta / splits`
    as in the table that ships; `violations_unsplit` is the same with all of `delta` for this cell.
    `miss`, `removed` (of nodes, exact and greedy), `whole` and `kept_share` are of what is offered,
    `shown` is the share of positions where something is. `miss_left_out` is that of packages that
    their calibration has not seen, `miss_shipped` that of the threshold that ships.
    """

    group: str
    epsilon: float
    m: int
    delta: float
    splits: float
    n_calibration: int
    violations: float
    violations_unsplit: float
    miss: float
    removed: float
    removed_greedy: float
    whole: float
    kept_share: float
    shown: float
    miss_left_out: float
    miss_shipped: float | None


def main() -> None:
    arguments = _arguments()
    started = time.monotonic()
    wheels = newest(arguments.packages) if arguments.packages else fetch(MANIFEST, 1000)
    made_with = {name for manifest in MADE_WITH for name in names_in(HERE / manifest)}
    if used := made_with & set(map(project_of, wheels)):
        sys.exit(f"the predictor was made with {', '.join(sorted(used))}: name other packages")
    pool = gather(wheels, arguments.workers, compared=True)
    random = np.random.default_rng(arguments.seed)
    cells = {
        group: [
            measured(pool, group, epsilon, holes, arguments.draws, random)
            for epsilon in EPSILONS
            for holes in HOLES
        ]
        for group in Group
        if len(pool.of(group)) > 1
    }
    figures = {
        "packages": pool.packages,
        "files": pool.files,
        "draws": arguments.draws,
        "cells": [asdict(cell) for cell in cells.get(Group.MID_LINE, [])],
        "line_start_cells": [asdict(cell) for cell in cells.get(Group.LINE_START, [])],
        "offered_bytes": round(statistics.mean(row.offered_bytes for row in pool.rows), 1),
        "rerender_ms_p95": round(rerender_ms_p95(pool), 3),
        "seconds": round(time.monotonic() - started),
    }
    for group, found in cells.items():
        print_table(group, found)
    print(
        f"{pool.packages} packages, {pool.files} files; "
        f"epsilon moved: p95 {figures['rerender_ms_p95']} ms; {figures['seconds']} s"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if arguments.picture:
        points = [
            Point(cell.epsilon, cell.miss, cell.removed)
            for cell in cells.get(Group.MID_LINE, [])
            if cell.m == max(HOLES)
        ]
        title = f"Held-out packages, {max(HOLES)} holes, mean of {arguments.draws} calibrations"
        arguments.picture.write_text(picture(points, title), encoding="utf-8")


def measured(
    pool: Pool, group: Group, epsilon: float, holes: int, draws: int, random: np.random.Generator
) -> Cell:
    rows = pool.of(group)
    missed = np.array([row.outcomes[holes].missed for row in rows], dtype=float)
    rates = missed.mean(axis=0)
    counts = random.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=draws) @ missed
    chosen = [
        loosest(drawn, tolerable(epsilon, SPLITS[group], len(rows))) for drawn in counts.tolist()
    ]
    unsplit = [loosest(drawn, tolerable(epsilon, 1, len(rows))) for drawn in counts.tolist()]
    shares = [row.shares[holes] for row in rows]
    none = Figures(0.0, 1.0, 1.0, 1.0, 0.0)
    each = [
        none
        if column is None
        else Figures(
            miss=float(rates[column]),
            removed=statistics.fmean(row[column].removed for row in shares),
            removed_greedy=statistics.fmean(row.greedy[holes][column] for row in rows),
            whole=statistics.fmean(row[column].whole for row in shares),
            kept_share=statistics.fmean(row[column].kept for row in shares),
        )
        for column in chosen
    ]
    return Cell(
        group=group,
        epsilon=epsilon,
        m=holes,
        delta=DELTA,
        splits=SPLITS[group],
        n_calibration=len(rows),
        violations=violations(chosen, rates, epsilon),
        violations_unsplit=violations(unsplit, rates, epsilon),
        shown=round(len(rows) / pool.positions[group], 4),
        miss_left_out=left_out(rows, missed, epsilon),
        miss_shipped=shipped_miss(group, epsilon, holes, rates),
        **{
            name: round(statistics.fmean(getattr(one, name) for one in each), 4)
            for name in ("miss", "removed", "removed_greedy", "whole", "kept_share")
        },
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """What one threshold is worth on the whole pool."""

    miss: float
    removed: float
    removed_greedy: float
    whole: float
    kept_share: float


def tolerable(epsilon: float, splits: float, n: int) -> int | None:
    return largest_tolerable_misses(epsilon, DELTA / splits, n)


def violations(chosen: Sequence[int | None], rates: NDArray[np.float64], epsilon: float) -> float:
    bad = sum(column is not None and rates[column] > epsilon for column in chosen)
    return round(float(bad) / len(chosen), 4)


def left_out(rows: Sequence[Row], missed: NDArray[np.float64], epsilon: float) -> float:
    """Misses over all packages, each measured at the threshold that the others choose."""
    packages = np.array([row.package for row in rows])
    misses = 0.0
    for package in sorted(set(packages)):
        others = missed[packages != package]
        limit = tolerable(epsilon, SPLITS[rows[0].group], len(others))
        column = loosest(others.sum(axis=0).tolist(), limit)
        misses += 0 if column is None else float(missed[packages == package][:, column].sum())
    return round(misses / len(rows), 4)


def shipped_miss(
    group: Group, epsilon: float, holes: int, rates: NDArray[np.float64]
) -> float | None:
    """`None` where the calibration that ships is of another predictor."""
    python = by_language_id("python")
    assert python is not None
    try:
        shipped = from_json(read_shipped() or "")
    except StoreError:
        return None
    if shipped.key != predictor.key(model_id(), python):
        return None
    cell = usable_cell(shipped, epsilon, holes, group)
    if cell is None or cell.threshold is None:
        return 0.0
    return round(float(rates[THRESHOLDS.index(cell.threshold)]), 4)


def rerender_ms_p95(pool: Pool) -> float:
    times = [elapsed for row in pool.rows for elapsed in row.rerender_ms]
    return statistics.quantiles(times, n=20)[-1]


def print_table(group: Group, cells: Sequence[Cell]) -> None:
    print(f"{group}: something is offered at {cells[0].shown:.3f} of the cursors")
    print("  ".join(COLUMNS))
    for cell in cells:
        values = (getattr(cell, name) for name in COLUMNS)
        columns = zip(COLUMNS, values, strict=True)
        print("  ".join(f"{'none' if v is None else v:>{len(name)}}" for name, v in columns))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packages", nargs="*", default=[], help="as pip names them")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--picture", type=Path, help="draw misses against epsilon (SVG)")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
