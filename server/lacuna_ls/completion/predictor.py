"""What shapes a completion before anybody sees it, and the name of all of it together.

The name is the key of a calibration: any change here, in the code of the rooms that choose holes,
in the model or in a grammar makes another predictor, for which nothing has been measured yet.
"""

from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from lacuna_ls.domain.text import decode
from lacuna_ls.holes.calibration import HOLE_COUNTS, predictor_key
from lacuna_ls.holes.partial_program import WeightKind
from lacuna_ls.ports.language_model import CompletionRequest
from lacuna_ls.syntax.languages import Language

WEIGHT = WeightKind.NODES
TRIGGER = "rest of the line"
REFERENCE_THRESHOLDS = (0.1, 0.6)
REFERENCE_HOLES = 4
"""At these thresholds, with so many holes, it is decided how much of a completion is offered.

Chosen on packages that are in no calibration (`benchmarks/tuning_packages.txt`).
"""

LEAST_OF_BLOCK = 0.15
"""Least probability of a line and the block that goes on below it.

Chosen on the same packages (`benchmarks/blocks.py`).
"""

_SOURCES = ("lacuna_ls.holes", "lacuna_ls.completion")


def request(data: bytes, offset: int, language: Language, path: Path | None) -> CompletionRequest:
    """The one question that is asked for a cursor: the rest of its line, most likely first."""
    return CompletionRequest(
        prefix=decode(data[:offset]),
        suffix=decode(data[offset:]),
        language=language.name,
        max_tokens=48,
        stop=("\n",),
        n=3,
        temperature=0.0,
        top_logprobs=5,
        path=path,
    )


@cache
def key(model_id: str, language: Language) -> str:
    """The calibration key of a model's completions in one language."""
    question = asdict(request(b"", 0, language, None))
    parts = {name: repr(value) for name, value in question.items()} | {
        "model": model_id,
        "grammar": f"{language.grammar} {_version(language.grammar.split(':')[0])}",
        "parser": _version("tree_sitter"),
        "nodes": repr((language.solid_nodes, language.verbatim_nodes)),
        "weight": WEIGHT.value,
        "trigger": TRIGGER,
        "extent": repr((REFERENCE_THRESHOLDS, REFERENCE_HOLES, LEAST_OF_BLOCK)),
        "hole_counts": repr(HOLE_COUNTS),
    }
    return predictor_key(parts, sources())


def sources() -> list[tuple[str, bytes]]:
    """Names and contents of the code that chooses what is shown and what becomes a hole."""
    return [
        (f"{package}/{entry.name}", entry.read_bytes())
        for package in _SOURCES
        for entry in files(package).iterdir()
        if entry.name.endswith(".py")
    ]


def _version(module: str) -> str:
    try:
        return version(module.replace("_", "-"))
    except PackageNotFoundError:
        return "unknown"
