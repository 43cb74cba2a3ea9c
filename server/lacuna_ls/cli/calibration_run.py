"""Run the server's own completions at cursors drawn in a project's files, and calibrate on them."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.adapters.repository_settings import repository_settings
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.cli.calibration_picture import Point
from lacuna_ls.completion import predictor, sample
from lacuna_ls.completion.engine import holes_of
from lacuna_ls.completion.sample import Sample
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.holes.calibration import (
    SPLITS,
    Group,
    calibrate,
    minimum_samples,
    usable_cell,
)
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.ports.files import Files
from lacuna_ls.ports.language_model import LanguageModel
from lacuna_ls.settings import Settings
from lacuna_ls.syntax.languages import Language, by_path, languages


@dataclass(frozen=True, slots=True)
class Measured:
    """A calibration of one language on one project.

    `points` is what it says of cursors within lines at `holes` tab stops.
    """

    root: Path
    language: str
    calibration: Calibration
    holes: int
    points: tuple[Point, ...]


async def measure(root: Path, most: int, seed: int) -> list[Measured]:
    """Calibrations of the languages of a project, by the embedded model with the project indexed.

    Raises:
        StoreError: the standard library could not be indexed.
    """
    ignored = repository_settings(root).get("ignore", ())
    files = WorkspaceFiles((root,), tuple(ignored))
    model = EmbeddedModel(files)
    await model.add_library(await library_index(cache_folder()))
    await model.workspace.refresh(root, _suffixes())
    random = Random(seed)  # noqa: S311 - draws cursors, protects nothing
    return await measure_with(model, root, files, random, most)


async def measure_with(
    model: LanguageModel, root: Path, files: Files, random: Random, most: int
) -> list[Measured]:
    """Calibrations of the languages that `files` has, with progress on standard error."""
    paths = [
        path
        for path in files.source_files(root, _suffixes())
        if sample.written_by_hand(path, files.read(path) or b"")
    ]
    paths = sorted(random.sample(paths, min(most, len(paths))))
    found: dict[str, list[Sample]] = {}
    read: dict[str, list[Path]] = {}
    with _bar() as bar:
        for path in bar.track(paths, description=f"Completing in {root.name}"):
            language = by_path(path)
            assert language is not None
            read.setdefault(language.name, []).append(path)
            samples = found.setdefault(language.name, [])
            for group in Group:
                drawn = sample.draw(files.read(path) or b"", random, group)
                taken = await sample.take(drawn, language, model, path) if drawn else None
                samples += [taken] if taken is not None else []
    by_name = {language.name: language for language in languages()}
    return [
        _measured(root, by_name[name], len(read[name]), samples, model.capabilities.model_id)
        for name, samples in found.items()
    ]


def _suffixes() -> frozenset[str]:
    return frozenset(suffix for language in languages() for suffix in language.suffixes)


def usable(calibration: Calibration) -> bool:
    """It claims something wherever the default settings ask: it stands in for the shipped one."""
    asked = Settings()
    return all(
        usable_cell(calibration, asked.holes_epsilon, asked.holes_max_holes, group)
        for group in Group
    )


def table(measured: Measured) -> Iterator[str]:
    """What the calibration says, for people."""
    yield f"{measured.language}: {measured.calibration.population}"
    for group in Group:
        for epsilon in sorted({cell.epsilon for cell in measured.calibration.cells}):
            cell = usable_cell(measured.calibration, epsilon, measured.holes, group)
            yield f"  {group:10s}  epsilon {epsilon:<4g}  {_claim(cell)}"


def wanting(measured: Measured) -> str:
    """Why nothing was stored."""
    epsilon, made = Settings().holes_epsilon, measured.calibration
    found = {cell.group: cell.n for cell in made.cells}
    needed = " and ".join(
        f"{minimum_samples(epsilon, made.delta / SPLITS[group])} completions {group} "
        f"(here {found[group]})"
        for group in Group
    )
    return (
        f"not stored: a claim at epsilon {epsilon:g} needs {needed}. "
        "The calibration that ships stays in use."
    )


def _claim(cell: CalibratedCell | None) -> str:
    if cell is None:
        return "too few samples for a claim"
    if cell.threshold is None:
        return f"n = {cell.n}: one hole over everything"
    return f"n = {cell.n}, {cell.misses} missed, threshold {cell.threshold:.3f}"


def _measured(
    root: Path, language: Language, files: int, samples: Sequence[Sample], model_id: str
) -> Measured:
    by_group = {group: [s for s in samples if s.proposal.group is group] for group in Group}
    offered = " and ".join(f"{len(by_group[group])} {group}" for group in Group)
    population = f"cursors in {files} files of {root.name} (offered something: {offered})"
    made = calibrate(
        predictor.key(model_id, language),
        population,
        {group: [one.outcomes for one in found] for group, found in by_group.items()},
    )
    holes = Settings().holes_max_holes
    mid_line = by_group[Group.MID_LINE]
    points = tuple(_points(made, mid_line, holes))
    return Measured(root, language.name, made, holes, points)


def _points(made: Calibration, samples: Sequence[Sample], holes: int) -> Iterator[Point]:
    for epsilon in sorted({cell.epsilon for cell in made.cells}):
        cell = usable_cell(made, epsilon, holes, Group.MID_LINE)
        if cell is not None:
            removed = statistics.fmean(
                sample.shares(
                    one.proposal, holes_of(one.proposal, cell.threshold, cell.max_holes)
                ).removed
                for one in samples
            )
            yield Point(epsilon, cell.misses / cell.n, removed)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
