"""From a cursor to what an endpoint's model proposes, with holes where it has numbers.

What differs from the embedded model: several lines, context besides the file, an answer that is left
as soon as enough of it has come, and numbers that may be missing. Without log-probabilities of its
own a completion can be scored by another model, under both names; else nothing is said of it.
"""

from contextlib import aclosing
from dataclasses import replace
from functools import cache
from importlib.resources import files
from math import log1p
from pathlib import Path
from typing import Any, cast

from lacuna_ls.completion import predictor
from lacuna_ls.completion.alternatives import alternatives
from lacuna_ls.completion.engine import group_of, holes_of, render
from lacuna_ls.completion.postprocess import Shown, inserted, open_for_completion
from lacuna_ls.completion.proposal import Proposal
from lacuna_ls.completion.remote.trimming import Place, is_closed, trimmed
from lacuna_ls.completion.suggestion import Claim, CompletionOptions, Hole, Suggestion
from lacuna_ls.completion.window import around
from lacuna_ls.domain.completion import Completion, FinishReason, Token
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import Span, decode, encode
from lacuna_ls.holes.calibration import HOLE_COUNTS, Group, predictor_key, usable_cell
from lacuna_ls.holes.frontier import frontier
from lacuna_ls.holes.partial_program import build
from lacuna_ls.ports.calibration_store import CalibrationStore
from lacuna_ls.ports.language_model import Capabilities, Excerpt, LanguageModel, PromptedRequest
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import Language

_MOST_TOKENS, _LINE_TOKENS = 256, 64


async def propose(
    document: Document,
    offset: int,
    model: LanguageModel,
    path: Path | None,
    *,
    context: tuple[Excerpt, ...] = (),
    scorer: LanguageModel | None = None,
) -> Proposal | None:
    """What `model` proposes at byte `offset`; `None` if nothing of it may be shown.

    Args:
        document: A snapshot in a known language.
        offset: The cursor.
        model: Asked once.
        path: The document's file, where it has one.
        context: What the project says besides, what changes least first.
        scorer: Gives the numbers if `model` has none.

    Raises:
        ModelError: the model could not answer.
    """
    if document.language is None or not document.has_tree:
        return None
    if not open_for_completion(document, offset):
        return None
    near, at = around(document, offset)
    question = _request(document, offset, document.language, path, context)
    place = Place.of(near, at)
    said = await _enough(model, question, place)
    kept = trimmed(near, at, said, place) if said is not None else None
    if kept is None:
        return None
    if not _is_scored(kept) and scorer is not None:
        kept = await _scored(kept, question, scorer)
    return _proposal(near, at, kept, group_of(document, offset))


def suggestion(
    proposal: Proposal,
    offset: int,
    calibrations: CalibrationStore,
    options: CompletionOptions,
    *,
    typed: int = 0,
) -> Suggestion | None:
    """The suggestion for one epsilon; `typed` bytes of it already stand before `offset`.

    Without a calibration for exactly this model the holes are where its own numbers put them, and
    the claim says that it is none.
    """
    language = proposal.near.language
    if typed >= len(proposal.text) or language is None:
        return None
    name = proposal.completion.model_id
    calibration = calibrations.load(key(name, language)) if proposal.scored else None
    if calibration is not None and usable_cell(
        calibration, options.epsilon, options.max_holes, proposal.group
    ):
        return render(proposal, offset, calibration, options, typed=typed)
    holes = _holes(proposal, options, typed) if proposal.scored else ()
    text = decode(proposal.text[typed:])
    return Suggestion(Span(offset, offset), text, holes, Claim(calibrated=False))


def name_of(capabilities: Capabilities) -> str:
    """What completions of a model are calibrated under."""
    form = f" by {capabilities.form}" if capabilities.form else ""
    return f"{capabilities.model_id}{form}"


@cache
def key(model_id: str, language: Language) -> str:
    """The calibration key of an endpoint's model in one language."""
    parts = {"line": predictor.key(model_id, language), "max_tokens": repr(_MOST_TOKENS)}
    own = [
        (f"{__package__}/{entry.name}", entry.read_bytes())
        for entry in files(__package__).iterdir()
        if entry.name.endswith(".py")
    ]
    return predictor_key(parts, own)


def _request(
    document: Document,
    offset: int,
    language: Language,
    path: Path | None,
    context: tuple[Excerpt, ...],
) -> PromptedRequest:
    line_end = document.data.find(b"\n", offset)
    rest = document.data[offset : line_end if line_end >= 0 else len(document.data)]
    return PromptedRequest(
        prefix=decode(document.data[:offset]),
        suffix=decode(document.data[offset:]),
        language=language.name,
        max_tokens=_LINE_TOKENS if rest.strip() else _MOST_TOKENS,
        top_logprobs=5,
        path=path,
        context=context,
        line_comment=language.line_comment,
    )


async def _enough(
    model: LanguageModel, question: PromptedRequest, place: Place
) -> Completion | None:
    """What the model says, up to where more would not be shown."""
    text = ""
    tokens: list[Token] = []
    finish, end = FinishReason.CANCELLED, None
    # Closing the stream is what hangs up.
    async with aclosing(cast(Any, model.complete(question))) as chunks:
        async for chunk in chunks:
            text += chunk.text
            tokens += chunk.tokens
            finish, end = chunk.finish or finish, chunk.end_logprob
            if chunk.finish is None and is_closed(place, text):
                break
    if not text:
        return None
    return Completion(text, tuple(tokens), end, finish, name_of(model.capabilities))


def _is_scored(completion: Completion) -> bool:
    """Whether every token has a number, and every byte a token."""
    spans = [token.span for token in completion.tokens]
    tiled = [span.start for span in spans] == [0, *(span.end for span in spans)][: len(spans)]
    whole = bool(spans) and spans[-1].end == len(encode(completion.text))
    return tiled and whole and all(token.logprob is not None for token in completion.tokens)


async def _scored(
    completion: Completion, question: PromptedRequest, scorer: LanguageModel
) -> Completion:
    """The same text with another model's numbers, under both names; as it is if that has none."""
    try:
        found = await scorer.score(question, completion.text)
    except ModelError:
        return completion
    if found.text != completion.text or not _is_scored(found):
        return completion
    return replace(found, model_id=f"{completion.model_id}, scored by {found.model_id}")


def _proposal(near: Document, at: int, kept: Completion, group: Group) -> Proposal:
    text = encode(kept.text)
    with_it = inserted(near, at, text)
    assert with_it.tree is not None
    assert near.language is not None
    whole = Span(0, len(text))
    scored = _is_scored(kept)
    # Servers do not say how likely the end was. Where nothing was cut off, it is charged to nobody.
    charged = replace(kept, end_logprob=kept.end_logprob if kept.end_logprob is not None else 0.0)
    program = build(
        with_it.tree,
        Span(at, at + len(text)),
        near.language,
        charged if scored else kept,
        whole,
        weight=predictor.WEIGHT,
    )
    return Proposal(
        text=text,
        near=near,
        offset=at,
        completion=kept,
        shown=Shown(whole, with_it),
        others=(),
        program=program,
        frontier=frontier(program.ends, program.own_nll, program.weights, max(HOLE_COUNTS)),
        scored=scored,
        group=group,
    )


def _holes(proposal: Proposal, options: CompletionOptions, typed: int) -> tuple[Hole, ...]:
    """Where the model's own numbers, taken at their word, leave more than epsilon to be missed."""
    threshold = -log1p(-options.epsilon)
    most = max(count for count in HOLE_COUNTS if count <= options.max_holes)
    holes: list[Hole] = []
    for node in holes_of(proposal, threshold, most):
        span = proposal.program.spans[node]
        if span.end <= typed:
            continue
        # One that was begun has no alternatives left.
        found = () if span.start < typed else _alternatives(proposal, span)
        holes.append(Hole(Span(max(span.start - typed, 0), span.end - typed), found))
    return tuple(holes)


def _alternatives(proposal: Proposal, span: Span) -> tuple[str, ...]:
    before = proposal.near.data[: proposal.offset]
    whole = Span(0, len(proposal.text))
    return alternatives(span, before, proposal.text, proposal.completion, whole, ())
