"""How sure the embedded model has to be of lines below the cursor's before they are shown.

Lines that open a statement are drawn from `tuning_packages.txt`, which no other figure is made with.
The rest of the package is the workspace; the file stands above the cursor and, every other time, below
the statement, too. From a random token of such a line on the model goes on to where the statement is
closed, and the block below the line is compared: exact (the line is the author's, too), and the share
of its characters that the author wrote. One row a limit, on the probability of the block given its
line and on that of both: how many blocks it shows, and how good they are.

    python benchmarks/blocks.py [--lines N] [--packages N] [--json FILE]
"""

import argparse
import asyncio
import json
import math
import statistics
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.domain.completion import Completion, FinishReason
from lacuna_ls.domain.text import decode
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.model.lexer import lex_content
from lacuna_ls.ports.language_model import CompletionRequest, collect

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.model_quality import block_below, code_lines, retained
from benchmarks.packages import ArchiveFiles, fetch, fit

MANIFEST = Path(__file__).with_name("tuning_packages.txt")
LIMITS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
LINES = 60
MOST_TOKENS = 120


@dataclass(frozen=True, slots=True)
class Block:
    """A block that was proposed, its line end included."""

    probability: float
    with_line: float
    exact: bool
    retained: float
    lines: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=LINES, help="of each package")
    parser.add_argument("--packages", type=int, default=1000, help="only the first N")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the blocks there")
    arguments = parser.parse_args()
    wheels = fetch(MANIFEST, arguments.packages)
    asyncio.run(library_index(cache_folder()))
    with ProcessPoolExecutor(arguments.workers) as pool:
        found = [*pool.map(partial(blocks_of, most=arguments.lines), wheels)]
    blocks = [block for package in found for block in package]
    for name in ("probability", "with_line"):
        print(f"{name}\nlimit  shown  share  exact  retained  lines")
        for limit in LIMITS:
            print(row(limit, [block for block in blocks if getattr(block, name) >= limit], blocks))
    if arguments.json:
        arguments.json.write_text(json.dumps([*map(asdict, blocks)]) + "\n", encoding="utf-8")
    return 0


def row(limit: float, shown: list[Block], blocks: list[Block]) -> str:
    exact = statistics.fmean([block.exact for block in shown] or [0.0])
    kept = statistics.fmean([block.retained for block in shown] or [0.0])
    long = statistics.fmean([block.lines for block in shown] or [0.0])
    share = len(shown) / max(len(blocks), 1)
    return f"{limit:5.2f}  {len(shown):5}  {share:5.3f}  {exact:5.3f}  {kept:8.3f}  {long:5.2f}"


def blocks_of(wheel: Path, most: int) -> list[Block]:
    return asyncio.run(_blocks_of(wheel, most))


async def _blocks_of(wheel: Path, most: int) -> list[Block]:
    files = ArchiveFiles(wheel)
    model = EmbeddedModel(files)
    await model.add_library(await library_index(cache_folder()))
    await model.workspace.refresh(files.root, frozenset({".py"}))
    chance = Random(wheel.name)
    places = [*openings(files)]
    found: list[Block] = []
    for number, (path, lines, at, block) in enumerate(
        chance.sample(places, min(most, len(places)))
    ):
        content = lines[at].lstrip()
        tokens = lex_content(content)
        typed = "".join(tokens[: chance.randrange(1, len(tokens))]) if len(tokens) > 1 else ""
        above = "\n".join([*lines[:at], lines[at][: len(lines[at]) - len(content)]])
        rest = lines[at + block.count("\n") + 1 :] if number % 2 else []
        below = "".join("\n" + line for line in rest)
        question = CompletionRequest(above + typed, below, "python", MOST_TOKENS, (), path=path)
        for answer in (await collect(model, question))[:1]:
            found += judged(answer, content[len(typed) :], block)
    return found


def openings(files: ArchiveFiles) -> Iterator[tuple[Path, list[str], int, str]]:
    """Files, their lines, and each line that opens a statement with what closes it."""
    for path in files.source_files(files.root, frozenset({".py"})):
        if fit(files, path):
            lines = decode(files.read(path) or b"").replace("\r\n", "\n").split("\n")
            for at in code_lines("\n".join(lines)):
                if block := block_below(lines, at):
                    yield path, lines, at, block


def judged(answer: Completion, line: str, block: str) -> Iterator[Block]:
    said, newline, below = answer.text.partition("\n")
    if answer.finish is not FinishReason.STOP or not newline:
        return
    size = len(said.encode())
    logprobs = [(token.span.start, token.logprob or 0.0) for token in answer.tokens]
    end = answer.end_logprob or 0.0
    given_line = sum(logprob for start, logprob in logprobs if start >= size) + end
    both = sum(logprob for _, logprob in logprobs) + end
    whole = newline + below
    yield Block(
        probability=math.exp(given_line),
        with_line=math.exp(both),
        exact=said == line and whole == block,
        retained=retained(whole, block),
        lines=below.count("\n") + 1,
    )


if __name__ == "__main__":
    sys.exit(main())
