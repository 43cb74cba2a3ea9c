"""The last word before an extraction is offered: the result, parsed and analysed again."""

from lacuna_ls.analysis.semantics import Semantics
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.domain.text import Span
from lacuna_ls.extraction.contract import Contract
from lacuna_ls.extraction.region import unseen_names
from lacuna_ls.extraction.rewrite import Rewrite
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import Node, covering


def broken_promise(
    changed: Document,
    semantics: Semantics,
    before: Unit,
    contract: Contract,
    name: str,
    written: Rewrite,
) -> str | None:
    """What the result does not keep, in a sentence; `None` if it keeps everything."""
    tree = changed.tree
    assert tree is not None
    shift = 0
    if written.call.span.start < written.function.span.start:
        shift = len(written.call.new) - len(written.call.span)
    at = written.function.span.start + shift
    inserted = Span(at, at + len(written.function.new))
    definition = _definition(tree.root_node, changed.data, inserted, name)
    helper = semantics.unit_of(definition) if definition else None
    call = covering(tree.root_node, Span(written.rename_at, written.rename_at + len(name)))
    host = semantics.unit_at(call)
    if helper is None or host is None:
        return "The result would not be valid syntax."
    owned = helper.bindings()
    free = {a.name for a in helper.accesses()} - owned.bound
    strange = free - contract.free - owned.global_names
    if strange:
        return f"The new function would not find `{min(strange)}`."
    return _changed_scope(before, host)


def _definition(root: Node, data: bytes, inserted: Span, name: str) -> Node | None:
    offset = data.find(name.encode(), inserted.start, inserted.end)
    if offset < 0:
        return None
    named = covering(root, Span(offset, offset + len(name)))
    parent = named.parent
    is_definition = parent is not None and parent.child_by_field_name("name") == named
    return parent if is_definition else None


def _changed_scope(before: Unit, host: Unit) -> str | None:
    """Names that the code left behind uses must still be found where they were."""
    was, now = unseen_names(before), unseen_names(host)
    lost = {a.name for a in host.accesses()} & was - now
    return f"`{min(lost)}` would no longer be a local variable." if lost else None
