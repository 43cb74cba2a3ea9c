"""What is worth extracting: the best runs of statements of a function, with nothing selected.

A run is scored by a linear function of what is seen of it. The weights are those of a conditional
logit (McFadden 1974), fitted by `benchmarks/opportunities.py --tune` to a question with an answer:
which run of a function did an author keep as a function of its own? What is offered has passed the
extraction engine, contract and all.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import exp, log, log1p

from lacuna_ls.analysis.semantics import Semantics, semantics_of
from lacuna_ls.analysis.unit import Unit, UnitKind
from lacuna_ls.domain.text import Span
from lacuna_ls.extraction.candidates import Candidate, candidates_of
from lacuna_ls.extraction.engine import Extraction, extract, root_around
from lacuna_ls.extraction.host import host_of
from lacuna_ls.extraction.region import unseen_names
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import Node, ancestors, covering, preorder

MOST = 3
THRESHOLD = -1.0
# Candidates that fail the engine are few; where they are many, the function is not worth more time.
_MAX_REFUSALS = 6
_FUNCTIONS_KEPT = 256

FITTED: dict[str, tuple[float, Callable[[Candidate], float]]] = {
    "statements": (-0.60, lambda c: log(c.statements)),
    "share": (-0.40, lambda c: c.share),
    "complexity": (0.65, lambda c: log1p(c.complexity)),
    "parameters": (-1.46, lambda c: c.parameters),
    "outputs": (-1.63, lambda c: c.outputs),
    "fed": (-0.39, lambda c: c.fed),
    "inside": (0.88, lambda c: log1p(c.inside)),
    "own": (1.25, lambda c: c.own),
    "like_after": (-0.86, lambda c: c.like_after),
    "at_start": (0.20, lambda c: c.at_start),
    "at_end": (-0.38, lambda c: c.at_end),
    "whole_suite": (1.26, lambda c: c.at_start and c.at_end),
    "one_compound": (0.75, lambda c: c.one_compound),
    "returns": (-0.87, lambda c: c.returns),
    "opens": (0.30, lambda c: c.opens),
    "closes": (0.68, lambda c: c.closes),
    "builds": (0.48, lambda c: c.builds),
    "output_last": (0.67, lambda c: c.output_last),
    "output_next": (0.32, lambda c: c.output_next),
}
# Authors' choices say nothing about these: a helper leaves neither its comment nor copies behind,
# and the last one, the size of the function against 20 statements, is the same for all its runs.
_CHOSEN: tuple[tuple[float, Callable[[Candidate], float]], ...] = (
    (1.0, lambda c: c.comment),
    (0.3, lambda c: c.gap_before and not c.at_start),
    (0.3, lambda c: c.gap_after and not c.at_end),
    (0.5, lambda c: log1p(c.duplicates)),
    (1.0, lambda c: log(c.statements / c.share / 20)),
)


@dataclass(frozen=True, slots=True)
class Opportunity:
    """An extraction that is ready to be applied. `score` orders those of one function.

    `choice` is the probability, by the model of the weights, that an author who extracts one run of
    the function extracts this one.
    """

    extraction: Extraction
    score: float
    choice: float


@dataclass(slots=True)
class Ranked:
    """Scored runs of the functions seen last, by the function's text: an edit costs one function."""

    _kept: OrderedDict[object, tuple[tuple[float, Span], ...]] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._kept)

    def of(
        self, document: Document, unit: Unit, semantics: Semantics
    ) -> tuple[tuple[float, Span], ...]:
        """Scores and spans relative to the function's start, the best first."""
        text = document.data[unit.node.start_byte : unit.node.end_byte]
        key = (text, unit.node.start_point.column, unit.receiver, unseen_names(unit))
        found = self._kept.get(key)
        if found is None:
            found = _ranked(document, unit, semantics)
            self._kept[key] = found
            if len(self._kept) > _FUNCTIONS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found


def opportunities(
    document: Document,
    span: Span | None,
    ranked: Ranked | None = None,
    most: int = MOST,
    threshold: float = THRESHOLD,
) -> tuple[Opportunity, ...]:
    """What may be extracted, at most `most` a function, each function's best first.

    With a span: of the innermost function around it that has any. Without: of every function.
    """
    semantics = semantics_of(document.language) if document.language else None
    ranked = Ranked() if ranked is None else ranked
    if semantics is None:
        return ()
    if span is not None:
        line = document.source.line_span(document.source.line_at(span.start))
        around = root_around(document, line)
        for owner in _functions_around(document, around, line, span) if around else ():
            found = of_function(document, semantics, owner, ranked, most, threshold)
            if found:
                return found
        return ()
    tree = document.tree
    functions = document.language.function_nodes if document.language else ()
    return tuple(
        opportunity
        for node in (preorder(tree.root_node) if tree else ())
        if node.type in functions
        for opportunity in of_function(document, semantics, node, ranked, most, threshold)
    )


def of_function(
    document: Document,
    semantics: Semantics,
    owner: Node,
    ranked: Ranked,
    most: int,
    threshold: float,
) -> tuple[Opportunity, ...]:
    """What may be extracted of the function `owner`, the best first."""
    unit = semantics.unit_of(owner)
    if unit is None or unit.kind is not UnitKind.FUNCTION:
        return ()
    found: list[Opportunity] = []
    refused = 0
    runs = ranked.of(document, unit, semantics)
    everything = sum(exp(score) for score, _ in runs)
    for score, relative in runs:
        if score < threshold or len(found) == most or refused > _MAX_REFUSALS:
            break
        span = Span(owner.start_byte + relative.start, owner.start_byte + relative.end)
        extraction = extract(document, span, root=owner)
        if isinstance(extraction, Extraction):
            found.append(Opportunity(extraction, score, exp(score) / everything))
        else:
            refused += 1
    return tuple(found)


def _ranked(document: Document, unit: Unit, semantics: Semantics) -> tuple[tuple[float, Span], ...]:
    if not unit.body.named_children:
        return ()
    start = unit.node.start_byte
    scored = [
        (score(candidate), Span(candidate.lead - start, candidate.span.end - start))
        for candidate in candidates_of(document.source, host_of(unit, semantics))
    ]
    scored.sort(key=lambda item: (-item[0], item[1]))
    return tuple(scored[:40])


def score(candidate: Candidate) -> float:
    """The log-odds, up to a constant of the function, that an author would name the run."""
    terms = (*FITTED.values(), *_CHOSEN)
    return sum(weight * seen(candidate) for weight, seen in terms)


def _functions_around(document: Document, root: Node, line: Span, span: Span) -> Iterator[Node]:
    """Functions that hold the code of the cursor's line, innermost first."""
    text = document.data[line.start : line.end]
    first = line.start + len(text) - len(text.lstrip())
    last = max(line.start + len(text.rstrip()) - 1, first)
    at = min(max(span.start, first), last)
    node = covering(root, Span(at, min(at + 1, len(document.data))))
    functions = document.language.function_nodes if document.language else ()
    yield from (n for n in (node, *ancestors(node)) if n.type in functions)
