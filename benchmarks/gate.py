"""Fit the gate's constants: least bits per token on packages that no benchmark reports.

Prints `NOVELTY` as `lacuna_ls/model/gate.py` has it, and the bits per token with the constants that
stand there and with the fitted ones. Sampled lines of code, half of them with the rest of their
file below the cursor, the rest of the package as the workspace.

    python -m benchmarks.gate [--packages NAME==VERSION,...]
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.model import code_lines, sources, unpacked
from numpy.typing import NDArray
from scipy.optimize import minimize

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.model.corpus import CorpusIndex
from lacuna_ls.model.cursor import OpenFiles
from lacuna_ls.model.experts import Expert, LibraryExpert
from lacuna_ls.model.gate import LEAST_WEIGHT, NOVELTY, Corpus
from lacuna_ls.model.lexer import lex_content
from lacuna_ls.model.mixture import LOW_ORDER, RECENCY, Mixture
from lacuna_ls.model.vocabulary import RESERVED, Vocabulary
from lacuna_ls.model.workspace import Workspace

PACKAGES = "starlette==0.45.3,marshmallow==3.26.0,httpx==0.28.1"
LINES = 350
TRUSTED_FIRST = sorted(
    ((corpus, order) for corpus, orders in NOVELTY.items() for order in orders),
    key=lambda key: (-key[1], key[0]),
)

Numbers = NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packages", default=PACKAGES, metavar="NAME==VERSION,...")
    arguments = parser.parse_args()
    rows = np.array(asyncio.run(observed(arguments.packages.split(","))))
    standing = np.log([NOVELTY[corpus][order] for corpus, order in TRUSTED_FIRST])
    fitted = minimize(bits_per_token, standing, args=(rows, 0.0), method="L-BFGS-B").x
    for corpus in Corpus:
        constants = {
            order: float(f"{np.exp(value):.2g}")
            for (owner, order), value in zip(TRUSTED_FIRST, fitted, strict=True)
            if owner is corpus
        }
        print(f"Corpus.{corpus.name}: {constants},")
    for name, logs in (("standing", standing), ("fitted", fitted), ("all 1", 0 * fitted)):
        print(f"{name}: {bits_per_token(logs, rows, LEAST_WEIGHT):.3f} bits per token")
    print(f"{len(rows)} tokens")
    return 0


def bits_per_token(log_novelty: Numbers, rows: Numbers, least_weight: float) -> float:
    """Of the mixture that `gate.mix` makes, over all observed tokens at once."""
    probability = np.zeros(len(rows))
    left = np.ones(len(rows))
    for expert, novelty in enumerate(np.exp(log_novelty)):
        total, distinct, share = (rows[:, 3 * expert + field] for field in range(3))
        weight = left * total / np.maximum(total + novelty * distinct, 1e-9)
        weight[weight < least_weight] = 0.0
        probability += weight * share
        left = left - weight
    return float(-np.log2(probability + left * rows[:, -1]).mean())


async def observed(packages: list[str]) -> list[list[float]]:
    index = await library_index(cache_folder())
    chance = random.Random(5)
    rows: list[list[float]] = []
    for name in packages:
        folder = unpacked(name)
        places = [(path, number) for path in sources(folder) for number in code_lines(path)]
        chosen = chance.sample(places, min(LINES, len(places)))
        rows += [row async for row in lines_of(index, folder, chosen, chance)]
    return rows


async def lines_of(
    index: CorpusIndex, folder: Path, places: list[tuple[Path, int]], chance: random.Random
) -> Any:
    vocabulary = Vocabulary()
    library = LibraryExpert(index, vocabulary)
    workspace = Workspace(WorkspaceFiles([folder]), vocabulary)
    await workspace.refresh(folder, frozenset({".py"}))
    for path, number in places:
        lines = path.read_text("utf-8").split("\n")
        content = lines[number].lstrip()
        indent = lines[number][: len(lines[number]) - len(content)]
        below = chance.choice(["", "\n".join(["", *lines[number + 1 :]])])
        above = "".join(line + "\n" for line in lines[:number]) + indent
        others = workspace.expert_without(path)
        assert others is not None
        for row in tokens_of(vocabulary, above, below, content, (others, library)):
            yield row


def tokens_of(
    vocabulary: Vocabulary, above: str, below: str, content: str, corpora: tuple[Expert, ...]
) -> Iterator[list[float]]:
    """For each token of a line and its end: total, distinct and share of the truth per expert.

    The unigram's share is the last number.
    """
    locating = OpenFiles(vocabulary).locate(above, below)
    cursor: Any = None
    while cursor is None:
        try:
            next(locating)
        except StopIteration as done:
            cursor = done.value
    mixture = Mixture(vocabulary, cursor.file, corpora)
    recent = dict(
        zip(*(a.tolist() for a in cursor.file.recent_names(vocabulary.names)), strict=True)
    )
    context = cursor.position.context
    for token in [*lex_content(content), None]:
        truth = vocabulary.newlines.tolist() if token is None else [vocabulary.find(token)]
        truth = [t for t in truth if t >= RESERVED]
        row = dict.fromkeys(TRUSTED_FIRST, (0.0, 0.0, 0.0))
        for expert in (cursor.file, *corpora):
            for order, seen in expert.lookup(context):
                kept = np.where(vocabulary.names[seen.ids], 1.0 - RECENCY, 1.0)
                shares = seen.shares * (kept if order <= LOW_ORDER and recent else 1.0)
                moved = sum(recent.get(t, 0.0) for t in truth) * (1.0 - shares.sum())
                share = shares[np.isin(seen.ids, truth)].sum() + moved
                row[expert.corpus, order] = (seen.total, seen.ids.size, share)
        unigrams = mixture.distribution(context).unigrams
        rest = float(sum(unigrams[t] for t in truth)) + 1e-8
        yield [number for numbers in row.values() for number in numbers] + [rest]
        if token is not None:
            context = (*context[1:], vocabulary.find(token))


if __name__ == "__main__":
    sys.exit(main())
