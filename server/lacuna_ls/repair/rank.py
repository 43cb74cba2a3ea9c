"""In which order candidates that passed the failing tests are confirmed and shown."""

from collections.abc import Sequence

from lacuna_ls.domain.text import Span
from lacuna_ls.repair.proposers.template import Proposal


def ranked(survivors: Sequence[Proposal], seen: Sequence[Span] = ()) -> tuple[Proposal, ...]:
    """The best of each statement that is not yet in `seen`, then the others; each by priority.

    Edits of one statement that pass the same tests tend to be variants of one idea, while another
    statement is another explanation of the failure: a short list should hold several explanations.
    """
    by_priority = sorted(survivors, key=lambda p: (-p.priority, p.candidate.edits[0].span))
    statements = set(seen)
    leaders: list[Proposal] = []
    variants: list[Proposal] = []
    for proposal in by_priority:
        (variants if proposal.statement in statements else leaders).append(proposal)
        statements.add(proposal.statement)
    return (*leaders, *variants)
