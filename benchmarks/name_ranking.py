"""Fit the weights that rank names in the embedded model, and write them: part of `make gate`.

After the gate: the same lines of the same packages. Wherever the author wrote one of the names that
the mixture finds likeliest, the weights are those that make the author's the likeliest of them (Adam,
on the likelihood of the softmax). Every fifth package is held out and only reported.

    python benchmarks/name_ranking.py [--lines N] [--out FILE] [--packages N]
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.model import gate, names
from lacuna_ls.model.cursor import Cursor
from lacuna_ls.model.experts import LONGEST
from lacuna_ls.model.lexer import lex_content
from lacuna_ls.model.mixture import Mixture
from lacuna_ls.model.names import CANDIDATES, CONTEXTS, FEATURES, Weights
from lacuna_ls.model.vocabulary import Vocabulary

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.gate import LINES_PER_PACKAGE, MANIFEST, cursors_of, held_out
from benchmarks.packages import fetch

WEIGHTS = Path(names.__file__).with_name(names.WEIGHTS_FILE)
HIDDEN = 32
EPOCHS = 20
BATCH = 256
STEP = 3e-3
DECAY = 1e-5

Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Choices:
    """One row a name that was written: its candidates' features, the context's, and which it was.

    `table` is (n, CANDIDATES, FEATURES), padded with rows that are `absent`.
    """

    table: Numbers
    contexts: Numbers
    absent: NDArray[np.bool_]
    written: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.table)


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
        tables = list(pool.map(partial(choices_of, lines=arguments.lines), wheels))
    fitted, reported = held_out(tables)
    weights = fit_weights(stacked(fitted), stacked(reported))
    arrays = {name: getattr(weights, name).astype(np.float16) for name in Weights.__slots__}
    np.savez_compressed(arguments.out, **arrays)
    print(f"written: {arguments.out.name}, {arguments.out.stat().st_size / 1e3:.0f} kB")
    return 0


def stacked(tables: list[Choices]) -> Choices:
    return Choices(
        *(np.concatenate([getattr(t, name) for t in tables]) for name in Choices.__slots__)
    )


def choices_of(wheel: Path, lines: int) -> Choices:
    found = [
        choice
        for mixture, vocabulary, cursor, content in cursors_of(wheel, lines)
        for choice in choices_at(mixture, vocabulary, cursor, content)
    ]
    tables, contexts, absent, written = zip(*found, strict=True)
    return Choices(np.array(tables), np.array(contexts), np.array(absent), np.array(written))


def choices_at(
    mixture: Mixture, vocabulary: Vocabulary, cursor: Cursor, content: str
) -> Iterator[tuple[Numbers, Numbers, NDArray[np.bool_], int]]:
    context = cursor.position.context
    for text in lex_content(content):
        token = vocabulary.find(text)
        if vocabulary.names[token]:
            seen = mixture.observe(context)
            shares = gate.weigh(gate.shipped(), seen.evidence, seen.kinds, mixture.of_file)
            mixed = mixture.mixed(seen, shares)
            _, candidates = mixture.candidates(seen, mixed)
            written = np.flatnonzero(candidates.names == token)
            if written.size:
                table, rows = mixture.names.features(context, candidates)
                padded = np.zeros((CANDIDATES, FEATURES), dtype=np.float32)
                padded[: len(table)] = table
                of_context = np.zeros(CONTEXTS, dtype=np.float32)
                of_context[rows] = 1.0
                yield padded, of_context, np.arange(CANDIDATES) >= len(table), int(written[0])
        context = (*context[1 - LONGEST :], token)


def fit_weights(fitted: Choices, reported: Choices) -> Weights:
    """The weights after the last epoch; they start as the mixture's own order."""
    rng = np.random.default_rng(1)
    parameters = [
        (rng.standard_normal((FEATURES, HIDDEN)) / np.sqrt(FEATURES)).astype(np.float32),
        (rng.standard_normal((CONTEXTS, HIDDEN)) * 0.1).astype(np.float32),
        np.zeros(HIDDEN, dtype=np.float32),
        np.zeros(HIDDEN, dtype=np.float32),
        np.ones(1, dtype=np.float32),
    ]
    print(f"the mixture's own order: {report(parameters, reported)}", flush=True)
    means = [np.zeros_like(p) for p in parameters]
    squares = [np.zeros_like(p) for p in parameters]
    batches = len(fitted) // BATCH
    for epoch in range(EPOCHS):
        order = rng.permutation(len(fitted))
        for batch in range(batches):
            rows = order[batch * BATCH : (batch + 1) * BATCH]
            done = epoch * batches + batch + 1
            step = STEP * 0.5 * (1 + np.cos(np.pi * done / (EPOCHS * batches)))
            for i, gradient in enumerate(_gradients(parameters, fitted, rows)):
                means[i] += 0.1 * (gradient - means[i])
                squares[i] += 0.001 * (gradient * gradient - squares[i])
                root = np.sqrt(squares[i] / (1 - 0.999**done)) + 1e-8
                mean = means[i] / (1 - 0.9**done)
                parameters[i] -= step * (mean / root + DECAY * parameters[i])
        print(f"epoch {epoch + 1}: {report(parameters, reported)}", flush=True)
    return Weights(*parameters)


def _forward(
    parameters: list[Numbers], choices: Choices, rows: NDArray[np.int64]
) -> tuple[Numbers, Numbers]:
    features, contexts, bias, out, prior = parameters
    table = choices.table[rows]
    of_context = choices.contexts[rows] @ contexts + bias
    hidden = np.maximum(table @ features + of_context[:, None, :], 0.0)
    scores = hidden @ out + prior[0] * table[:, :, 0]
    scores[choices.absent[rows]] = -np.inf
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, shares / shares.sum(axis=1, keepdims=True)


def _gradients(
    parameters: list[Numbers], choices: Choices, rows: NDArray[np.int64]
) -> list[Numbers]:
    """Of the mean negative log-likelihood."""
    hidden, scores = _forward(parameters, choices, rows)
    scores[np.arange(len(rows)), choices.written[rows]] -= 1.0
    scores /= len(rows)
    back = scores[:, :, None] * parameters[3] * (hidden > 0)
    table = choices.table[rows]
    of_context = back.sum(axis=1)
    return [
        np.tensordot(table, back, axes=([0, 1], [0, 1])),
        choices.contexts[rows].T @ of_context,
        of_context.sum(axis=0),
        np.tensordot(hidden, scores, axes=([0, 1], [0, 1])),
        np.array([(scores * table[:, :, 0]).sum()], dtype=np.float32),
    ]


def report(parameters: list[Numbers], choices: Choices) -> str:
    bits, first = 0.0, 0
    for start in range(0, len(choices), 1024):
        rows = np.arange(start, min(start + 1024, len(choices)))
        _, shares = _forward(parameters, choices, rows)
        written = choices.written[rows]
        bits -= float(np.log2(shares[np.arange(len(rows)), written] + 1e-12).sum())
        first += int((shares.argmax(axis=1) == written).sum())
    return f"{bits / len(choices):.3f} bits a name, {first / len(choices):.3f} first, held out"


if __name__ == "__main__":
    sys.exit(main())
