"""The same change at all its places in a function: a mistake is often made more than once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import TextEdit
from lacuna_ls.repair.proposers.template import Proposal

_MOST_PLACES = 6
_WEIGHT = 0.8
# Families whose edits are about what stands around one place.
OF_ONE_PLACE = frozenset({"ingredient", "slice", "whole", "operand", "wrapper"})


def at_all_places(data: bytes, proposals: Sequence[Proposal]) -> Iterator[Proposal]:
    """For each replacement that is proposed at several places of a function, all of them at once."""
    places: dict[tuple[int, str, bytes, bytes], list[Proposal]] = {}
    for proposal in proposals:
        if len(proposal.candidate.edits) == 1:
            (edit,) = proposal.candidate.edits
            old = data[edit.span.start : edit.span.end]
            if old and edit.new and proposal.family not in OF_ONE_PLACE:
                key = proposal.scope.start, proposal.family, old, edit.new
                places.setdefault(key, []).append(proposal)
    for (_, _, old, new), group in places.items():
        edits = tuple(sorted((p.candidate.edits[0] for p in group), key=lambda e: e.span))
        if 1 < len(edits) <= _MOST_PLACES and _are_apart(edits) and old not in new:
            best = max(group, key=lambda p: p.priority)
            candidate = Candidate(f"{best.candidate.summary}, {len(edits)} times", edits)
            priority = best.priority * _WEIGHT
            yield replace(best, candidate=candidate, statement=best.scope, priority=priority)


def _are_apart(edits: tuple[TextEdit, ...]) -> bool:
    return all(a.span.end <= b.span.start for a, b in pairwise(edits))
