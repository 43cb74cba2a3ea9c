"""Variables that may have no value, where it makes no difference."""

import re
from collections.abc import Iterable

from lacuna_ls.analysis.control_flow import RAISED
from lacuna_ls.analysis.scopes import AccessKind
from lacuna_ls.extraction.region import Region

# Names, what they are looked up in, and brackets that open: nothing that could have an effect.
_HARMLESS = re.compile(rb"[\w\s.,(\[{=]*")


def fails_at_once(region: Region, steps: Iterable[int], name: str) -> bool:
    """Whether each of the steps reads `name` before it does anything else that could be noticed.

    Then code that finds no value there fails in the call, or right before it, in the same way.
    """
    reading = tuple(steps)
    caught = any(_catchers(region, step) for step in (*reading, *region.steps))
    return not caught and all(_reads(region, step, name) for step in reading)


def _catchers(region: Region, step: int) -> set[int]:
    return {target for target, early in region.flow.successors[step] if early} - {RAISED}


def _reads(region: Region, index: int, name: str) -> bool:
    step = region.flow.graph.steps[index]
    read = next((a for a in step.accesses if a.name == name), None)
    if read is None or read.kind is not AccessKind.READ or not read.certain:
        return False
    start = region.unit.node.start_byte
    text = (region.unit.node.text or b"")[step.span.start - start : read.offset - start]
    return _HARMLESS.fullmatch(text) is not None
