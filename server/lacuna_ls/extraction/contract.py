"""What a new function takes and gives back, or why the code cannot become one.

Over the graph of the function around: parameters are the live-in locals; results are the names
assigned inside and live after. A name assigned on some paths only goes in and comes back, if it is
bound before. What cannot be kept as it was is refused, with the name and the line.

Taken for granted: a context manager lets exceptions pass unless its name says otherwise, and the
variables of functions around are bound when the function inside runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from lacuna_ls.analysis.control_flow import ENTRY, EXIT, EdgeKind
from lacuna_ls.analysis.data_flow import perhaps_touched, reachable
from lacuna_ls.analysis.scopes import AccessKind
from lacuna_ls.analysis.traits import Return, Traits
from lacuna_ls.analysis.unit import Receiver
from lacuna_ls.analysis.writing import Early
from lacuna_ls.extraction.boundness import fails_at_once
from lacuna_ls.extraction.region import Region


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, in a sentence for the user that names the variable and the line."""

    reason: str


class RefusedError(Exception):
    """Internal to the engine: carries a reason out of the analysis."""


class Result(Enum):
    """What becomes of the call's value: nothing, assigned, returned, or used in an expression."""

    NOTHING = auto()
    ASSIGNED = auto()
    RETURNED = auto()
    VALUE = auto()


@dataclass(frozen=True, slots=True)
class Contract:
    """The signature of the new function and the use of its call.

    `parameters` excludes the receiver. `declared_global` names need a declaration in the new
    function, `kept_global` ones a declaration that stays behind. `free` are the names that the new
    function finds in the module or among the builtins.
    """

    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    result: Result
    receiver: Receiver | None = None
    is_async: bool = False
    is_generator: bool = False
    declared_global: tuple[str, ...] = ()
    kept_global: tuple[str, ...] = ()
    free: frozenset[str] = frozenset()
    early: Early | None = None
    returns: tuple[Return, ...] = ()
    generic: tuple[str, ...] = ()


CAPTURES = (AccessKind.CAPTURE, AccessKind.CAPTURE_WRITE)
LineOf = Callable[[int], int]
"""One-based line of a byte offset."""


def contract_of_statements(region: Region, traits: Traits, line_of: LineOf) -> Contract:
    """The contract of turning a region of a function into a function.

    Raises:
        RefusedError: it cannot move, with the reason.
    """
    refuse_hazards(traits, line_of)
    refuse_shared_variables(region, line_of)
    _refuse_visible_to_handlers(region, line_of)
    is_returned = bool(traits.returns) and all(e.target == EXIT for e in region.falls_through)
    outputs = 0 if is_returned else _outputs(region, line_of)
    early = None if is_returned else _early(traits.returns, outputs)
    parameters = _parameters(region, outputs, line_of)
    names = region.members(parameters)
    receiver = receiver_for(region, traits, names, line_of)
    if receiver is not None:
        parameters &= ~region.flow.sets.bits((receiver.name,))
    generic = generic_among(region, names)
    parameters &= ~region.flow.sets.bits(generic)
    declared, kept = _globals(region)
    assigned = Result.ASSIGNED if outputs else Result.NOTHING
    return Contract(
        parameters=region.ordered(parameters),
        outputs=region.ordered(outputs, AccessKind.WRITE),
        result=Result.RETURNED if is_returned else assigned,
        receiver=receiver,
        is_async=traits.awaits,
        is_generator=bool(traits.yields),
        declared_global=declared,
        kept_global=kept,
        free=frozenset([a.name for a in region.accesses]) - region.unseen,
        early=early,
        returns=traits.returns if early else (),
        generic=generic,
    )


def generic_among(region: Region, names: frozenset[str]) -> tuple[str, ...]:
    """Type parameters of the host among the names: the new function has them as well."""
    return tuple(name for name, _ in region.unit.generic if name in names)


def refuse_hazards(traits: Traits, line_of: LineOf) -> None:
    for hazard in traits.hazards:
        raise RefusedError(f"Line {line_of(hazard.offset)} {hazard.reason}.")


def refuse_shared_variables(region: Region, line_of: LineOf) -> None:
    """Refuse where a nested function and the code around would no longer share a variable."""
    refuse_shared_with_functions_around(region, line_of)
    graph = region.flow.graph
    if not any(a.kind in CAPTURES for step in graph.steps for a in step.accesses):
        return
    touched, used = region.touched, region.flow.sets.bits(a.name for a in region.accesses)
    later = reachable(region.flow, [s for s in region.steps if _captures(region, s)])
    for index, step in enumerate(graph.steps):
        before = _reaches_region(region, index)
        for access in step.accesses:
            bit = region.flow.sets.bits((access.name,))
            line = line_of(access.offset)
            if index not in region.steps:
                captured = access.kind in CAPTURES
                if captured and before and bit & touched:
                    raise RefusedError(
                        f"Variable `{access.name}` is shared with the nested function on line "
                        f"{line}, and the selection assigns it."
                    )
                if access.kind is AccessKind.CAPTURE_WRITE and before and bit & used:
                    raise RefusedError(
                        f"The nested function on line {line} assigns `{access.name}`, which the "
                        "selection uses."
                    )
                if index in later and access.kind in (AccessKind.WRITE, AccessKind.DELETE):
                    _refuse_if_captured(region, access.name, line)
            elif access.kind is AccessKind.CAPTURE_WRITE and bit:
                outside = region.perhaps_before() | region.live_after() | ~region.touched
                if bit & outside:
                    raise RefusedError(
                        f"Line {line} assigns `{access.name}` from a nested function, and it is "
                        "used outside the selection."
                    )


def _captures(region: Region, step: int) -> bool:
    return any(a.kind in CAPTURES for a in region.flow.graph.steps[step].accesses)


def _reaches_region(region: Region, step: int) -> bool:
    has_capture = _captures(region, step)
    return has_capture and bool(reachable(region.flow, [step]) & region.steps)


def _refuse_if_captured(region: Region, name: str, line: int) -> None:
    if any(a.name == name and a.kind in CAPTURES for a in region.accesses):
        raise RefusedError(
            f"A nested function in the selection uses `{name}`, which line {line} assigns again."
        )


def refuse_shared_with_functions_around(region: Region, line_of: LineOf) -> None:
    """Refuse where a variable of a function around would be copied and may change meanwhile."""
    if not region.unit.enclosing:
        return
    nonlocal_names = region.unit.bindings().nonlocal_names
    around = {n: e for e in reversed(region.unit.enclosing) for n in e.bindings.bound}
    own = region.unit.bindings().bound
    for access in region.accesses:
        if access.name in own or access.name not in around:
            continue
        line = line_of(access.offset)
        if access.name in nonlocal_names or access.name in around[access.name].rebound:
            raise RefusedError(
                f"Variable `{access.name}` on line {line} is shared between nested functions, "
                "one of which assigns it."
            )
        if access.kind in (AccessKind.CAPTURE, AccessKind.CAPTURE_WRITE):
            raise RefusedError(
                f"Line {line} keeps a reference to `{access.name}` of the function around."
            )


def _refuse_visible_to_handlers(region: Region, line_of: LineOf) -> None:
    """Refuse if an exception would let a handler see an assignment that now stays inside."""
    early = [e for e in region.leaving if e.kind is not EdgeKind.NORMAL]
    early = [e for e in early if region.touched & region.live[e.target]]
    written = perhaps_touched(region.flow, region.entries, region.steps) if early else []
    for edge in early:
        state = written[edge.source]
        if edge.kind is not EdgeKind.EXCEPTION:
            state |= region.flow.transfers[edge.source].touched
        seen = region.ordered(state & region.live[edge.target])
        if seen:
            line = line_of_write(region, seen[0], line_of)
            raise RefusedError(
                f"Variable `{seen[0]}`, assigned on line {line}, is read after an exception or "
                "return leaves the selection."
            )


def line_of_write(region: Region, name: str, line_of: LineOf) -> int:
    writes = (AccessKind.WRITE, AccessKind.DELETE)
    return line_of(min(a.offset for a in region.accesses if a.name == name and a.kind in writes))


def _early(returns: tuple[Return, ...], outputs: int) -> Early | None:
    if not returns:
        return None
    if outputs:
        return Early.FLAGGED
    if all(found.is_nothing for found in returns):
        return Early.GUARD
    return Early.VALUE if all(found.is_something for found in returns) else Early.FLAGGED


def _outputs(region: Region, line_of: LineOf) -> int:
    outputs = region.live_after() & region.touched
    ends = {edge.target for edge in region.falls_through}
    unsure = region.ordered(outputs & ~region.sure_after())
    if unsure and not all(fails_at_once(region, ends, name) for name in unsure):
        line = line_of_write(region, unsure[0], line_of)
        raise RefusedError(
            f"Variable `{unsure[0]}` may be unbound after the selection (see line {line}), and is "
            "used there."
        )
    return outputs


def _parameters(region: Region, outputs: int, line_of: LineOf) -> int:
    exposed = region.exposed()
    touched = region.touched
    bound = region.perhaps_before(exposed & touched | outputs)
    wanted = exposed & (bound | ~touched) | outputs & ~region.sure_by_itself() & bound
    unsure = region.ordered(wanted & ~region.sure_before())
    if unsure and not all(fails_at_once(region, region.entries, name) for name in unsure):
        offset = min(a.offset for a in region.accesses if a.name == unsure[0])
        raise RefusedError(
            f"Variable `{unsure[0]}`, used on line {line_of(offset)}, may be unbound before the "
            "selection."
        )
    return wanted


def receiver_for(
    region: Region, traits: Traits, names: frozenset[str], line_of: LineOf
) -> Receiver | None:
    """The receiver if the new function has to be, or is best, a method of the same class."""
    receiver = region.unit.receiver
    if receiver is not None:
        everywhere = frozenset(range(len(region.flow.transfers)))
        written = perhaps_touched(region.flow, [ENTRY], everywhere)
        bit = region.flow.sets.bits((receiver.name,))
        if any(written[entry] & bit for entry in region.entries):
            receiver = None
    if receiver is not None and (receiver.name in names or traits.class_bound):
        return receiver
    if traits.class_bound:
        raise RefusedError(
            f"Line {line_of(traits.class_bound.offset)} {traits.class_bound.reason}, which only "
            "means the same in a method of its class."
        )
    return None


def _globals(region: Region) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Declarations that the new function needs, and those that must not leave the old one."""
    writes = (AccessKind.WRITE, AccessKind.DELETE)
    written = {a.name for a in region.accesses if a.kind in writes}
    declared_inside = {a.name for a in region.accesses if a.kind is AccessKind.GLOBAL}
    needed = (written & region.unit.bindings().global_names) - declared_inside
    if not declared_inside:
        return tuple(sorted(needed)), ()
    outside = {
        a.name
        for index, step in enumerate(region.flow.graph.steps)
        if index not in region.steps
        for a in step.accesses
    }
    return tuple(sorted(needed)), tuple(sorted(declared_inside & outside))
