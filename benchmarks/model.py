"""How well and how fast the embedded model completes lines of packages that it has not indexed.

A file of the package is open up to the cursor, the rest of the package is the workspace, the
library is the standard one. Quality: first and first five choices for code tokens and line ends,
identifiers apart, and how far the first choice's probability is from its share of hits (expected
calibration error, 15 bins); rest of the line from a random token of a line on (exact, and similar by
matching characters), and exact from a line's start; precision and coverage where the model gives the
whole line at least one half, and how well that probability ranks exact lines above others (AUROC).
Cost: processor time of a completion after each typed character in a file of 5,000 lines, and of the
first-use index. Packages that the gate's weights were fitted to are refused.

    python benchmarks/model.py [--packages NAME==VERSION,...] [--json FILE]
"""

import argparse
import asyncio
import io
import json
import keyword
import math
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tokenize
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.index_files import cache_folder, index_path, library_index
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.domain.completion import Completion
from lacuna_ls.model.corpus import CorpusIndex
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.model.lexer import lex_content
from lacuna_ls.ports.language_model import CompletionRequest, collect

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.packages import names_in

PACKAGES = (
    "attrs==25.1.0,click==8.1.8,flask==3.1.0,httpx==0.28.1,jinja2==3.1.5,loguru==0.7.3,"
    "markdown==3.7,marshmallow==3.26.0,pyparsing==3.2.1,requests==2.32.3,rich==13.9.4,"
    "starlette==0.45.3"
)
GATE = Path(__file__).with_name("gate_packages.txt")
FIRST = 5
BINS = 15
POSITIONS = 250
TYPED = 300
DOCUMENT_LINES = 5000
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

    def add(self, other: "Tally") -> None:
        for name in self.__slots__:
            getattr(self, name).extend(getattr(other, name))

    def figures(self) -> dict[str, float]:
        confident = [
            exact for exact, p in zip(self.mid_exact, self.mid_sure, strict=True) if p >= 0.5
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packages", default=PACKAGES, metavar="NAME==VERSION,...")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    requirements = arguments.packages.split(",")
    if fitted := names_in(GATE) & {name.partition("==")[0].lower() for name in requirements}:
        parser.error(f"the gate's weights were fitted to {', '.join(sorted(fitted))}")
    folders = {name: unpacked(name) for name in requirements}
    figures = asyncio.run(measure(folders))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


async def measure(folders: dict[str, Path]) -> dict[str, Any]:
    index, index_figures = await built_index()
    before_mb = resident_mb()
    cost = await typing_cost(index, next(iter(folders.values())))
    cost["rss_mb"] = round(resident_mb() - before_mb, 1)
    whole, packages = Tally(), {}
    for name, folder in folders.items():
        tally = await quality(index, folder)
        packages[name] = tally.figures()
        print(f"{name:24}", *(f"{key} {value:.3f} " for key, value in packages[name].items()))
        whole.add(tally)
    figures = {**whole.figures(), **cost, **index_figures}
    for key, value in figures.items():
        print(f"{key:24} {value}")
    return {**figures, "packages": packages}


async def built_index() -> tuple[CorpusIndex, dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="lacuna-index-") as folder:
        begun = time.perf_counter()
        index = await library_index(Path(folder))
        elapsed_s = time.perf_counter() - begun
        size = index_path(Path(folder)).stat().st_size
    return index, {"index_s": round(elapsed_s, 2), "index_mb": round(size / 1e6, 1)}


async def typing_cost(index: CorpusIndex, folder: Path) -> dict[str, float]:
    """Type lines of the package into the middle of a long file, a completion at each character."""
    text = "".join(path.read_text("utf-8") for path in sources(folder))
    lines = (text * (1 + DOCUMENT_LINES // max(text.count("\n"), 1))).splitlines(keepends=True)
    lines = lines[:DOCUMENT_LINES]
    model = EmbeddedModel(WorkspaceFiles([folder]))
    await model.add_library(index)
    await model.workspace.refresh(folder, frozenset({".py"}))
    middle = DOCUMENT_LINES // 2
    before, after = "".join(lines[:middle]), "".join(lines[middle:])
    typed = "".join(lines[middle : middle + 40])[:TYPED]
    await answer(model, before, after)
    cpu_ms = []
    for end in range(1, len(typed) + 1):
        begun = time.process_time()
        await answer(model, before + typed[:end], "\n" + after)
        cpu_ms.append((time.process_time() - begun) * 1000)
    return {
        "line_cpu_ms_p50": round(statistics.median(cpu_ms), 2),
        "line_cpu_ms_p95": round(statistics.quantiles(cpu_ms, n=20)[-1], 2),
    }


async def quality(index: CorpusIndex, folder: Path) -> Tally:
    model = EmbeddedModel(WorkspaceFiles([folder]))
    await model.add_library(index)
    await model.workspace.refresh(folder, frozenset({".py"}))
    chance = random.Random(1)
    places = [
        (path, number) for path in sources(folder) for number in code_lines(path.read_text("utf-8"))
    ]
    tally = Tally()
    for path, number in chance.sample(places, min(POSITIONS, len(places))):
        lines = path.read_text("utf-8").split("\n")
        content = lines[number].lstrip()
        above = "\n".join(lines[:number]) + "\n" * bool(number)
        above += lines[number][: len(lines[number]) - len(content)]
        found, _ = await completed(model, above, path)
        tally.start_exact.append(found == content)
        tokens = lex_content(content)
        if len(tokens) > 1:
            cut = len("".join(tokens[: chance.randrange(1, len(tokens))]))
            found, probability = await completed(model, above + content[:cut], path)
            tally.mid_exact.append(found == content[cut:])
            tally.mid_similar.append(SequenceMatcher(None, found, content[cut:], False).ratio())
            tally.mid_sure.append(probability if found else 0.0)
        await next_tokens(model, above, content, path, tally)
    return tally


async def completed(model: EmbeddedModel, prefix: str, path: Path) -> tuple[str, float]:
    question = CompletionRequest(prefix, "", "python", max_tokens=48, stop=("\n",), path=path)
    for line in await collect(model, question):
        return line.text, math.exp(_logprob(line))
    return "", 0.0


async def next_tokens(
    model: EmbeddedModel, above: str, content: str, path: Path, tally: Tally
) -> None:
    """For each token of a line and for its end: where the truth is among the model's choices."""
    before = ""
    for token in [*lex_content(content), ""]:
        question = CompletionRequest(
            above + before,
            "",
            "python",
            max_tokens=1,
            stop=("\n",),
            n=FIRST,
            path=path,
        )
        choices = await collect(model, question)
        texts = [choice.text for choice in choices]
        tally.first.append(texts[:1] == [token])
        tally.among_first.append(token in texts[:FIRST])
        tally.sure.append(math.exp(_logprob(choices[0])) if choices else 0.0)
        if token.isidentifier() and not keyword.iskeyword(token):
            tally.identifier.append(texts[:1] == [token])
        before += token


def _logprob(completion: Completion) -> float:
    return sum(t.logprob or 0.0 for t in completion.tokens) + (completion.end_logprob or 0.0)


async def answer(model: EmbeddedModel, prefix: str, suffix: str) -> None:
    """What the completion engine asks for at every keystroke."""
    question = CompletionRequest(
        prefix, suffix, "python", max_tokens=48, stop=("\n",), n=3, top_logprobs=5
    )
    await collect(model, question)


def unpacked(requirement: str) -> Path:
    """The package's modules, fetched once; nothing of it is installed or run."""
    folder = cache_folder().resolve() / "benchmarks" / requirement
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        command = ["download", "-q", "--no-deps", "--only-binary", ":all:", "-d", temporary]
        subprocess.run([sys.executable, "-m", "pip", *command, requirement], check=True)
        (wheel,) = Path(temporary).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(Path(temporary, "unpacked"))
        shutil.move(Path(temporary, "unpacked"), folder)
    return folder


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


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


def resident_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmRSS:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
