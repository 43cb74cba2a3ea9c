"""Run the server's own completions at cursors drawn in a project's files, and calibrate on them."""

import statistics
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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

_SHIPPED = "The calibration that ships stays in use."


@dataclass(frozen=True, slots=True)
class Place:
    """A file in which a cursor of one kind is to be drawn."""

    path: Path
    data: bytes
    language: Language
    group: Group


@dataclass(frozen=True, slots=True)
class Predicted:
    """Whose completions are measured, the key of their calibration, and what holds without one."""

    model_id: str
    key: Callable[[str, Language], str]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A calibration of one language on one project.

    `points` is what it says of cursors within lines at `holes` tab stops, `otherwise` what holds
    where it claims nothing.
    """

    root: Path
    language: str
    model_id: str
    otherwise: str
    calibration: Calibration
    holes: int
    points: tuple[Point, ...]


async def measure(root: Path, most: int, seed: int) -> list[Measured]:
    """Calibrations of the languages of a project, by the embedded model with the project indexed.

    Raises:
        StoreError: the standard library could not be indexed.
    """
    files = project_files(root)
    return await measure_with(await embedded(root, files), root, files, seeded(seed), most)


async def measure_with(
    model: LanguageModel, root: Path, files: Files, random: Random, most: int
) -> list[Measured]:
    """Calibrations of the languages that `files` has, with progress on standard error."""

    async def at(place: Place) -> Sample | None:
        drawn = sample.draw(place.data, random, place.group)
        return await sample.take(drawn, place.language, model, place.path) if drawn else None

    predicted = Predicted(model.capabilities.model_id, predictor.key, _SHIPPED)
    return await measured_by(at, predicted, root, files, random, most)


async def measured_by(
    at: Callable[[Place], Awaitable[Sample | None]],
    predicted: Predicted,
    root: Path,
    files: Files,
    random: Random,
    most: int,
) -> list[Measured]:
    """A calibration of each language and each name that its completions have."""
    paths = [
        path
        for path in files.source_files(root, _suffixes())
        if sample.written_by_hand(path, files.read(path) or b"")
    ]
    paths = sorted(random.sample(paths, min(most, len(paths))))
    found: dict[str, list[Sample]] = {}
    read: dict[str, int] = {}
    with _bar() as bar:
        for path in bar.track(paths, description=f"Completing in {root.name}"):
            language = by_path(path)
            assert language is not None
            read[language.name] = read.get(language.name, 0) + 1
            samples = found.setdefault(language.name, [])
            for group in Group:
                taken = await at(Place(path, files.read(path) or b"", language, group))
                samples += [taken] if taken is not None else []
    by_name = {language.name: language for language in languages()}
    return [
        _measured(root, by_name[name], read[name], of_one, replace(predicted, model_id=model_id))
        for name, samples in found.items()
        for model_id, of_one in _by_model(samples, predicted.model_id).items()
    ]


async def embedded(root: Path, files: Files) -> EmbeddedModel:
    """The model in the package, with the standard library and a project counted.

    Raises:
        StoreError: the standard library could not be indexed.
    """
    model = EmbeddedModel(files)
    await model.add_library(await library_index(cache_folder()))
    await model.workspace.refresh(root, _suffixes())
    return model


def project_files(root: Path) -> WorkspaceFiles:
    """Those of its files that no rule leaves out."""
    return WorkspaceFiles((root,), tuple(repository_settings(root).get("ignore", ())))


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - draws cursors, protects nothing


def _by_model(samples: Sequence[Sample], default: str) -> dict[str, list[Sample]]:
    """By the name that numbers were given under; an empty list where nothing was offered."""
    names = dict.fromkeys(one.proposal.completion.model_id for one in samples)
    return {
        name: [one for one in samples if one.proposal.completion.model_id == name]
        for name in names or (default,)
    }


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
    yield f"{measured.language}, {measured.model_id}: {measured.calibration.population}"
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
    return f"not stored: a claim at epsilon {epsilon:g} needs {needed}. {measured.otherwise}"


def _claim(cell: CalibratedCell | None) -> str:
    if cell is None:
        return "too few samples for a claim"
    if cell.threshold is None:
        return f"n = {cell.n}: one hole over everything"
    return f"n = {cell.n}, {cell.misses} missed, threshold {cell.threshold:.3f}"


def _measured(
    root: Path, language: Language, files: int, samples: Sequence[Sample], predicted: Predicted
) -> Measured:
    by_group = {group: [s for s in samples if s.proposal.group is group] for group in Group}
    offered = " and ".join(f"{len(by_group[group])} {group}" for group in Group)
    population = f"cursors in {files} files of {root.name} (offered something: {offered})"
    made = calibrate(
        predicted.key(predicted.model_id, language),
        population,
        {group: [one.outcomes for one in found] for group, found in by_group.items()},
    )
    holes = Settings().holes_max_holes
    mid_line = by_group[Group.MID_LINE]
    points = tuple(_points(made, mid_line, holes))
    return Measured(
        root, language.name, predicted.model_id, predicted.otherwise, made, holes, points
    )


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
