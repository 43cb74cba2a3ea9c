"""Measure the calibration that ships: `make calibration`.

The packages of `calibration_packages.txt` are fetched with pip as wheels (the files their authors
published; nothing of them is run) and kept in the user's cache folder. From each package up to
`FILES_PER_PACKAGE` files are drawn, vendored and generated ones excluded, and in each file one
cursor within a line and one at a line's start. What is offered there is compared with what the author
wrote. Files whose cursor is offered nothing are no samples of its group.

`--tune` takes packages that are in no calibration and writes nothing: constants are chosen with it.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lacuna_ls.adapters.calibration_store import SHIPPED, to_json
from lacuna_ls.completion import predictor
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.holes import calibration as holes_calibration
from lacuna_ls.holes.calibration import THRESHOLDS, Group, calibrate
from lacuna_ls.model.embedded import model_id
from lacuna_ls.syntax.languages import by_language_id

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.packages import fetch
from benchmarks.pool import Pool, Row, gather

HERE = Path(__file__).resolve().parent
SHIPPED_PATH = Path(holes_calibration.__file__).with_name(SHIPPED)


def main() -> None:
    arguments = _arguments()
    started = time.monotonic()
    manifest = HERE / ("tuning_packages.txt" if arguments.tune else "calibration_packages.txt")
    pool = gather(fetch(manifest, arguments.packages), arguments.workers)
    print(
        f"{pool.packages} packages, {pool.files} files, offered at {len(pool.rows)} cursors: "
        f"{time.monotonic() - started:.0f} s"
    )
    made = calibration_of(pool)
    print_table(made, pool)
    if not arguments.tune:
        arguments.out.write_text(to_json(made), encoding="utf-8", newline="\n")
        print(f"written: {arguments.out.name}")


def calibration_of(pool: Pool) -> Calibration:
    python = by_language_id("python")
    assert python is not None
    offered = " and ".join(f"{len(pool.of(group))} {group}" for group in Group)
    population = (
        f"cursors in {pool.files} Python files of {pool.packages} open-source packages, one of each "
        f"kind in a file (offered something: {offered})"
    )
    samples = {group: [row.outcomes for row in pool.of(group)] for group in Group}
    return calibrate(predictor.key(model_id(), python), population, samples)


def print_table(made: Calibration, pool: Pool) -> None:
    for group in Group:
        rows = pool.of(group)
        shown = len(rows) / pool.positions[group]
        print(f"{group}: something is offered at {shown:.3f} of {pool.positions[group]} cursors")
        print(
            "epsilon  holes  threshold      n  misses  kept tokens  one hole  lists  hold it in >="
        )
        for cell in made.cells:
            if cell.group == group:
                print(_table_row(cell, rows))


def _table_row(cell: CalibratedCell, rows: Sequence[Row]) -> str:
    threshold, kept, whole = "none", 0.0, 1.0
    if cell.threshold is not None:
        column = THRESHOLDS.index(cell.threshold)
        shares = [row.shares[cell.max_holes][column] for row in rows]
        threshold = f"{cell.threshold:.3f}"
        kept = statistics.fmean(share.kept for share in shares)
        whole = statistics.fmean(share.whole for share in shares)
    return (
        f"{cell.epsilon:7.2f}  {cell.max_holes:5d}  {threshold:>9s}  {cell.n:5d}  {cell.misses:6d}"
        f"  {kept:11.3f}  {whole:8.3f}  {cell.lists:5d}  {cell.found_at_least:13.3f}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--packages", type=int, default=1000, help="only the first N of the manifest"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=SHIPPED_PATH)
    parser.add_argument(
        "--tune", action="store_true", help="the packages to tune on; write nothing"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
