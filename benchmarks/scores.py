"""Which score of a token makes the best holes? Three of them at equal validity.

*Raw*: the model's own log-probability. *Disagreement*: how many of its further samples say something
else in the same place. *Learnt*: a logistic regression of whether a token survives the author's edit,
that is whether the author wrote it once all before it was right, on the log-probability and on what else
is known of the token. It is fitted to `score_packages.txt`, which nothing else reads.

All are measured on `tuning_packages.txt`. For each the same engine runs with its costs; the loosest
threshold whose misses are at most `MISSES` is taken; more kept at equal misses is better. A score is
judged with the reference thresholds that suit it best, so that none suffers from those of another.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.completion import predictor, sample, score
from lacuna_ls.completion.engine import holes_of, propose
from lacuna_ls.completion.score import agreement, features, repriced
from lacuna_ls.domain.completion import Completion
from lacuna_ls.domain.text import encode
from lacuna_ls.holes.calibration import THRESHOLDS, Group
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.ports.language_model import Capabilities, Chunk, CompletionRequest, collect
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.packages import ArchiveFiles, fetch, fit

HERE = Path(__file__).resolve().parent
HOLES = 4
MISSES = 0.08
REFERENCES = ((0.05, 0.3), (0.1, 0.4), (0.1, 0.6), (0.2, 0.8), (0.4, 1.2))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the model said at one cursor."""

    drawn: sample.Draw
    said: tuple[Completion, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A model that says what it said, at other prices."""

    said: tuple[Completion, ...]
    capabilities: Capabilities = Capabilities(
        "replayed", fill_in_middle=True, logprobs=True, chat=False
    )

    async def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
        for index, one in enumerate(self.said):
            yield Chunk(index, one.text, one.tokens, one.finish, one.end_logprob)


Score = Callable[[Recorded], Completion]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=60, help="of each package")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="only fit, and write the weights")
    arguments = parser.parse_args()
    asyncio.run(library_index(cache_folder()))
    learnt_on = recorded(HERE / "score_packages.txt", arguments.files, arguments.workers)
    weights = fitted(learnt_on)
    if arguments.write:
        write(weights)
        return
    measured_on = recorded(HERE / "tuning_packages.txt", arguments.files, arguments.workers)
    scores: dict[str, Score] = {
        "raw": lambda one: one.said[0],
        "disagreement": disagreement,
        "learnt": lambda one: learnt(one, weights),
    }
    print(f"fitted to {len(learnt_on)} cursors, measured at {len(measured_on)}")
    print("score         shown   kept  one hole  kept bytes a cursor")
    for name, price in scores.items():
        found = [measured(measured_on, price, at) for at in REFERENCES]
        best = max(found, key=lambda figures: figures[-1])
        print(f"{name:12s}" + "".join(f"  {figure:6.3f}" for figure in best))


def write(weights: NDArray[np.float64]) -> None:
    """The weights as a module of the package."""
    path = Path(score.__file__).with_name("score_weights.py")
    docstring = path.read_text(encoding="utf-8").partition("\n")[0]
    numbers = "".join(f"    {weight:.6g},\n" for weight in weights)
    path.write_text(f"{docstring}\n\nWEIGHTS = (\n{numbers})\n", encoding="utf-8")


def recorded(manifest: Path, files: int, workers: int) -> list[Recorded]:
    wheels = fetch(manifest, 1000)
    with ProcessPoolExecutor(workers) as executor:
        parts = executor.map(_recorded, wheels, [files] * len(wheels))
        return [one for part in parts for one in part]


def _recorded(wheel: Path, most: int) -> list[Recorded]:
    return asyncio.run(_record(wheel, most))


async def _record(wheel: Path, most: int) -> list[Recorded]:
    files, python = ArchiveFiles(wheel), by_language_id("python")
    assert python is not None
    model = EmbeddedModel(files)
    await model.add_library(await library_index(cache_folder()))
    await model.workspace.refresh(files.root, frozenset(python.suffixes))
    random = Random(wheel.name)
    paths = [p for p in files.source_files(files.root, frozenset({".py"})) if fit(files, p)]
    rows: list[Recorded] = []
    for path in sorted(random.sample(paths, min(len(paths), most))):
        drawn = sample.draw(files.read(path) or b"", random, Group.MID_LINE)
        if drawn is None:
            continue
        question = predictor.request(drawn.data, drawn.offset, python, path)
        said = await collect(model, question)
        if said and said[0].text:
            rows.append(Recorded(drawn, said))
    return rows


def measured(
    rows: Sequence[Recorded], price: Score, references: tuple[float, float]
) -> tuple[float, ...]:
    """Shares of cursors shown, of tokens kept, of one hole, and kept bytes a cursor."""
    predictor.REFERENCE_THRESHOLDS = references
    python = by_language_id("python")
    assert python is not None
    missed: list[list[bool]] = []
    shares: list[list[tuple[float, float, float]]] = []
    for row in rows:
        document = open_document("", 0, python, row.drawn.data)
        model = Replayed((price(row), *row.said[1:]))
        proposal = asyncio.run(propose(document, row.drawn.offset, model, None))  # type: ignore[arg-type]
        if proposal is None:
            continue
        judge = sample.Judge(proposal, row.drawn.truth)
        chosen = [holes_of(proposal, threshold, HOLES) for threshold in THRESHOLDS]
        missed.append([judge.missed(holes) for holes in chosen])
        each = [sample.shares(proposal, holes) for holes in chosen]
        size = len(proposal.text)
        shares.append([(one.kept, float(one.whole), one.kept * size) for one in each])
    if not missed:
        return (0.0, 0.0, 1.0, 0.0)
    rates = np.maximum.accumulate(np.array(missed, dtype=float).mean(axis=0))
    column = max(0, int(np.searchsorted(rates, MISSES, side="right")) - 1)
    kept, whole, held = (statistics.fmean(row[column][i] for row in shares) for i in range(3))
    return len(missed) / len(rows), kept, whole, held * len(missed) / len(rows)


def disagreement(row: Recorded) -> Completion:
    first, others = row.said[0], [encode(one.text) for one in row.said[1:]]
    data = encode(first.text)
    shares = [agreement(others, data, t.span.start, t.span.end) for t in first.tokens]
    ending = [other == data for other in others if other.startswith(data)]
    return repriced(first, [*shares, (sum(ending) + 1) / (len(ending) + 2)])


def learnt(row: Recorded, weights: NDArray[np.float64]) -> Completion:
    chances = 1 / (1 + np.exp(-np.array(vectors(row)) @ weights))
    return repriced(row.said[0], chances.tolist())


def vectors(row: Recorded) -> list[list[float]]:
    return features(row.said[0], row.said[1:], row.drawn.data[: row.drawn.offset])


def fitted(rows: Sequence[Recorded]) -> NDArray[np.float64]:
    pairs = [
        (vector, survived)
        for row in rows
        for vector, survived in zip(vectors(row), survivals(row), strict=False)
    ]
    table = np.array([vector for vector, _ in pairs])
    signs = np.array([1.0 if survived else -1.0 for _, survived in pairs])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = signs * (table @ weights)
        slopes = -signs / (1 + np.exp(margins))
        penalty = 0.5 * float(weights[1:] @ weights[1:])
        gradient = table.T @ slopes
        gradient[1:] += weights[1:]
        return float(np.logaddexp(0, -margins).sum()) + penalty, gradient

    found = minimize(loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B")
    weights: NDArray[np.float64] = found.x
    return weights


def survivals(row: Recorded) -> list[bool]:
    """Of each token up to the first that the author did not write, and of the end if all were."""
    truth, data = encode(row.drawn.truth.partition("\n")[0].rstrip()), encode(row.said[0].text)
    found: list[bool] = []
    for token in row.said[0].tokens:
        end = token.span.end
        whole = not (data[end - 1 : end] + truth[end : end + 1]).isalnum() or end >= len(truth)
        found.append(truth[:end].rstrip() == data[:end].rstrip() and whole)
        if not found[-1]:
            return found
    return [*found, truth == data.rstrip()]


if __name__ == "__main__":
    main()
