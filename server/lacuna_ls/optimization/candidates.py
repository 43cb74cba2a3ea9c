"""Texts of a file in which one function is written otherwise: idioms, alone and one upon another.

What one idiom leaves, another may take further: a loop over indices becomes one over elements, and
that a call. So candidates are closed under the idioms up to a depth, most gain first; nothing is run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from lacuna_ls.domain.text import Source, TextEdit, apply_edits
from lacuna_ls.optimization.idiom import Idiom, Rewrite, Site, rewrites, site_of, with_imports
from lacuna_ls.optimization.pattern import text_of
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, preorder, span_of
from lacuna_ls.verification.callables import callable_at

_MAX_DEPTH = 4
_MAX_TEXTS = 40
_LOOPS = frozenset((
    "for_statement", "while_statement", "list_comprehension", "generator_expression",
    "set_comprehension", "dictionary_comprehension",
))  # fmt: skip
# Builtins that go through all of what they are given.
_REPEATING = frozenset(("sum", "map", "filter", "sorted", "max", "min", "range"))


@dataclass(frozen=True, slots=True)
class Speedup:
    """`data` is the whole file; `summaries` say what was done, in order. `factor` is a guess.

    `written_by` names the model that wrote it, if one did.
    """

    data: bytes
    summaries: tuple[str, ...]
    factor: float
    written_by: str = ""


def idioms_of(language: Language | None) -> tuple[Idiom, ...]:
    if language is None or language.idioms is None:
        return ()
    found = import_module(language.idioms).IDIOMS
    assert isinstance(found, tuple)
    return found


def candidates(data: bytes, name: str, language: Language, limit: int) -> tuple[Speedup, ...]:
    """At most `limit` rewrites of the function `name`, the most promising first."""
    idioms = idioms_of(language)
    known: dict[bytes, Speedup] = {data: Speedup(data, (), 1.0)}
    front = [known[data]]
    for _ in range(_MAX_DEPTH):
        following: list[Speedup] = []
        for base in front:
            for each in _next(base, name, language, idioms):
                if each.data not in known and len(known) < _MAX_TEXTS:
                    known[each.data] = each
                    following.append(each)
        if not following:
            break
        front = sorted(following, key=lambda each: -each.factor)
    found = [each for each in known.values() if each.summaries]
    return tuple(sorted(found, key=lambda each: (-each.factor, len(each.data), each.data))[:limit])


def worth_a_search(function: Node, language: Language) -> bool:
    """Whether it repeats anything, a loop, a comprehension, or itself; and is no test."""
    if not idioms_of(language) or re.match(language.own_test or "(?!)", text_of(function)):
        return False
    name = function.child_by_field_name("name")
    called = [text_of(node.children[0]) for node in preorder(function) if node.type == "call"]
    if name is not None and text_of(name) in called:
        return True
    return not _REPEATING.isdisjoint(called) or any(
        node.type in _LOOPS for node in preorder(function)
    )


def function_named(root: Node, name: str, language: Language) -> Node | None:
    """The definition with this qualified name that counts: the last one."""
    types = frozenset(language.function_nodes)
    found = None
    for node in preorder(root):
        if node.type in types:
            outer = callable_at(root, span_of(node), types)
            if outer is not None and outer.node == node and outer.name == name:
                found = node
    return found


def _next(base: Speedup, name: str, language: Language, idioms: Sequence[Idiom]) -> list[Speedup]:
    """One step from a text: all of its places at once, then each alone."""
    root = parse(base.data, language).root_node
    function = function_named(root, name, language)
    if root.has_error or function is None:
        return []
    site = site_of(Source.of(base.data), root, function, language)
    found = [each for idiom in idioms for each in rewrites(idiom, site)]
    found.sort(key=lambda each: -each.factor)
    together = _disjoint(found)
    sets = (
        [together, *([each] for each in found)] if len(together) > 1 else [[each] for each in found]
    )
    return [_applied(base, each, site) for each in sets if each]


def _disjoint(found: Sequence[Rewrite]) -> list[Rewrite]:
    taken: list[Rewrite] = []
    for each in found:
        if not any(each.edit.span.overlaps(other.edit.span) for other in taken):
            taken.append(each)
    return taken


def _applied(base: Speedup, found: Sequence[Rewrite], site: Site) -> Speedup:
    edits: list[TextEdit] = [each.edit for each in found]
    imports = tuple(module for each in found for module in each.imports)
    data = with_imports(apply_edits(base.data, edits), imports, site)
    factor = base.factor
    for each in found:
        factor *= each.factor
    done = tuple(dict.fromkeys((*base.summaries, *(each.summary for each in found))))
    return Speedup(data, done, factor)
