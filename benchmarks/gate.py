"""Fit the weights of the embedded model's gate, and write them: `make gate`.

Lines of code are drawn from the packages of `gate_packages.txt`, the rest of each package being the
workspace, half of them with the rest of their file below the cursor. At every token of such a line
and at its end the experts are asked, and the gate's weights are those that make what the author
wrote likeliest (Adam, on the mixture's log-likelihood). Every fifth package is held out and only
reported. The draw is seeded: the same packages give the same weights, up to rounding.

    python benchmarks/gate.py [--lines N] [--out FILE] [--packages N]
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.domain.text import decode
from lacuna_ls.model import characters, gate
from lacuna_ls.model.cursor import Cursor, OpenFiles
from lacuna_ls.model.experts import LONGEST, ForeignCode, LibraryExpert
from lacuna_ls.model.gate import INPUTS, SLOTS, Weights
from lacuna_ls.model.lexer import lex_content
from lacuna_ls.model.mixture import Mixture
from lacuna_ls.model.suffix_index import Continuations
from lacuna_ls.model.vocabulary import RESERVED, Vocabulary, unseen_class
from lacuna_ls.model.workspace import Workspace

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.model_quality import code_lines
from benchmarks.packages import ArchiveFiles, fetch, fit

MANIFEST = Path(__file__).with_name("gate_packages.txt")
WEIGHTS = Path(gate.__file__).with_name(gate.WEIGHTS_FILE)
LINES_PER_PACKAGE = 700
HIDDEN = 64
EPOCHS = 12
BATCH = 256
STEP = 2e-3
DECAY = 1e-5
HELD_OUT_EVERY = 5
_LEAST = 1e-12

Numbers = NDArray[np.float32]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rows:
    """One row a token: the gate's inputs, which slots answer, and what each gives the truth."""

    inputs: Numbers
    present: NDArray[np.bool_]
    shares: Numbers

    def __len__(self) -> int:
        return len(self.inputs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=LINES_PER_PACKAGE, help="of each package")
    parser.add_argument("--packages", type=int, default=1000, help="only the first N")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    wheels = fetch(MANIFEST, arguments.packages)
    asyncio.run(library_index(cache_folder()))
    with ProcessPoolExecutor(arguments.workers) as pool:
        tables = list(pool.map(rows_of, wheels, [arguments.lines] * len(wheels)))
    some, others = held_out(tables)
    fitted, reported = stacked(some), stacked(others)
    print(f"{len(fitted)} tokens to fit, {len(reported)} held out")
    now = [getattr(gate.shipped(), name) for name in Weights.__slots__]
    print(
        f"with the weights that ship: {bits_per_token(now, reported):.3f} bits per token held out"
    )
    weights = fit_weights(fitted, reported)
    named = {name: getattr(weights, name).astype(np.float16) for name in Weights.__slots__}
    np.savez_compressed(arguments.out, allow_pickle=False, **named)
    print(f"{arguments.out.name}: {arguments.out.stat().st_size / 1e3:.0f} kB")
    return 0


def stacked(tables: list[Rows]) -> Rows:
    return Rows(
        np.concatenate([t.inputs for t in tables]),
        np.concatenate([t.present for t in tables]),
        np.concatenate([t.shares for t in tables]),
    )


def held_out(tables: list[T]) -> tuple[list[T], list[T]]:
    """Those to fit, and those only reported."""
    fitted = [table for number, table in enumerate(tables) if number % HELD_OUT_EVERY]
    return fitted, tables[::HELD_OUT_EVERY]


def rows_of(wheel: Path, lines: int) -> Rows:
    rows = [row for place in cursors_of(wheel, lines) for row in rows_at(*place)]
    inputs, present, shares = zip(*rows, strict=True)
    return Rows(np.array(inputs, np.float32), np.array(present), np.array(shares))


def cursors_of(wheel: Path, most: int) -> Iterator[tuple[Mixture, Vocabulary, Cursor, str]]:
    """Cursors at starts of lines, with the experts there and what the author wrote."""
    files = ArchiveFiles(wheel)
    vocabulary = Vocabulary()
    library = ForeignCode((LibraryExpert(asyncio.run(library_index(cache_folder())), vocabulary),))
    workspace = Workspace(files, vocabulary)
    asyncio.run(workspace.refresh(files.root, frozenset({".py"})))
    chance = Random(wheel.name)
    texts = {
        path: decode(files.read(path) or b"").replace("\r\n", "\n")
        for path in files.source_files(files.root, frozenset({".py"}))
        if fit(files, path)
    }
    places = [(path, number) for path, text in texts.items() for number in code_lines(text)]
    open_files = OpenFiles(vocabulary)
    for path, number in sorted(chance.sample(places, min(most, len(places)))):
        above, content, below = around(texts[path], number)
        cursor = finished(open_files.locate(above, "\n" + below if chance.random() < 0.5 else ""))
        others = workspace.expert_without(path)
        corpora = [expert for expert in (others, library) if expert is not None]
        yield Mixture(vocabulary, cursor.file, corpora), vocabulary, cursor, content


def around(text: str, number: int) -> tuple[str, str, str]:
    """Above a line and its indentation, the rest of the line, the lines below."""
    lines = text.split("\n")
    content = lines[number].lstrip()
    indent = lines[number][: len(lines[number]) - len(content)]
    return "\n".join([*lines[:number], indent]), content, "\n".join(lines[number + 1 :])


def finished(steps: Any) -> Cursor:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            cursor: Cursor = done.value
            return cursor


def rows_at(
    mixture: Mixture, vocabulary: Vocabulary, cursor: Cursor, content: str
) -> Iterator[tuple[Numbers, NDArray[np.bool_], Numbers]]:
    context = cursor.position.context
    for token in [*lex_content(content), None]:
        seen = mixture.observe(context)
        numbers, rows = gate.inputs_of(seen.evidence, seen.kinds, mixture.of_file)
        inputs = np.zeros(INPUTS, dtype=np.float32)
        inputs[: len(numbers) - len(mixture.of_file)] = numbers[: -len(mixture.of_file)]
        inputs[-len(mixture.of_file) :] = mixture.of_file
        inputs[rows] = 1.0
        shares = np.zeros(len(SLOTS), dtype=np.float32)
        for slot, found in seen.answers:
            shares[slot] = share_of(vocabulary, found, token)
        present = {int(slot) for slot in np.flatnonzero(seen.evidence.present)}
        for slot in present - {s for s, _ in seen.answers}:
            alone = np.zeros(len(SLOTS))
            alone[slot] = 1.0
            distribution = mixture.mixed(seen, alone)
            shares[slot] = distribution.end() if token is None else distribution.probability(token)
        yield inputs, seen.evidence.present, shares
        if token is not None:
            context = (*context[1 - LONGEST :], vocabulary.find(token))


def share_of(vocabulary: Vocabulary, found: Continuations, token: str | None) -> float:
    """What one expert alone gives a token, or with `None` the line's end: as `Distribution` would."""
    shares = dict(zip(found.ids.tolist(), found.shares.tolist(), strict=True))
    if token is None:
        return float(sum(shares.get(newline, 0.0) for newline in vocabulary.newlines.tolist()))
    known = vocabulary.find(token)
    spelt = shares.get(unseen_class(token), 0.0) * characters.probability(token)
    return float((shares.get(known, 0.0) if known >= RESERVED else 0.0) + spelt)


def fit_weights(fitted: Rows, held_out: Rows) -> Weights:
    """The weights after the last epoch."""
    rng = np.random.default_rng(1)
    slots = len(SLOTS)
    parameters = [
        (rng.standard_normal((INPUTS, HIDDEN)) / np.sqrt(INPUTS)).astype(np.float32),
        np.zeros(HIDDEN, dtype=np.float32),
        (rng.standard_normal((HIDDEN, slots)) * 0.05).astype(np.float32),
        np.zeros(slots, dtype=np.float32),
    ]
    means = [np.zeros_like(p) for p in parameters]
    squares = [np.zeros_like(p) for p in parameters]
    batches = len(fitted) // BATCH
    for epoch in range(EPOCHS):
        order = rng.permutation(len(fitted))
        for batch in range(batches):
            rows = order[batch * BATCH : (batch + 1) * BATCH]
            done = epoch * batches + batch + 1
            step = STEP * 0.5 * (1 + np.cos(np.pi * done / (EPOCHS * batches)))
            gradients = _gradients(parameters, fitted, rows)
            for i, gradient in enumerate(gradients):
                means[i] += 0.1 * (gradient - means[i])
                squares[i] += 0.001 * (gradient * gradient - squares[i])
                root = np.sqrt(squares[i] / (1 - 0.999**done)) + 1e-8
                mean = means[i] / (1 - 0.9**done)
                parameters[i] -= step * (mean / root + DECAY * parameters[i])
        bits = bits_per_token(parameters, held_out)
        print(f"epoch {epoch + 1}: {bits:.3f} bits per token on the packages held out", flush=True)
    return Weights(*parameters)


def _forward(
    parameters: list[Numbers], inputs: Numbers, present: NDArray[np.bool_]
) -> tuple[Numbers, Numbers]:
    hidden = np.maximum(inputs @ parameters[0] + parameters[1], 0.0)
    scores = np.where(present, hidden @ parameters[2] + parameters[3], -np.inf)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, shares / shares.sum(axis=1, keepdims=True)


def _gradients(parameters: list[Numbers], fitted: Rows, rows: NDArray[np.int64]) -> list[Numbers]:
    """Of the mean negative log-likelihood; a softmax's is its share less its responsibility."""
    inputs = fitted.inputs[rows].astype(np.float32)
    hidden, weights = _forward(parameters, inputs, fitted.present[rows])
    joint = weights * fitted.shares[rows]
    responsible = joint / (joint.sum(axis=1, keepdims=True) + _LEAST)
    scores = (weights - responsible) / len(rows)
    back = (scores @ parameters[2].T) * (hidden > 0)
    return [inputs.T @ back, back.sum(axis=0), hidden.T @ scores, scores.sum(axis=0)]


def bits_per_token(parameters: list[Numbers], rows: Rows) -> float:
    _, weights = _forward(parameters, rows.inputs.astype(np.float32), rows.present)
    return float(-np.log2((weights * rows.shares).sum(axis=1) + _LEAST).mean())


if __name__ == "__main__":
    sys.exit(main())
