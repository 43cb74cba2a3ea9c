"""How well the embedded model completes lines of a package that it has not indexed.

A file of the package is open up to the cursor, the rest of the package is the workspace. See
`benchmarks/model.py` for what the figures are.
"""

import io
import keyword
import math
import random
import statistics
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path

from benchmarks.model_packages import sources

from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.domain.completion import Completion, FinishReason
from lacuna_ls.model.corpus import CorpusIndex
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.model.lexer import lex_content
from lacuna_ls.ports.language_model import CompletionRequest, collect

FIRST = 5
BINS = 15
_SKIPPED = {tokenize.COMMENT, tokenize.STRING, tokenize.NL, tokenize.NEWLINE}


@dataclass(slots=True)
class Tally:
    """Answers of one package or of all. `sure` has the probability of each first choice."""

    first: list[bool] = field(default_factory=list)
    among_first: list[bool] = field(default_factory=list)
    sure: list[float] = field(default_factory=list)
    identifier: list[bool] = field(default_factory=list)
    start_exact: list[bool] = field(default_factory=list)
    mid_exact: list[bool] = field(default_factory=list)
    mid_similar: list[float] = field(default_factory=list)
    mid_sure: list[float] = field(default_factory=list)
    block_exact: list[bool] = field(default_factory=list)
    block_retained: list[float] = field(default_factory=list)
    block_sure: list[float] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        for name in self.__slots__:
            getattr(self, name).extend(getattr(other, name))

    def figures(self) -> dict[str, float]:
        confident = [
            exact for exact, p in zip(self.mid_exact, self.mid_sure, strict=True) if p >= 0.5
        ]
        sure_blocks = [
            exact for exact, p in zip(self.block_exact, self.block_sure, strict=True) if p >= 0.5
        ]
        return {
            "n_tokens": len(self.first),
            "n_lines": len(self.mid_exact),
            "code_top1": share(self.first),
            "code_top5": share(self.among_first),
            "identifier_top1": share(self.identifier),
            "mid_exact": share(self.mid_exact),
            "mid_similarity": round(statistics.fmean(self.mid_similar or [0.0]), 4),
            "start_exact": share(self.start_exact),
            "precision_at_half": share(confident),
            "coverage_at_half": round(len(confident) / max(len(self.mid_exact), 1), 4),
            "token_ece": calibration_error(self.first, self.sure),
            "line_auroc": auroc(self.mid_exact, self.mid_sure),
            "n_blocks": len(self.block_exact),
            "block_exact": share(self.block_exact),
            "block_retained": round(statistics.fmean(self.block_retained or [0.0]), 4),
            "block_precision_at_half": share(sure_blocks),
            "block_coverage_at_half": round(len(sure_blocks) / max(len(self.block_exact), 1), 4),
        }


def calibration_error(hits: list[bool], sure: list[float]) -> float:
    bins: dict[int, list[tuple[bool, float]]] = {}
    for hit, p in zip(hits, sure, strict=True):
        bins.setdefault(min(int(p * BINS), BINS - 1), []).append((hit, p))
    off = sum(abs(sum(hit for hit, _ in rows) - sum(p for _, p in rows)) for rows in bins.values())
    return round(off / max(len(hits), 1), 4)


def auroc(exact: list[bool], sure: list[float]) -> float:
    """The chance that an exact line got more than one that is not; a tie is half a win."""
    ranked = sorted(zip(sure, exact, strict=True))
    wins, below = 0.0, 0
    at = 0
    while at < len(ranked):
        same = [e for p, e in ranked[at:] if p == ranked[at][0]]
        wrong = len(same) - sum(same)
        wins += sum(same) * (below + wrong / 2)
        below += wrong
        at += len(same)
    pairs = sum(exact) * (len(exact) - sum(exact))
    return round(wins / max(pairs, 1), 4)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file: what stands above its content, the content, and what is told from below it."""

    path: Path
    above: str
    content: str
    block: str
    below: str


async def quality(index: CorpusIndex, folder: Path, most: int, *, below: bool = False) -> Tally:
    """Of lines drawn from a package; with `below` the rest of the file stands below the cursor."""
    model = EmbeddedModel(WorkspaceFiles([folder]))
    await model.add_library(index)
    await model.workspace.refresh(folder, frozenset({".py"}))
    chance = random.Random(1)
    places = [
        (path, number) for path in sources(folder) for number in code_lines(path.read_text("utf-8"))
    ]
    tally = Tally()
    for path, number in chance.sample(places, min(most, len(places))):
        place = place_of(path, number, told_below=below)
        found, _ = await completed(model, place, "")
        tally.start_exact.append(found == place.content)
        tokens = lex_content(place.content)
        if len(tokens) > 1:
            cut = len("".join(tokens[: chance.randrange(1, len(tokens))]))
            await from_the_middle(model, place, cut, tally)
        await next_tokens(model, place, tally)
    return tally


def place_of(path: Path, number: int, *, told_below: bool) -> Place:
    lines = path.read_text("utf-8").split("\n")
    content = lines[number].lstrip()
    above = "\n".join(lines[:number]) + "\n" * bool(number)
    above += lines[number][: len(lines[number]) - len(content)]
    rest = "".join("\n" + line for line in lines[number + 1 :])
    return Place(path, above, content, block_below(lines, number), rest if told_below else "")


async def from_the_middle(model: EmbeddedModel, place: Place, cut: int, tally: Tally) -> None:
    """The rest of a line from a character on, and of the statement that it opens."""
    before, truth = place.content[:cut], place.content[cut:]
    found, probability = await completed(model, place, before)
    tally.mid_exact.append(found == truth)
    tally.mid_similar.append(SequenceMatcher(None, found, truth, False).ratio())
    tally.mid_sure.append(probability if found else 0.0)
    if place.block and not place.below:
        found, probability = await completed(model, place, before, stop=())
        tally.block_exact.append(found == truth + place.block)
        tally.block_retained.append(retained(found, truth + place.block))
        tally.block_sure.append(probability if found else 0.0)


def block_below(lines: list[str], number: int) -> str:
    """What closes the statement that a line opens, line ends included; empty if it opens none."""
    header = lines[number]
    if not header.rstrip().endswith((":", "(", "[", "{")):
        return ""
    margin = len(header) - len(header.lstrip())
    taken = list(takewhile(lambda line: indent_of(line) > margin, lines[number + 1 :]))
    closing = lines[number + 1 + len(taken) : number + 2 + len(taken)]
    if taken and not header.rstrip().endswith(":") and closing:
        taken.append(closing[0])
    return "".join("\n" + line for line in taken)


def indent_of(line: str) -> int:
    """-1 for a blank line."""
    return len(line) - len(line.lstrip()) if line.strip() else -1


def retained(found: str, truth: str) -> float:
    """The share of the characters proposed that the author wrote in that order."""
    matches = SequenceMatcher(None, found, truth, False).get_matching_blocks()
    return sum(match.size for match in matches) / max(len(found), 1)


async def completed(
    model: EmbeddedModel, place: Place, typed: str, stop: tuple[str, ...] = ("\n",)
) -> tuple[str, float]:
    """The model's first choice behind what is typed of a line; 0 if it came to no end."""
    question = CompletionRequest(
        place.above + typed, place.below, "python", 48 if stop else 120, stop, path=place.path
    )
    for line in await collect(model, question):
        cut = line.finish is not FinishReason.STOP
        return line.text, 0.0 if cut else math.exp(_logprob(line))
    return "", 0.0


async def next_tokens(model: EmbeddedModel, place: Place, tally: Tally) -> None:
    """For each token of a line and for its end: where the truth is among the model's choices."""
    typed = place.above
    for token in [*lex_content(place.content), ""]:
        question = CompletionRequest(
            typed, place.below, "python", 1, ("\n",), n=FIRST, path=place.path
        )
        choices = await collect(model, question)
        texts = [choice.text for choice in choices]
        tally.first.append(texts[:1] == [token])
        tally.among_first.append(token in texts[:FIRST])
        tally.sure.append(math.exp(_logprob(choices[0])) if choices else 0.0)
        if token.isidentifier() and not keyword.iskeyword(token):
            tally.identifier.append(texts[:1] == [token])
        typed += token


def _logprob(completion: Completion) -> float:
    return sum(t.logprob or 0.0 for t in completion.tokens) + (completion.end_logprob or 0.0)


def code_lines(text: str) -> Iterator[int]:
    """Zero-based lines that hold code, not only a comment or a piece of a string."""
    numbers = set()
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return iter(())
    for token in tokens:
        if token.type not in _SKIPPED and token.string.strip():
            numbers.add(token.start[0] - 1)
    return iter(sorted(numbers))


def share(answers: list[bool]) -> float:
    return round(sum(answers) / max(len(answers), 1), 4)
