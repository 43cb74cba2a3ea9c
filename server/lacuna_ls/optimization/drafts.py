"""From what a model wrote to the text of the file with one function written otherwise.

What counts of a reply is the definition of the function, with what it needs beside it: imports of the
standard library, and functions of its own. Nothing else at the top of a module is taken over: what is
kept there outlives a call, and would look like a speed-up.
"""

import re
from importlib import import_module

from lacuna_ls.domain.text import Source, Span, TextEdit, apply_edits, decode, encode
from lacuna_ls.optimization.candidates import function_named
from lacuna_ls.optimization.idiom import first_place, parameters
from lacuna_ls.optimization.pattern import text_of
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.imports import mentioned_modules
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, ancestors, preorder
from lacuna_ls.verification.replies import Unusable, read_reply

_IMPORTS = ("import_statement", "import_from_statement")


def drafted(reply: str, data: bytes, name: str, language: Language) -> bytes | Unusable:
    """The file with the function `name` as the reply has it, or why that cannot be made."""
    read = read_reply(reply, _fences(language))
    if isinstance(read, Unusable):
        return read
    problem = Unusable.ELSEWHERE
    # A reply often repeats the old code first, and ends with the new one.
    for block in reversed(read.blocks):
        made = _with_block(encode(block), data, name, language)
        if not isinstance(made, Unusable):
            return made
        if problem is Unusable.ELSEWHERE:
            problem = made
    return problem


def _fences(language: Language) -> frozenset[str]:
    suffixes = (suffix.lstrip(".") for suffix in language.suffixes)
    return frozenset(("", language.name, f"{language.name}3", *language.language_ids, *suffixes))


def _with_block(block: bytes, data: bytes, name: str, language: Language) -> bytes | Unusable:
    root, written = parse(data, language).root_node, parse(block, language).root_node
    if written.has_error:
        return Unusable.UNPARSEABLE
    old = function_named(root, name, language)
    new = None if old is None else _definition(written, name, old, language)
    if old is None or new is None:
        return Unusable.ELSEWHERE
    if _parameter_names(old) != _parameter_names(new):
        return Unusable.OTHER_PARAMETERS
    beside = _functions_beside(new, written, root, language)
    if _is_foreign([new, *beside, *_imports(written)], data, language):
        return Unusable.FOREIGN_IMPORT
    source = Source.of(data)
    margin = _margin(old, source)
    text = _renamed(_moved(new, Source.of(block), margin), new, old)
    text = _documented(text, new, old, source)
    if text == source.text(Span(old.start_byte, old.end_byte)):
        return Unusable.UNCHANGED
    outer = _outermost(old)
    edits = [TextEdit(Span(old.start_byte, old.end_byte), encode(text))]
    if beside:
        functions = "".join(f"{text_of(each)}\n\n\n" for each in beside)
        edits.append(TextEdit(Span(outer.start_byte, outer.start_byte), encode(functions)))
    imports = _missing_imports(written, root)
    if imports:
        at = first_place(root)
        edits.append(TextEdit(Span(at, at), encode("".join(f"{each}\n" for each in imports))))
    if beside and imports and first_place(root) == outer.start_byte:
        edits[-2:] = [TextEdit(edits[-1].span, edits[-1].new + b"\n\n" + edits[-2].new)]
    made = apply_edits(data, sorted(edits, key=lambda each: each.span))
    return Unusable.UNPARSEABLE if parse(made, language).root_node.has_error else made


def _definition(root: Node, name: str, old: Node, language: Language) -> Node | None:
    """The last definition by this name, in the class that it belongs to or on its own.

    Where there is none, the only function with the same parameters: names are misspelt easily.
    """
    own = function_named(root, name, language) or function_named(
        root, name.rpartition(".")[2], language
    )
    if own is not None:
        return own
    types = frozenset(language.function_nodes)
    alike = [
        child
        for child in root.named_children
        if child.type in types and _parameter_names(child) == _parameter_names(old) != []
    ]
    return alike[0] if len(alike) == 1 else None


def _parameter_names(function: Node) -> list[str]:
    return [text_of(each) for each in parameters(function)]


def _is_foreign(kept: list[Node], data: bytes, language: Language) -> bool:
    """Whether it imports what neither the file nor every installation has."""
    is_standard = import_module(language.idioms).is_standard if language.idioms else None
    known = {each.partition(".")[0] for each in mentioned_modules(data, language)}
    return any(
        is_standard is None or not (is_standard(module) or module.partition(".")[0] in known)
        for top in kept
        for node in preorder(top)
        if node.type in _IMPORTS
        for module in _modules(node)
    )


def _modules(statement: Node) -> list[str]:
    source = statement.child_by_field_name("module_name")
    if source is not None:
        return [text_of(source)]
    names = (child.child_by_field_name("name") or child for child in statement.named_children)
    return [text_of(each) for each in names]


def _imports(root: Node) -> list[Node]:
    return [child for child in root.named_children if child.type in _IMPORTS]


def _functions_beside(new: Node, written: Node, root: Node, language: Language) -> list[Node]:
    """Functions at the top of the reply that the file does not have."""
    types = frozenset(language.function_nodes)
    return [
        child
        for child in written.named_children
        if child.type in types
        and child != new
        and (named := child.child_by_field_name("name")) is not None
        and function_named(root, text_of(named), language) is None
    ]


def _missing_imports(written: Node, root: Node) -> list[str]:
    known = set(map(text_of, _imports(root)))
    found = map(text_of, _imports(written))
    return [each for each in dict.fromkeys(found) if each not in known]


def _outermost(node: Node) -> Node:
    outer = node
    for each in ancestors(node):
        if each.parent is not None:
            outer = each
    return outer


def _documented(text: str, new: Node, old: Node, source: Source) -> str:
    """With the documentation of the old one, where the new one has none."""
    kept, body = _documentation(old), new.child_by_field_name("body")
    if kept is None or body is None or _documentation(new) is not None:
        return text
    margin = _margin(kept, source)
    if not margin:
        return text
    at = body.start_point[0] - new.start_point[0]
    lines = text.split("\n")
    if not at or at >= len(lines):
        return text
    documentation = source.text(Span(kept.start_byte, kept.end_byte))
    return "\n".join((*lines[:at], margin + documentation, *lines[at:]))


def _documentation(function: Node) -> Node | None:
    body = function.child_by_field_name("body")
    first = body.named_children[0] if body is not None and body.named_children else None
    if first is None or first.type != "expression_statement" or not first.named_children:
        return None
    return first if first.named_children[0].type == "string" else None


def _renamed(text: str, new: Node, old: Node) -> str:
    said, wanted = (node.child_by_field_name("name") for node in (new, old))
    assert said is not None
    assert wanted is not None
    if text_of(said) == text_of(wanted):
        return text
    return re.sub(rf"\b{re.escape(text_of(said))}\b", text_of(wanted), text)


def _margin(node: Node, source: Source) -> str:
    start = source.line_span(source.line_at(node.start_byte)).start
    before = decode(source.data[start : node.start_byte])
    return before[: len(before) - len(before.lstrip())]


def _moved(node: Node, source: Source, margin: str) -> str:
    """The definition at another margin; lines inside of texts keep theirs."""
    old = _margin(node, source)
    inside = {
        line
        for each in preorder(node)
        if each.type == "string_content"
        for line in range(each.start_point[0] + 1, each.end_point[0] + 1)
    }
    first, *rest = source.text(Span(node.start_byte, node.end_byte)).split("\n")
    lines = [
        margin + line[len(old) :]
        if line.strip() and line.startswith(old) and number not in inside
        else line
        for number, line in enumerate(rest, start=node.start_point[0] + 1)
    ]
    return "\n".join((first, *lines))
