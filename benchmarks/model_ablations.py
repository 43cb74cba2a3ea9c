"""What each part of the embedded model pays: the benchmark's figures without it.

An expert is left out by taking its answers from what the gate is told. Without the gate the longest
context of each source counts the same. Without the ranking of names the mixture's own order stands.
The suffix is the other way round: the benchmark's cursor has nothing below, and here it has.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np

from lacuna_ls.model import gate
from lacuna_ls.model.gate import SLOTS, Evidence, Source
from lacuna_ls.model.mixture import Mixture, Observation
from lacuna_ls.model.names import NameFacts

Variant = Callable[[], Any]

_OBSERVE = Mixture.observe


@contextmanager
def without(*sources: Source) -> Iterator[None]:
    """The model without these experts."""
    slots = [number for number, (source, _) in enumerate(SLOTS) if source in sources]

    def observe(self: Mixture, context: tuple[int, ...]) -> Observation:
        seen = _OBSERVE(self, context)
        seen.evidence.present[slots] = False
        return replace(seen, answers=tuple(a for a in seen.answers if a[0] not in slots))

    with patch.object(Mixture, "observe", observe):
        yield


@contextmanager
def without_gate() -> Iterator[None]:
    def weigh(_: object, evidence: Evidence, *__: object) -> Any:
        longest = {
            SLOTS[slot][0]: slot
            for slot in sorted(np.flatnonzero(evidence.present), key=lambda s: SLOTS[s][1])
        }
        shares = np.zeros(len(SLOTS))
        shares[list(longest.values())] = 1.0 / len(longest)
        return shares

    with patch.object(gate, "weigh", weigh):
        yield


@contextmanager
def without_ranking() -> Iterator[None]:
    def nobody(_: NameFacts, ids: Any, __: Any) -> Any:
        return np.empty(0, dtype=np.int64)

    with patch.object(NameFacts, "candidates", nobody):
        yield


VARIANTS: dict[str, Variant] = {
    "all of it": nullcontext,
    "without the gate": without_gate,
    "without ranking names": without_ranking,
    "without the open file": partial(without, Source.FILE, Source.FILE_SHAPE),
    "without the workspace": partial(without, Source.WORKSPACE, Source.WORKSPACE_SHAPE),
    "without the library": partial(without, Source.LIBRARY),
    "without shapes": partial(without, Source.FILE_SHAPE, Source.WORKSPACE_SHAPE),
    "without names nearby": partial(without, Source.NEAR, Source.SCOPE, Source.ATTRIBUTE),
    "with what stands below": nullcontext,
}
BELOW = "with what stands below"
