"""How well and how fast the embedded model completes lines of packages that it has not indexed.

A file of the package is open up to the cursor, the rest of the package is the workspace, the
library is the standard one. Quality: top-1 of code tokens and line ends; rest of the line exact from
a random token of a line on, and from a line's start; precision and coverage where the model gives
the whole line at least one half. Cost: processor time of a completion after each typed character in
a file of 5,000 lines, and of the first-use index.

    python benchmarks/model.py [--packages NAME==VERSION,...] [--json FILE]
"""

import argparse
import asyncio
import io
import json
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
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.index_files import cache_folder, index_path, library_index
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.model.corpus import CorpusIndex
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.model.lexer import lex_content
from lacuna_ls.ports.language_model import CompletionRequest, collect

PACKAGES = "attrs==25.1.0,click==8.1.8,jinja2==3.1.5,rich==13.9.4"
POSITIONS = 250
TYPED = 300
DOCUMENT_LINES = 5000
_SKIPPED = {tokenize.COMMENT, tokenize.STRING, tokenize.NL, tokenize.NEWLINE}


@dataclass(slots=True)
class Tally:
    """Answers of one package or of all."""

    top1: list[bool] = field(default_factory=list)
    start_exact: list[bool] = field(default_factory=list)
    mid_exact: list[bool] = field(default_factory=list)
    confident: list[bool] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.top1 += other.top1
        self.start_exact += other.start_exact
        self.mid_exact += other.mid_exact
        self.confident += other.confident

    def figures(self) -> dict[str, float]:
        return {
            "code_top1": share(self.top1),
            "mid_exact": share(self.mid_exact),
            "start_exact": share(self.start_exact),
            "precision_at_half": share(self.confident),
            "coverage_at_half": round(len(self.confident) / max(len(self.mid_exact), 1), 4),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packages", default=PACKAGES, metavar="NAME==VERSION,...")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    folders = {name: unpacked(name) for name in arguments.packages.split(",")}
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
    return {**figures, "positions": len(whole.mid_exact), "packages": packages}


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
    places = [(path, number) for path in sources(folder) for number in code_lines(path)]
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
            if probability >= 0.5 and found:
                tally.confident.append(found == content[cut:])
        tally.top1 += await next_tokens(model, above, content, path)
    return tally


async def completed(model: EmbeddedModel, prefix: str, path: Path) -> tuple[str, float]:
    question = CompletionRequest(prefix, "", "python", max_tokens=48, stop=("\n",), path=path)
    for line in await collect(model, question):
        logprob = sum(t.logprob or 0.0 for t in line.tokens) + (line.end_logprob or 0.0)
        return line.text, math.exp(logprob)
    return "", 0.0


async def next_tokens(model: EmbeddedModel, above: str, content: str, path: Path) -> list[bool]:
    """For each token of a line and for its end: whether the model's first choice is right."""
    hits = []
    before = ""
    for token in [*lex_content(content), ""]:
        question = CompletionRequest(
            above + before, "", "python", max_tokens=1, stop=("\n",), path=path
        )
        first, *_ = await collect(model, question)
        hits.append(first.text == token)
        before += token
    return hits


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


def code_lines(path: Path) -> Iterator[int]:
    """Zero-based lines that hold code, not only a comment or a piece of a string."""
    numbers = set()
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline))
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
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
