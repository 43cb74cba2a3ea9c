"""The contract of statements of the module itself, whose variables anybody may read.

A variable that only the module's own statements use becomes a result like any other. One that a
function reads, that is set on some paths only, or that is set before something may fail stays a
global of the new function: after an exception the module's names are there to be seen. So do
functions and classes, whose qualified names stay the same that way.
"""

import re

from lacuna_ls.analysis.control_flow import EdgeKind
from lacuna_ls.analysis.data_flow import perhaps_touched
from lacuna_ls.analysis.scopes import AccessKind
from lacuna_ls.analysis.selection import SelectedStatements
from lacuna_ls.analysis.traits import Traits
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.domain.text import Span
from lacuna_ls.extraction.contract import (
    CAPTURES,
    Contract,
    LineOf,
    RefusedError,
    Result,
)
from lacuna_ls.extraction.region import Region
from lacuna_ls.syntax.nodes import Node, ancestors, covering


def contract_of_module_statements(
    region: Region,
    selected: SelectedStatements,
    root: Node,
    data: bytes,
    traits: Traits,
    line_of: LineOf,
) -> Contract:
    """The contract of statements without hazards.

    `region.unit.block` holds the selected statements only.

    Raises:
        RefusedError: they cannot move, with the reason.
    """
    for access in region.accesses:
        if access.kind is AccessKind.GLOBAL:
            raise RefusedError(f"Line {line_of(access.offset)} declares a global of the module.")
    touched = region.touched
    names = region.members(touched)
    accessed = frozenset(a.name for a in region.accesses)
    simple = (
        not traits.definitions
        and not touched & ~region.sure_by_itself()
        and not touched & region.exposed()
        and not any(a.kind in CAPTURES and a.name in names for a in region.accesses)
        and not _set_before_failing(region)
        and "globals" not in accessed
        and not any(
            _used_in_a_function(region.unit, root, data, selected.span, name) for name in names
        )
    )
    return Contract(
        parameters=(),
        outputs=region.ordered(touched, AccessKind.WRITE) if simple else (),
        result=Result.ASSIGNED if simple and touched else Result.NOTHING,
        declared_global=() if simple else region.ordered(touched),
        free=accessed - names if simple else accessed,
    )


def _set_before_failing(region: Region) -> bool:
    """Whether an exception may leave the region once a name of the module has changed."""
    touched = perhaps_touched(region.flow, region.entries, region.steps)
    for edge in region.leaving:
        if edge.kind in (EdgeKind.EXCEPTION, EdgeKind.RAISE) and touched[edge.source]:
            return True
        late = edge.kind is EdgeKind.RAISE and region.flow.transfers[edge.source].touched
        if late:
            return True
    return False


def _used_in_a_function(unit: Unit, root: Node, data: bytes, piece: Span, name: str) -> bool:
    scopes = unit.spelling.scope_nodes
    for match in re.finditer(rb"\b%s\b" % re.escape(name.encode()), data):
        found = Span(*match.span())
        if piece.contains(found):
            continue
        node = covering(root, found, named=False)
        if any(above.type in scopes for above in ancestors(node)):
            return True
    return False
