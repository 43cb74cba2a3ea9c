"""Variables that may have no value, where it makes no difference."""

from collections.abc import Iterable

from lacuna_ls.analysis.control_flow import RAISED, Edge, EdgeKind
from lacuna_ls.analysis.scopes import AccessKind
from lacuna_ls.domain.text import Span
from lacuna_ls.extraction.region import Region
from lacuna_ls.syntax.nodes import Node, covering


def fails_at_once(region: Region, steps: Iterable[int], name: str) -> bool:
    """Whether `name` is read, from each of the steps on, before anything that could be noticed.

    Then code that finds no value there fails in the call, or right before it, in the same way.
    """
    graph = region.flow.graph
    pending = list(steps)
    seen: set[int] = set()
    suite = {_suite(region, step) for step in region.entries}
    if any(_is_caught(region, step) for step in region.steps):
        return False
    while pending:
        step = pending.pop()
        if step > RAISED and _suite(region, step) not in suite:
            return False  # a context manager in between would see the difference
        if step in seen or _reads(region, step, name):
            seen.add(step)
            continue
        following = [e.target for e in graph.edges if e.source == step and _is_plain(e)]
        if step <= RAISED or not following or not _is_quiet(region, step, name):
            return False
        seen.add(step)
        pending += following
    return not any(_is_caught(region, step) for step in seen)


def _suite(region: Region, step: int) -> Node | None:
    """The statements that the one of the step stands among."""
    start = region.flow.graph.steps[step].start
    node: Node | None = covering(region.unit.node, Span(start, start + 1))
    while node is not None and node.type != region.unit.body.type:
        node = node.parent
    return node


def _is_plain(edge: Edge) -> bool:
    return edge.kind is EdgeKind.NORMAL


def _is_caught(region: Region, step: int) -> bool:
    return any(early for _, early in region.flow.successors[step])


def _reads(region: Region, index: int, name: str) -> bool:
    step = region.flow.graph.steps[index]
    read = next((a for a in step.accesses if a.name == name), None)
    if read is None or read.kind is not AccessKind.READ or not read.certain:
        return False
    return (
        region.unit.spelling.reads_only.fullmatch(_text(region, step.start, read.offset))
        is not None
    )


def _is_quiet(region: Region, index: int, name: str) -> bool:
    """Whether nothing but local variables, and not this one, is read and set by the step."""
    step = region.flow.graph.steps[index]
    if not step.accesses or any(a.name == name for a in step.accesses):
        return False
    return region.unit.spelling.plain.fullmatch(_text(region, step.start, step.end)) is not None


def _text(region: Region, start: int, end: int) -> bytes:
    offset = region.unit.node.start_byte
    return (region.unit.node.text or b"")[start - offset : end - offset]
