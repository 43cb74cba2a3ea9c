"""The contract of turning one expression into a function that returns it."""

from dataclasses import replace

from lacuna_ls.analysis.data_flow import reachable
from lacuna_ls.analysis.scopes import AccessKind
from lacuna_ls.analysis.selection import SelectedExpression
from lacuna_ls.analysis.traits import Traits
from lacuna_ls.analysis.unit import UnitKind
from lacuna_ls.extraction.contract import (
    CAPTURES,
    Contract,
    LineOf,
    RefusedError,
    Result,
    generic_among,
    receiver_for,
    refuse_hazards,
    refuse_shared_with_functions_around,
)
from lacuna_ls.extraction.region import Region, in_order


def contract_of_expression(
    region: Region, selected: SelectedExpression, traits: Traits, line_of: LineOf
) -> Contract:
    """The contract of the expression; `region` is the step that evaluates it.

    The call is evaluated when and as often as the expression was, so its arguments have the values
    that the expression would have read. Names of comprehensions and lambdas around are arguments.

    Raises:
        RefusedError: it cannot move, with the reason.
    """
    if selected.hazard:
        traits = replace(traits, hazards=(selected.hazard, *traits.hazards))
    refuse_hazards(traits, line_of)
    if traits.yields:
        raise RefusedError(f"Line {line_of(traits.yields[0])} yields in the expression.")
    assigned, read_before = _assigned(region, selected, line_of)
    region = replace(region, accesses=selected.accesses)
    refuse_shared_with_functions_around(region, line_of)
    names = frozenset(a.name for a in selected.accesses) & (region.unseen | selected.inner)
    names -= assigned - read_before
    own = names - selected.inner
    if region.unit.kind is UnitKind.FUNCTION:
        _refuse_unbound(region, own, line_of)
        _refuse_kept_references(region, own, line_of)
    receiver = receiver_for(region, traits, own, line_of)
    if receiver is not None:
        if receiver.name in selected.inner:
            raise RefusedError(f"`{receiver.name}` means something else here.")
        names -= {receiver.name}
    generic = generic_among(region, own)
    return Contract(
        parameters=in_order(names - set(generic), selected.accesses),
        outputs=(),
        result=Result.VALUE,
        receiver=receiver,
        is_async=traits.awaits,
        free=frozenset(a.name for a in selected.accesses) - region.unseen - selected.inner,
        generic=generic,
    )


def _assigned(
    region: Region, selected: SelectedExpression, line_of: LineOf
) -> tuple[frozenset[str], frozenset[str]]:
    """Names that the expression sets for itself alone, and those that it reads before all the same.

    Raises:
        RefusedError: it sets one that something else may read.
    """
    kinds = (AccessKind.WRITE, AccessKind.CAPTURE_WRITE)
    written = {a.name: a for a in reversed(selected.accesses) if a.kind in kinds}
    if not written:
        return frozenset(), frozenset()
    inside = {a.offset for a in selected.accesses}
    steps = (region.flow.graph.steps[step] for step in region.steps)
    rest = frozenset(a.name for s in steps for a in s.accesses if a.offset not in inside)
    needed = region.members(_live_outside(region)) | rest | selected.inner
    certain: set[str] = set()
    early: set[str] = set()
    for access in selected.accesses:
        if access.kind is AccessKind.WRITE and access.certain:
            certain.add(access.name)
        elif access.kind not in kinds and access.name not in certain:
            early.add(access.name)
    captured = {a.name for s in region.flow.graph.steps for a in s.accesses if a.kind in CAPTURES}
    needed |= captured
    for name, access in written.items():
        local = name in region.unit.bindings().bound and region.unit.kind is UnitKind.FUNCTION
        if not local or name in needed or access.kind is AccessKind.CAPTURE_WRITE:
            raise RefusedError(f"The expression assigns `{name}` on line {line_of(access.offset)}.")
    bound = region.members(region.perhaps_before())
    return frozenset(written), frozenset(early & written.keys() & bound)


def _live_outside(region: Region) -> int:
    bits = 0
    for edge in region.leaving:
        bits |= region.live[edge.target]
    return bits


def _refuse_unbound(region: Region, names: frozenset[str], line_of: LineOf) -> None:
    if not region.steps:
        raise RefusedError("The expression is not evaluated by a statement of the function.")
    unsure = in_order(
        names - region.members(region.sure_before()) - region.unit.bindings().global_names,
        region.accesses,
    )
    if unsure:
        line = line_of(min(a.offset for a in region.accesses if a.name == unsure[0]))
        raise RefusedError(
            f"Variable `{unsure[0]}`, used on line {line}, may be unbound when the expression is "
            "evaluated."
        )


def _refuse_kept_references(region: Region, names: frozenset[str], line_of: LineOf) -> None:
    """A lambda that moves would keep the argument's value, not the variable."""
    kept = {a.name for a in region.accesses if a.kind in CAPTURES} & names
    later = reachable(region.flow, region.steps) | region.steps
    for index, step in enumerate(region.flow.graph.steps):
        for access in step.accesses:
            shared = access.kind is AccessKind.CAPTURE_WRITE and access.name in names
            writes = access.kind in (AccessKind.WRITE, AccessKind.DELETE)
            if shared or (index in later and writes and access.name in kept):
                raise RefusedError(
                    f"Variable `{access.name}`, which a nested function uses, is assigned on line "
                    f"{line_of(access.offset)}."
                )
