"""Search longer for a fix.

What it does: starts a search of which you see the progress and which you can cancel: first through
many more small changes than are tried by themselves after a save, for as long as
`lacuna.actions.timeBudgetSeconds` says, then, if you have named a model's endpoint, with drafts of
that model, for up to six times as long.

Why: most failures are mended by a change of one or two places, which is looked for without being
asked. What is left takes time, and may take a model.

Example: with the cursor on a failing test, or in a function that it goes through, choose
`Search longer for a fix`. What passes all tests, twice, in fresh processes, is in the menu then, with
its evidence and the name of who wrote it. If nothing does, you are told how much was tried.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lacuna_ls.actions.provider import ActionKind, ActionRequest, Command, Example, Offer
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.document import Document

# It starts a search and edits nothing: there is no text after it.
EXAMPLES: tuple[Example, ...] = ()

TITLE = "Search longer for a fix"


@dataclass(frozen=True, slots=True)
class SearchLonger:
    """`places` are where something is red that can be searched; `command` is the command's name."""

    places: Callable[[Document], Sequence[Span]]
    command: str
    kind: ActionKind = ActionKind.QUICK_FIX

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        document, line_at = request.document, request.document.source.line_at
        first, last = line_at(request.span.start), line_at(request.span.end)
        here = any(
            line_at(place.start) <= last and first <= line_at(place.end)
            for place in self.places(document)
        )
        if not here:
            return ()
        command = Command(self.command, (document.uri,))
        return (Offer(TITLE, self.kind, document.version, command=command),)


def provider(
    places: Callable[[Document], Sequence[Span]] = lambda _: (), command: str = ""
) -> SearchLonger:
    return SearchLonger(places, command)
