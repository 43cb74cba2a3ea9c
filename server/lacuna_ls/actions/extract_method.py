"""Extract the selected statements into a function of their own.

What it does: turns whole statements (or one whole expression) of a function into a new function
beside it, and puts a call in their place. Parameters are the variables that the code needs,
results those that are needed afterwards. A method's code that uses `self` becomes a method; code
that awaits becomes an async function, and is awaited. The new name can be changed at once.

Why: a long function is read in pieces; a piece with a name is read once.

What is refused, with the reason: jumps out of the selection, `yield`, variables shared with nested
functions, variables that may be unbound, assignments that an exception handler would see, code
that looks at its own frame. Nothing is executed: the result is parsed again and the names of both
functions are resolved again.

Example:
    def report(orders):
        «total = 0
        for order in orders:
            total += order.price»
        return f"{total} due"

    becomes

    def compute_total(orders):
        total = 0
        for order in orders:
            total += order.price
        return total


    def report(orders):
        total = compute_total(orders)
        return f"{total} due"
"""

from collections.abc import Sequence

from lacuna_ls.actions.provider import (
    ActionKind,
    ActionRequest,
    CodeActionProvider,
    Example,
    Offer,
)
from lacuna_ls.domain.text import Source, Span
from lacuna_ls.extraction.contract import Refusal
from lacuna_ls.extraction.engine import extract
from lacuna_ls.verification.evidence import Evidence, titled

EXAMPLES: tuple[Example, ...] = (
    Example(
        "a result that is needed afterwards comes back",
        """\
def report(orders):
    «total = 0
    for order in orders:
        total += order.price»
    return f"{total} due"
""",
        """\
def compute_total(orders):
    total = 0
    for order in orders:
        total += order.price
    return total


def report(orders):
    total = compute_total(orders)
    return f"{total} due"
""",
    ),
    Example(
        "a jump out of the selection is refused",
        """\
def use_good(items):
    for item in items:
        «if item.bad:
            continue
        use(item)»
        count(item)
""",
        None,
        "Line 4 has a `continue` that leaves the selection",
    ),
)


class _ExtractMethod:
    @property
    def kind(self) -> ActionKind:
        return ActionKind.REFACTOR_EXTRACT

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        """One offer for a selection that holds code; disabled, with the reason, if refused."""
        document = request.document
        outcome = extract(document, request.span)
        if outcome is None:
            return ()
        if isinstance(outcome, Refusal):
            what = f"Extract {_lines(document.source, request.span)} into a function"
            return (Offer(what, self.kind, document.version, disabled=outcome.reason),)
        what = f'Extract {_lines(document.source, outcome.span)} into "{outcome.name}"'
        evidence = Evidence(checked_syntax=True)
        return (
            Offer(
                titled(what, evidence),
                self.kind,
                document.version,
                outcome.edits,
                evidence,
                rename_at=outcome.rename_at,
            ),
        )


def provider() -> CodeActionProvider:
    return _ExtractMethod()


def _lines(source: Source, span: Span) -> str:
    first, last = source.line_at(span.start) + 1, source.line_at(max(span.end - 1, span.start)) + 1
    return f"line {first}" if first == last else f"lines {first}-{last}"
