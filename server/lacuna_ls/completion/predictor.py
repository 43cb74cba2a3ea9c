"""What shapes a completion before anybody sees it, and the name of all of it together.

The name is the key of a calibration: any change here, in the code of the rooms that choose holes,
in the model or in a grammar makes another predictor, for which nothing has been measured yet.
"""

from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from math import exp
from pathlib import Path

from lacuna_ls.domain.completion import Completion
from lacuna_ls.domain.text import Span, decode, encode
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

CONFIDENCE_FLOOR = 0.75
"""Least geometric mean of its tokens' probabilities for a block that goes on below the line."""

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


def confidence(completion: Completion, kept: Span) -> float:
    """Geometric mean of the probabilities of the tokens shown, and of stopping if that is shown.

    Tokens without a usable log-probability do not count: a model that gives none is not silenced.
    """
    logprobs = [t.logprob for t in completion.tokens if t.span.overlaps(kept)]
    if kept.end == len(encode(completion.text)):
        logprobs.append(completion.end_logprob)
    known = [logprob for logprob in logprobs if logprob is not None]
    return exp(sum(known) / len(known)) if known else 1.0


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
        "extent": repr((REFERENCE_THRESHOLDS, REFERENCE_HOLES, CONFIDENCE_FLOOR)),
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
