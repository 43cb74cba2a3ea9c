"""From a cursor to a suggestion with holes and a claim.

request -> model -> postprocess -> partial program -> frontier is a `Proposal`; a calibration and
the user's options turn a proposal into a `Suggestion`. Only the second half depends on epsilon.
"""

from dataclasses import replace
from pathlib import Path

from lacuna_ls.completion import predictor
from lacuna_ls.completion.alternatives import alternatives
from lacuna_ls.completion.block import block_below
from lacuna_ls.completion.cache import CompletionCache
from lacuna_ls.completion.extent import most_solid
from lacuna_ls.completion.postprocess import open_for_completion, shown
from lacuna_ls.completion.proposal import Proposal
from lacuna_ls.completion.score import priced
from lacuna_ls.completion.suggestion import Claim, CompletionOptions, Hole, Suggestion
from lacuna_ls.completion.window import around
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.domain.completion import FinishReason
from lacuna_ls.domain.text import Span, decode, encode
from lacuna_ls.holes.calibration import Group, usable_cell
from lacuna_ls.ports.calibration_store import CalibrationStore
from lacuna_ls.ports.language_model import LanguageModel, collect
from lacuna_ls.syntax.document import Document

WHOLE = (0,)
"""The one hole over everything: the partial program's root."""


async def complete(
    document: Document,
    offset: int,
    model: LanguageModel,
    calibrations: CalibrationStore,
    options: CompletionOptions,
    *,
    path: Path | None = None,
    cache: CompletionCache | None = None,
) -> tuple[Suggestion, ...]:
    """At most one suggestion: the rest of the line at `offset`, and what closes what it opens.

    Nothing is offered where code stands behind the cursor, where nothing would stand outside holes,
    or where the result would parse worse. Without a calibration for exactly this predictor the plain
    guess is offered: no holes, nothing claimed.

    Args:
        document: A snapshot in a known language.
        offset: The cursor, in bytes.
        model: Asked once, and once more for a block; not at all while the user types along a cached suggestion.
        calibrations: Looked up by `predictor.key`.
        options: Snapped down to the calibrated grid.
        path: The document's file, where it has one; passed on to the model.
        cache: Of earlier answers; the server keeps one for all documents.

    Raises:
        ModelError: the model could not answer.
    """
    if document.language is None or not document.has_tree:
        return ()
    hit = cache.get(document, offset) if cache is not None else None
    proposal = hit.proposal if hit else await propose(document, offset, model, path)
    typed = hit.typed if hit else 0
    if proposal is None:
        return ()
    if hit is None:
        block = await block_below(document, offset, model, path, proposal)
        proposal = replace(proposal, block=block)
    if cache is not None and hit is None:
        cache.put(document, offset, proposal)
    key = predictor.key(proposal.completion.model_id, document.language)
    calibration = calibrations.load(key) if proposal.scored else None
    suggestion = render(proposal, offset, calibration, options, typed=typed)
    return (suggestion,) if suggestion.text else ()


async def propose(
    document: Document, offset: int, model: LanguageModel, path: Path | None
) -> Proposal | None:
    """Everything up to the frontier; what calibrations are measured on."""
    assert document.language is not None
    if not open_for_completion(document, offset):
        return None
    question = predictor.request(document.data, offset, document.language, path)
    first, *others = await collect(model, question) or (None,)
    if first is None or first.finish is FinishReason.CANCELLED:
        return None
    near, at = around(document, offset)
    whole = shown(near, at, first)
    said = [other for other in others if other is not None]
    costs = priced(first, said, document.data[:offset])
    extent = most_solid(near, at, costs, whole) if whole is not None else None
    if extent is None:
        return None
    kept = extent.shown.kept
    return Proposal(
        text=encode(first.text)[kept.start : kept.end],
        near=near,
        offset=at,
        completion=first,
        shown=extent.shown,
        others=tuple(other.text for other in said),
        program=extent.program,
        frontier=extent.frontier,
        scored=model.capabilities.logprobs,
        group=group_of(document, offset),
        ends=extent.ends,
    )


def group_of(document: Document, offset: int) -> Group:
    """Which cursors this one is calibrated with."""
    line = document.source.line_span(document.source.line_at(offset))
    typed = document.data[line.start : offset].strip()
    return Group.MID_LINE if typed else Group.LINE_START


def holes_of(proposal: Proposal, threshold: float | None, max_holes: int) -> tuple[int, ...]:
    """Nodes of the partial program that become holes; `None` leaves one hole over everything."""
    if threshold is None:
        return WHOLE
    return proposal.frontier.select(threshold, max_holes).holes


def render(
    proposal: Proposal,
    offset: int,
    calibration: Calibration | None,
    options: CompletionOptions,
    *,
    typed: int = 0,
) -> Suggestion:
    """The suggestion for one epsilon; `typed` bytes of it already stand before `offset`."""
    cell = (
        usable_cell(calibration, options.epsilon, options.max_holes, proposal.group)
        if calibration
        else None
    )
    replaced = Span(offset, offset)
    whole = proposal.text + proposal.block
    if calibration is None or cell is None:
        return Suggestion(replaced, decode(whole[typed:]), (), Claim(calibrated=False))
    nodes = holes_of(proposal, cell.threshold, cell.max_holes)
    holes = _holes(proposal, nodes, typed)
    claim = _claim(calibration, cell)
    if not proposal.block or nodes == WHOLE or len(holes) >= options.max_holes:
        return Suggestion(replaced, decode(proposal.text[typed:]), holes, claim)
    start = len(whole) - len(proposal.block.lstrip())
    block = Hole(Span(max(start - typed, 0), len(whole) - typed))
    return Suggestion(replaced, decode(whole[typed:]), (*holes, block), claim)


def _holes(proposal: Proposal, nodes: tuple[int, ...], typed: int) -> tuple[Hole, ...]:
    """Holes of what remains; one that was begun has no alternatives left."""
    holes: list[Hole] = []
    for node in nodes:
        span = proposal.program.spans[node]
        if span.end <= typed:
            continue
        found = alternatives_in(proposal, span) if span.start >= typed else ()
        holes.append(Hole(Span(max(span.start - typed, 0), span.end - typed), found))
    return tuple(holes)


def alternatives_in(proposal: Proposal, hole: Span) -> tuple[str, ...]:
    """What else could stand in a hole, in bytes of the proposal's text; best first."""
    return alternatives(
        hole,
        proposal.near.data[: proposal.offset],
        proposal.text,
        proposal.completion,
        proposal.shown.kept,
        proposal.others,
    )


def _claim(calibration: Calibration, cell: CalibratedCell) -> Claim:
    return Claim(
        calibrated=True,
        epsilon=cell.epsilon,
        delta=calibration.delta,
        n=cell.n,
        population=calibration.population,
        listed=cell.found_at_least if cell.lists else None,
    )
