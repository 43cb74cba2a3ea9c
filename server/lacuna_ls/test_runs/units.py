"""The parts of a file that change one by one: each function's body, and what runs when it is loaded.

A function is its outermost definition with all that stands in it; definitions of one name are one.
What stands outside of bodies (decorators, parameters with their defaults, class bodies, constants)
is the part that everybody has who imports the file. Digests are of the syntax: comments and layout
do not count.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, span_of
from lacuna_ls.test_runs.same_code import syntax

LOADING = ""
"""The name of what runs when the file is loaded."""

_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Units:
    """Digests by name, such as `Cart.total`; and where the functions stand, as (line, end, name).

    Lines are zero-based, in ascending order, decorators included. A text with syntax errors has one
    unit, and no functions.
    """

    digests: Mapping[str, str]
    functions: tuple[tuple[int, int, str], ...]

    def at(self, line: int) -> str:
        """The unit of the code object that starts on a line."""
        index = bisect_right(self.functions, (line, 1 << 60, "")) - 1
        if index >= 0 and line < self.functions[index][1]:
            return self.functions[index][2]
        return LOADING


def units(data: bytes, language: Language) -> Units:
    """The units of a text."""
    document = open_document("", 0, language, data)
    if document.tree is None or document.tree.root_node.has_error or not language.function_nodes:
        return Units({LOADING: text_digest(data)}, ())
    functions = sorted(_functions(document.tree.root_node, data, language))
    hashes = {name: blake2b(digest_size=_DIGEST_BYTES) for _, _, _, name in functions}
    loading = hashes[LOADING] = blake2b(digest_size=_DIGEST_BYTES)
    index, top, entered = 0, 0, -1
    for depth, kind, text, start in syntax(document.tree, data, language):
        while index < len(functions) and start >= functions[index][0].end:
            index += 1
        inside = index < len(functions) and start >= functions[index][0].start
        if inside and entered != index:
            # Decorated or not, a body is the same.
            top, entered = depth, index
        digest = hashes[functions[index][3]] if inside else loading
        level = depth - top if inside else depth
        digest.update(b"%d %s %s\0" % (level, kind.encode(), text))
    digests = {name: found.hexdigest() for name, found in hashes.items()}
    return Units(digests, tuple((first, end, name) for _, first, end, name in functions))


def text_digest(data: bytes) -> str:
    """The digest of a file of which all counts."""
    return blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


def _functions(root: Node, data: bytes, language: Language) -> Iterator[tuple[Span, int, int, str]]:
    """Body, first line, line behind the last one and name of each outermost function."""
    waiting = [(root, "")]
    while waiting:
        node, scope = waiting.pop()
        if node.type in language.definition_nodes:
            name = node.child_by_field_name("name")
            own = data[name.start_byte : name.end_byte].decode("utf-8", "replace") if name else ""
            scope = f"{scope}.{own}" if scope else own
        body = node.child_by_field_name("body")
        if node.type in language.function_nodes and body is not None:
            first = _with_decorators(node).start_point.row
            yield span_of(body), first, node.end_point.row + 1, scope
        else:
            waiting += [(child, scope) for child in node.named_children]


def _with_decorators(function: Node) -> Node:
    """A decorated function starts with its decorators, as its code object does."""
    outer = function.parent
    if outer is not None and outer.child_by_field_name("definition") == function:
        return outer
    return function
