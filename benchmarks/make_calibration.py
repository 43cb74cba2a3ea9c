"""Measure the calibration that ships: `make calibration`.

The packages of `calibration_packages.txt` are fetched with pip as wheels (the files their authors
published; nothing of them is run) and kept in the user's cache folder. From each package up to
`FILES_PER_PACKAGE` files are drawn, vendored and generated ones excluded, and in each file one
cursor. The embedded model, with the standard library's index and the package as its workspace,
completes there through the very functions that the server calls; what the author wrote is the
truth. Files whose cursor is shown nothing are no samples.

`--tune` instead prints what confidence floors would do, on packages that are in no calibration.
"""

import argparse
import asyncio
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

from lacuna_ls.adapters.calibration_store import SHIPPED, to_json
from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.completion import predictor, sample
from lacuna_ls.completion.engine import holes_of
from lacuna_ls.completion.proposal import Proposal
from lacuna_ls.domain.calibration import Calibration
from lacuna_ls.domain.text import decode
from lacuna_ls.holes import calibration as holes_calibration
from lacuna_ls.holes.calibration import EPSILONS, HOLE_COUNTS, THRESHOLDS, calibrate
from lacuna_ls.model.embedded import EmbeddedModel, model_id
from lacuna_ls.syntax.languages import by_language_id

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.packages import ArchiveFiles, fetch, fit

HERE = Path(__file__).resolve().parent
SHIPPED_PATH = Path(holes_calibration.__file__).with_name(SHIPPED)
FILES_PER_PACKAGE = 130
FOLDS = 5
HELD_OUT_HOLES = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One file in which something was shown. `kept` is the share of tokens outside holes."""

    package: str
    misses: dict[int, tuple[bool, ...]]
    kept: dict[int, tuple[float, ...]]
    whole: dict[int, tuple[bool, ...]]
    confidence: float
    exact: bool


def main() -> None:
    arguments = _arguments()
    started = time.monotonic()
    manifest = HERE / ("tuning_packages.txt" if arguments.tune else "calibration_packages.txt")
    wheels = fetch(manifest, arguments.packages)
    asyncio.run(library_index(cache_folder()))
    prepare = show_everything if arguments.tune else None
    with ProcessPoolExecutor(arguments.workers, initializer=prepare) as pool:
        results = list(pool.map(measure, wheels))
    files = sum(count for count, _ in results)
    rows = [row for _, found in results for row in found]
    print(f"{len(wheels)} packages, {files} files, shown in {len(rows)}: ", end="")
    print(f"{time.monotonic() - started:.0f} s")
    if arguments.tune:
        print_floors(rows, files)
        return
    population = (
        f"one cursor in each of {files} Python files of {len(wheels)} open-source packages "
        f"({len(rows)} of them were shown something)"
    )
    python = by_language_id("python")
    assert python is not None
    made = calibrate(
        predictor.key(model_id(), python),
        population,
        {holes: [row.misses[holes] for row in rows] for holes in HOLE_COUNTS},
    )
    print_table(made, rows)
    print_held_out(rows)
    arguments.out.write_text(to_json(made), encoding="utf-8", newline="\n")
    print(f"written: {arguments.out.name}")


def show_everything() -> None:
    """In a worker that tunes: no floor, so that every floor can be judged."""
    predictor.CONFIDENCE_FLOOR = 0.0


def measure(wheel: Path) -> tuple[int, list[Row]]:
    """How many files of a package were drawn, and the samples of those in which something shows."""
    return asyncio.run(_measure(wheel))


async def _measure(wheel: Path) -> tuple[int, list[Row]]:
    files = ArchiveFiles(wheel)
    python = by_language_id("python")
    assert python is not None
    model = EmbeddedModel(files)
    await model.add_library(await library_index(cache_folder()))
    await model.workspace.refresh(files.root, frozenset(python.suffixes))
    random = Random(wheel.name)
    paths = [
        path for path in files.source_files(files.root, frozenset({".py"})) if fit(files, path)
    ]
    chosen = sorted(random.sample(paths, min(len(paths), FILES_PER_PACKAGE)))
    rows: list[Row] = []
    for path in chosen:
        drawn = sample.draw(files.read(path) or b"", random)
        taken = await sample.take(drawn, python, model, path) if drawn else None
        if drawn and taken:
            rows.append(_row(wheel.name.partition("-")[0], drawn, taken))
    return len(chosen), rows


def _row(package: str, drawn: sample.Draw, taken: sample.Sample) -> Row:
    proposal = taken.proposal
    kept: dict[int, tuple[float, ...]] = {}
    whole: dict[int, tuple[bool, ...]] = {}
    for holes in HOLE_COUNTS:
        chosen = [holes_of(proposal, threshold, holes) for threshold in THRESHOLDS]
        kept[holes] = tuple(_kept_share(proposal, nodes) for nodes in chosen)
        whole[holes] = tuple(0 in nodes for nodes in chosen)
    sure = predictor.confidence(proposal.completion, proposal.shown.kept)
    exact = decode(proposal.text).strip() == drawn.truth.strip()
    return Row(package, taken.misses, kept, whole, sure, exact)


def _kept_share(proposal: Proposal, nodes: tuple[int, ...]) -> float:
    spans = [proposal.program.spans[node] for node in nodes]
    start = proposal.shown.kept.start
    tokens = [t.span.start - start for t in proposal.completion.tokens]
    shown = [at for at in tokens if 0 <= at < len(proposal.text)]
    held = [at for at in shown if not any(span.start <= at < span.end for span in spans)]
    return len(held) / max(len(shown), 1)


def print_table(made: Calibration, rows: list[Row]) -> None:
    print("epsilon  holes  threshold      n  misses  kept tokens  one hole")
    for cell in made.cells:
        if cell.threshold is None:
            figures = "   none"
            kept, whole = 0.0, 1.0
        else:
            column = THRESHOLDS.index(cell.threshold)
            figures = f"{cell.threshold:7.3f}"
            kept = sum(row.kept[cell.max_holes][column] for row in rows) / len(rows)
            whole = sum(row.whole[cell.max_holes][column] for row in rows) / len(rows)
        print(
            f"{cell.epsilon:7.2f}  {cell.max_holes:5d}    {figures}  {cell.n:5d}  {cell.misses:6d}"
            f"  {kept:11.3f}  {whole:8.3f}"
        )


def print_held_out(rows: list[Row]) -> None:
    """Files of a package resemble each other: does a threshold hold for packages it never saw?"""
    packages = sorted({row.package for row in rows})
    if len(packages) < FOLDS:
        return
    missed = dict.fromkeys(EPSILONS, 0)
    for fold in range(FOLDS):
        left_out = set(packages[fold::FOLDS])
        seen = [row for row in rows if row.package not in left_out]
        unseen = [row for row in rows if row.package in left_out]
        samples = {holes: [row.misses[holes] for row in seen] for holes in HOLE_COUNTS}
        for cell in calibrate("", "", samples).cells:
            if cell.max_holes == HELD_OUT_HOLES and cell.threshold is not None:
                column = THRESHOLDS.index(cell.threshold)
                missed[cell.epsilon] += sum(row.misses[HELD_OUT_HOLES][column] for row in unseen)
    rates = ", ".join(f"{epsilon}: {count / len(rows):.3f}" for epsilon, count in missed.items())
    print(f"misses on packages held out in turn ({HELD_OUT_HOLES} holes), by epsilon: {rates}")


def print_floors(rows: list[Row], files: int) -> None:
    print("floor   shown  exact")
    for floor in [step / 20 for step in range(20)]:
        above = [row for row in rows if row.confidence >= floor]
        exact = sum(row.exact for row in above) / max(len(above), 1)
        print(f"{floor:5.2f}  {len(above) / files:6.3f}  {exact:5.3f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--packages", type=int, default=1000, help="only the first N of the manifest"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=SHIPPED_PATH)
    parser.add_argument(
        "--tune", action="store_true", help="print confidence floors, write nothing"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
