"""Does Lacuna find what an author extracted, and a name like the author's?

    python benchmarks/opportunities.py --json

Helpers of published packages that are called once are inlined (`inlining.py`) and the range is asked
for again, by the code the menu runs. Counted are ranges found exactly: first, among five, and among
five when runs are ordered by length or drawn at random instead, through the same gate. `marked` are
those whose first answer is clear enough for a hint, `marked_right` those of them that are right.
Weights are tuned on every second package (`--tune` prints them) and the figures are of the others.
Names are compared by subtoken: the F1 of the parts between underscores and capitals (Allamanis et al.
2016).
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from lacuna_ls.analysis.semantics import semantics_of
from lacuna_ls.analysis.unit import UnitKind
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.extraction import quiet
from lacuna_ls.extraction.candidates import (
    MAX_SHARE,
    MIN_STATEMENTS,
    Candidate,
    candidates_of,
)
from lacuna_ls.extraction.engine import Extraction, extract
from lacuna_ls.extraction.host import Host, host_of, within
from lacuna_ls.extraction.opportunities import FITTED, opportunities
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import covering

# So that this runs as a script, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.inlining import Case, cases_of
from benchmarks.packages import ArchiveFiles, fetch, fit

CASES_PER_PACKAGE = 30
ASKED = 5
_PENALTY = 0.002
_QUARTILES = (0.1, 0.25, 0.5, 0.75)
_MANIFESTS = ("calibration_packages.txt", "tuning_packages.txt")
_SUBTOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Question:
    """A case as the engine sees it: the document, the cursor, and the answer."""

    document: Document
    cursor: Span
    answer: Span
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """Whether each answer in turn was the author's, ours and the two baselines'.

    `marked` says whether the first of ours is marked by a hint, too.
    """

    ours: tuple[bool, ...]
    length: tuple[bool, ...]
    random: tuple[bool, ...]
    f1: float
    marked: bool


def main() -> None:
    arguments = _arguments()
    started = time.monotonic()
    wheels = sorted(
        wheel
        for manifest in _MANIFESTS
        for wheel in fetch(Path(__file__).with_name(manifest), arguments.packages)
    )
    tuned, held_out = wheels[::2], wheels[1::2]
    with ProcessPoolExecutor(arguments.workers) as pool:
        if arguments.tune:
            print_weights([row for rows in pool.map(choices, tuned) for row in rows])
            return
        rows = [row for rows in pool.map(answers, held_out) for row in rows]
    figures = {
        "cases": len(rows),
        "recall1": recall([row.ours[:1] for row in rows]),
        "recall5": recall([row.ours for row in rows]),
        "recall5_length": recall([row.length for row in rows]),
        "recall5_random": recall([row.random for row in rows]),
        "marked": sum(row.marked for row in rows),
        "marked_right": sum(row.marked and row.ours[0] for row in rows),
        "name_f1": round(sum(row.f1 for row in rows) / max(len(rows), 1), 3),
    }
    print(f"{len(held_out)} packages, {time.monotonic() - started:.0f} s", file=sys.stderr)
    print(json.dumps(figures) if arguments.json else figures)


def recall(found: list[tuple[bool, ...]]) -> float:
    return round(sum(any(hits) for hits in found) / max(len(found), 1), 3)


def questions(wheel: Path) -> Iterator[Question]:
    """Cases of one package that are within the limits of what is ever offered."""
    files = ArchiveFiles(wheel)
    random = Random(wheel.name)
    paths = [p for p in files.source_files(files.root, frozenset({".py"})) if fit(files, p)]
    random.shuffle(paths)
    kept = 0
    for path in paths:
        text = (files.read(path) or b"").decode("utf-8", "replace")
        for case in cases_of(text):
            question = asked(case)
            if question is not None and kept < CASES_PER_PACKAGE:
                kept += 1
                yield question
        if kept >= CASES_PER_PACKAGE:
            return


def asked(case: Case) -> Question | None:
    document = open_document("file:///case.py", 1, by_language_id("python"), encode(case.text))
    lines = document.source
    first, last = lines.line_span(case.first_line - 1), lines.line_span(case.last_line - 1)
    text = lines.data[first.start : last.end]
    answer = Span(first.start + len(text) - len(text.lstrip()), first.start + len(text.rstrip()))
    host = _host(document, answer)
    if host is None:
        return None
    statements = len(within(host.statements, answer))
    if statements < MIN_STATEMENTS or statements > MAX_SHARE * len(host.statements):
        return None
    return Question(document, Span(answer.start, answer.start), answer, case.name)


def _host(document: Document, answer: Span) -> Host | None:
    semantics = semantics_of(document.language) if document.language else None
    tree = document.tree
    if semantics is None or tree is None:
        return None
    unit = semantics.unit_at(covering(tree.root_node, answer))
    return host_of(unit, semantics) if unit and unit.kind is UnitKind.FUNCTION else None


def _candidates(question: Question) -> tuple[Candidate, ...]:
    host = _host(question.document, question.answer)
    return candidates_of(question.document.source, host) if host else ()


def answers(wheel: Path) -> list[Row]:
    return [row_of(question) for question in questions(wheel)]


def row_of(question: Question) -> Row:
    document, answer = question.document, question.answer
    offered = opportunities(document, question.cursor, most=ASKED, threshold=-float("inf"))
    candidates = list(_candidates(question))
    Random(question.name).shuffle(candidates)
    drawn = _through_the_gate(document, candidates)
    longest = _through_the_gate(document, sorted(candidates, key=lambda c: -len(c.span)))
    named = extract(document, answer)
    best = offered[0] if offered else None
    return Row(
        tuple(_code(document, o.extraction.span) == answer for o in offered),
        tuple(span == answer for span in longest),
        tuple(span == answer for span in drawn),
        f1_of(named.name, question.name) if isinstance(named, Extraction) else 0.0,
        best is not None and best.score >= quiet.THRESHOLD and best.choice >= quiet.LEAST_CHOICE,
    )


def _code(document: Document, span: Span) -> Span:
    """Without the comment lines that an extraction takes along."""
    comments = re.match(rb"(?:[ \t]*#[^\n]*\n)*[ \t]*", document.data[span.start : span.end])
    return Span(span.start + (comments.end() if comments else 0), span.end)


def _through_the_gate(document: Document, candidates: list[Candidate]) -> list[Span]:
    kept: list[Span] = []
    for candidate in candidates:
        if len(kept) == ASKED:
            break
        if isinstance(extract(document, candidate.span), Extraction):
            kept.append(candidate.span)
    return kept


def f1_of(mine: str, theirs: str) -> float:
    a, b = (Counter(p.lower() for p in _SUBTOKEN.findall(name)) for name in (mine, theirs))
    shared = (a & b).total()
    return 2 * shared / (a.total() + b.total()) if shared else 0.0


def choices(wheel: Path) -> list[tuple[list[list[float]], int]]:
    """For each case whose answer is a candidate: what is seen of each candidate, and which it is."""
    found = []
    for question in questions(wheel):
        candidates = _candidates(question)
        spans = [candidate.span for candidate in candidates]
        if question.answer in spans:
            seen = [[float(f(c)) for _, f in FITTED.values()] for c in candidates]
            found.append((seen, spans.index(question.answer)))
    return found


def print_weights(cases: list[tuple[list[list[float]], int]]) -> None:
    """The maximum of the penalised likelihood, and where the authors' choices score."""
    groups = [np.array(seen) for seen, _ in cases]
    chosen = [index for _, index in cases]
    scale = np.concatenate(groups).std(axis=0)
    scale[scale == 0] = 1
    weights = np.zeros(len(FITTED))
    speed = np.zeros(len(FITTED))
    for _ in range(3000):
        slope = -_PENALTY * weights
        for group, index in zip(groups, chosen, strict=True):
            seen = group / scale
            scores = seen @ weights
            odds = np.exp(scores - scores.max())
            slope += (seen[index] - odds @ seen / odds.sum()) / len(groups)
        speed = 0.9 * speed + slope
        weights += 0.02 * speed
    plain = weights / scale
    for name, weight in zip(FITTED, plain, strict=True):
        print(f"{name:14} {weight:6.2f}")
    own = [group[index] @ plain for group, index in zip(groups, chosen, strict=True)]
    print(f"{len(cases)} cases; scores of the authors' choices:", np.quantile(own, _QUARTILES))
    ranks = [(group @ plain > mine).sum() for group, mine in zip(groups, own, strict=True)]
    print("recall before the gate:", *(round(np.mean(np.array(ranks) < k), 3) for k in (1, 3, 5)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="figures as one line of JSON")
    parser.add_argument(
        "--tune", action="store_true", help="print weights fitted on the tuning half"
    )
    parser.add_argument("--packages", type=int, default=1000, help="the first N of each manifest")
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
