"""How well and how fast the embedded model completes lines of packages that it has not indexed.

A file of the package is open up to the cursor, the rest of the package is the workspace, the
library is the standard one. Quality: first and first five choices for code tokens and line ends,
identifiers apart, and how far the first choice's probability is from its share of hits (expected
calibration error, 15 bins); rest of the line from a random token of a line on (exact, and similar by
matching characters), and exact from a line's start; precision and coverage where the model gives the
whole line at least one half, and how well that probability ranks exact lines above others (AUROC).
Where a line opens a block: the rest of the whole statement, exact, and the share of the proposed
characters that the author wrote. Cost: processor time of a completion after each typed character in a
file of 5,000 lines, the first-use index, and the memory of a server that has it. Packages that the
gate's weights were fitted to are refused.

    python benchmarks/model.py [--packages NAME==VERSION,...] [--lines N] [--ablations] [--json FILE]
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.index_files import cache_folder, index_path, library_index
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.model.corpus import CorpusIndex
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.ports.language_model import CompletionRequest, collect

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.latency import typing
from benchmarks.model_ablations import BELOW, VARIANTS
from benchmarks.model_packages import sources, unpacked
from benchmarks.model_quality import Tally, quality
from benchmarks.packages import names_in

PACKAGES = (
    "attrs==25.1.0,click==8.1.8,flask==3.1.0,httpx==0.28.1,jinja2==3.1.5,loguru==0.7.3,"
    "markdown==3.7,marshmallow==3.26.0,pyparsing==3.2.1,requests==2.32.3,rich==13.9.4,"
    "starlette==0.45.3"
)
GATE = Path(__file__).with_name("gate_packages.txt")
POSITIONS = 250
ABLATED = ("code_top1", "code_top5", "identifier_top1", "mid_exact", "start_exact", "token_ece")
LEAST_TOKENS, LEAST_LINES = 20_000, 2_000
TYPED = 300
DOCUMENT_LINES = 5000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packages", default=PACKAGES, metavar="NAME==VERSION,...")
    parser.add_argument("--lines", type=int, default=POSITIONS, help="of each package")
    parser.add_argument(
        "--ablations", action="store_true", help="one table: the figures without each part"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    requirements = arguments.packages.split(",")
    if fitted := names_in(GATE) & {name.partition("==")[0].lower() for name in requirements}:
        parser.error(f"the gate's weights were fitted to {', '.join(sorted(fitted))}")
    folders = {name: unpacked(name) for name in requirements}
    figures = asyncio.run((ablated if arguments.ablations else measure)(folders, arguments.lines))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


async def ablated(folders: dict[str, Path], lines: int) -> dict[str, Any]:
    """The figures of each variant of the model, on the same lines."""
    index = await library_index(cache_folder())
    table: dict[str, dict[str, float]] = {}
    print(f"{'':24}", *(f"{key:>15}" for key in ABLATED))
    for name, variant in VARIANTS.items():
        whole = Tally()
        with variant():
            for folder in folders.values():
                whole.add(await quality(index, folder, lines, below=name == BELOW))
        figures = whole.figures()
        table[name] = {key: figures[key] for key in ABLATED}
        print(f"{name:24}", *(f"{value:15.3f}" for value in table[name].values()), flush=True)
    return table


async def measure(folders: dict[str, Path], lines: int) -> dict[str, Any]:
    index, index_figures = await built_index()
    cost = await typing_cost(index, next(iter(folders.values())))
    with tempfile.TemporaryDirectory(prefix="lacuna-latency-") as typed_in:
        cost["rss_mb"] = (await typing(Path(typed_in)))["rss_mb"]
    whole, packages = Tally(), {}
    for name, folder in folders.items():
        tally = await quality(index, folder, lines)
        packages[name] = tally.figures()
        print(f"{name:24}", *(f"{key} {value:.3f} " for key, value in packages[name].items()))
        whole.add(tally)
    figures = {**whole.figures(), **cost, **index_figures}
    for key, value in figures.items():
        print(f"{key:24} {value}")
    if figures["n_tokens"] < LEAST_TOKENS or figures["n_lines"] < LEAST_LINES:
        print(f"of fewer than {LEAST_TOKENS} tokens or {LEAST_LINES} lines: too few to hold it to")
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


async def answer(model: EmbeddedModel, prefix: str, suffix: str) -> None:
    """What the completion engine asks for at every keystroke."""
    question = CompletionRequest(
        prefix, suffix, "python", max_tokens=48, stop=("\n",), n=3, top_logprobs=5
    )
    await collect(model, question)


if __name__ == "__main__":
    sys.exit(main())
