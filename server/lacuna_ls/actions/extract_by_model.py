"""Extract what your model chooses.

What it does: where you have named a model's endpoint, offers an extraction whose name that model
gives; with nothing selected it also chooses the part, among those that Lacuna can extract. The model
is asked when you choose the entry, never before. It sees the function and answers with a number and
a name: the code is written by the same rules as without it, and checked in the same way.

Why: a model knows words for what code does that do not stand in the code, but what models write as
extracted functions is often broken. So it is asked for what it is good at only.

Example:
    def report(orders):
        log.info("report")
        «total = 0
        for order in orders:
            if order.paid:
                total += order.price»
        print(total)

    becomes, if the model says `1 revenue_of`

    def revenue_of(orders):
        total = 0
        for order in orders:
            if order.paid:
                total += order.price
        return total


    def report(orders):
        log.info("report")
        total = revenue_of(orders)
        print(total)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from lacuna_ls.actions.extraction_offer import (
    Known,
    extraction_offer,
    lines_in_words,
    nothing_known,
)
from lacuna_ls.actions.provider import (
    ActionKind,
    ActionRequest,
    CodeActionProvider,
    Example,
    Offer,
)
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import Span
from lacuna_ls.extraction.engine import Extraction, extract
from lacuna_ls.extraction.model_choice import Part, choose
from lacuna_ls.extraction.opportunities import Ranked, opportunities
from lacuna_ls.ports.language_model import LanguageModel
from lacuna_ls.syntax.document import Document

MOST_PARTS = 8
_LEAST_SCORE = -3.0
_MOST_BYTES = 12_000

# The model that may be shown this document, if there is one.
ModelFor = Callable[[Document], LanguageModel | None]

EXAMPLES: tuple[Example, ...] = (
    Example(
        "the selection, under the name that the model gives",
        """\
def report(orders):
    log.info("report")
    «total = 0
    for order in orders:
        if order.paid:
            total += order.price»
    print(total)
""",
        """\
def revenue_of(orders):
    total = 0
    for order in orders:
        if order.paid:
            total += order.price
    return total


def report(orders):
    log.info("report")
    total = revenue_of(orders)
    print(total)
""",
    ),
    Example(
        "the part that the model chooses",
        """\
def report(orders):
    log.info("report")|
    total = 0
    for order in orders:
        if order.paid:
            total += order.price
    print(total)
""",
        """\
def revenue_of(orders):
    total = 0
    for order in orders:
        if order.paid:
            total += order.price
    return total


def report(orders):
    log.info("report")
    total = revenue_of(orders)
    print(total)
""",
    ),
)


@dataclass(frozen=True, slots=True)
class _Question:
    """What can be extracted, and the function that it stands in."""

    document: Document
    parts: tuple[Extraction, ...]
    around: Span


class _ExtractByModel:
    def __init__(self, model_for: ModelFor, known: Known) -> None:
        self._model_for = model_for
        self._known = known
        self._ranked = Ranked()

    @property
    def kind(self) -> ActionKind:
        return ActionKind.REFACTOR_EXTRACT

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        document = request.document
        model = self._model_for(document) if request.asked else None
        if model is None:
            return ()
        parts = self._parts(document, request.span)
        if not parts:
            return ()
        name = model.capabilities.model_id
        what = "what it chooses"
        if len(request.span):
            what = lines_in_words(document.source, parts[0].span)
        question = _Question(document, parts, _around(document, parts))
        return (
            Offer(
                f"Ask {name}: extract {what}, under its name",
                self.kind,
                document.version,
                later=partial(self._chosen, model, question),
            ),
        )

    def _parts(self, document: Document, span: Span) -> tuple[Extraction, ...]:
        if len(span):
            selected = extract(document, span)
            return (selected,) if isinstance(selected, Extraction) else ()
        found = opportunities(document, span, self._ranked, MOST_PARTS, _LEAST_SCORE)
        return tuple(opportunity.extraction for opportunity in found)

    async def _chosen(self, model: LanguageModel, question: _Question) -> Offer:
        document = question.document
        parts = [Part(document.source.text(each.span), each.name) for each in question.parts]
        choice = await choose(model, document.source.text(question.around), parts)
        if choice is None:
            raise ModelError(f"{model.capabilities.model_id} named nothing to extract.")
        part = question.parts[choice.part]
        named = extract(document, part.span, choice.name)
        # A name that is taken, or no name in this language: the engine's own will do.
        extraction = named if isinstance(named, Extraction) else part
        return extraction_offer(document, extraction, self._known)


def provider(
    model_for: ModelFor = lambda _: None, known: Known = nothing_known
) -> CodeActionProvider:
    return _ExtractByModel(model_for, known)


def _around(document: Document, parts: Sequence[Extraction]) -> Span:
    """All that is rewritten, and as much of the file around it as a question holds."""
    first = min(part.span.start for part in parts)
    last = max(part.span.end for part in parts)
    room = max(_MOST_BYTES - (last - first), 0) // 2
    source = document.source
    start = source.line_span(source.line_at(max(first - room, 0))).start
    end = source.line_span(source.line_at(min(last + room, len(document.data)))).end
    return Span(start, end)
