"""The contract of statements of a class body, whose variables are the attributes of the class.

Each variable that they set is a result: whatever is bound at the end of the body can be seen from
outside. A name that the body has not bound yet is looked up in the module, so nothing may be read
of which it depends on the path where it comes from.
"""

from lacuna_ls.analysis.control_flow import RAISED
from lacuna_ls.analysis.scopes import AccessKind
from lacuna_ls.analysis.traits import Traits
from lacuna_ls.extraction.contract import (
    Contract,
    LineOf,
    RefusedError,
    Result,
    line_of_write,
    refuse_hazards,
    refuse_shared_with_functions_around,
)
from lacuna_ls.extraction.region import Region

_DECLARED = (AccessKind.GLOBAL, AccessKind.NONLOCAL, AccessKind.DECLARE)


def contract_of_class_statements(region: Region, traits: Traits, line_of: LineOf) -> Contract:
    """The contract of turning statements of a class body into a function of the module.

    Raises:
        RefusedError: they cannot move, with the reason.
    """
    refuse_hazards(traits, line_of)
    if traits.class_bound:
        line = line_of(traits.class_bound.offset)
        raise RefusedError(f"Line {line} {traits.class_bound.reason} of the class.")
    for access in region.accesses:
        if access.kind in _DECLARED:
            raise RefusedError(f"Line {line_of(access.offset)} declares `{access.name}`.")
    refuse_shared_with_functions_around(region, line_of)
    outputs = _outputs(region, line_of)
    parameters = _parameters(region, outputs, line_of)
    return Contract(
        parameters=region.ordered(parameters),
        outputs=region.ordered(outputs, AccessKind.WRITE),
        result=Result.ASSIGNED if outputs else Result.NOTHING,
        free=frozenset(a.name for a in region.accesses) - region.unseen,
    )


def _outputs(region: Region, line_of: LineOf) -> int:
    """What the statements bind; what they bind and delete again stays inside."""
    touched = region.touched
    inside = touched & ~region.perhaps_after() & ~region.perhaps_before()
    outputs = touched & ~inside
    caught = any(e.target != RAISED for e in region.leaving if e not in region.falls_through)
    unsure = region.ordered(outputs if caught else outputs & ~region.sure_after())
    if unsure:
        raise RefusedError(
            f"Attribute `{unsure[0]}`, set on line {line_of_write(region, unsure[0], line_of)}, "
            "may be unbound after the selection."
        )
    return outputs


def _parameters(region: Region, outputs: int, line_of: LineOf) -> int:
    wanted = region.exposed() | outputs & ~region.sure_by_itself()
    unsure = region.ordered(wanted & ~region.sure_before())
    if unsure:
        line = line_of(min(a.offset for a in region.accesses if a.name == unsure[0]))
        raise RefusedError(
            f"`{unsure[0]}`, used on line {line}, may be an attribute of the class or a variable "
            "from outside."
        )
    return wanted
