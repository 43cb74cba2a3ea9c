"""One way to write something, and a faster one that does the same where its requirements hold.

`before` is a pattern, `after` what stands in its place: the same metavariables, and `%name` for names
that are new to the file. Requirements are what can be read off the text; what cannot, above all the
types of values, is left to what is observed before anything is offered.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lacuna_ls.domain.text import Source, Span, TextEdit, apply_edits, decode, encode
from lacuna_ls.optimization.pattern import Match, matches, text_of
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, preorder, span_of

_PLACEHOLDER = re.compile(r"(\$\$?|%)([a-z]\w*)")
_QUOTED = re.compile(r"\b[rb]?'[^']*'|'[^']*'")
_WORD = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
_ATOMS = frozenset((
    "identifier", "call", "subscript", "attribute", "string", "integer", "float", "list", "tuple",
    "dictionary", "set", "parenthesized_expression", "list_comprehension", "true", "false", "none",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """Where something was matched: in this function of a file.

    `names` are all identifiers of the file, `rebound` those that it binds anywhere.
    """

    source: Source
    root: Node
    function: Node
    language: Language
    names: frozenset[str]
    rebound: frozenset[str]

    def text(self, node: Node) -> str:
        return self.source.text(span_of(node))

    def fresh(self, name: str) -> str:
        """A name like this one that the file does not have."""
        return _fresh(name, self.names)

    def margin(self, match: Match) -> str:
        """What stands before the first line of the match."""
        return _indent(self.source, match.span)


Requirement = Callable[[Match, Site], bool]
After = Callable[[Match, Site], str | None]


@dataclass(frozen=True, slots=True)
class Idiom:
    """`factor` is how much is gained on large inputs, roughly: 100 for another order of growth.

    An empty `before` is the whole function. `after` may be a function that gives the text itself, laid
    out for its place, where a pattern cannot say it; `None` refuses. `imports` are modules that the
    new text needs.
    """

    summary: str
    before: str
    after: str | After
    factor: float
    requires: tuple[Requirement, ...] = ()
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What one idiom makes of one place. `edit` leaves the imports to be added."""

    summary: str
    factor: float
    edit: TextEdit
    imports: tuple[str, ...] = ()


def rewrites(idiom: Idiom, site: Site) -> Iterator[Rewrite]:
    """Each place in the function where the idiom can stand."""
    places: Iterable[Match] = (Match((site.function,), {}),)
    if idiom.before:
        places = matches(idiom.before, site.function, site.language)
    for match in places:
        if _loses_comment(match) or not _same_builtins(idiom, site):
            continue
        if not all(holds(match, site) for holds in idiom.requires):
            continue
        if isinstance(idiom.after, str):
            new: str | None = _filled(idiom.after.strip("\n"), match, site)
        else:
            new = idiom.after(match, site)
        if new is not None and new != site.source.text(match.span):
            edit = TextEdit(match.span, encode(new))
            yield Rewrite(idiom.summary, idiom.factor, edit, idiom.imports)


def _filled(after: str, match: Match, site: Site) -> str:
    indent = _indent(site.source, match.span)
    lines = []
    for number, line in enumerate(after.split("\n")):
        lead = line[: len(line) - len(line.lstrip(" "))]
        margin = indent + lead if number else lead
        text = _filled_line(line.strip(" "), match, site, indent + lead)
        lines.append(margin + text)
    return "\n".join(lines)


def _filled_line(line: str, match: Match, site: Site, margin: str) -> str:
    def filled(found: re.Match[str]) -> str:
        kind, name = found.groups()
        if kind == "%":
            return _fresh(name, site.names)
        if kind == "$$":
            return _moved(match, name, site.source, margin)
        text, bare = match.text(name), match.node(name).type in _ATOMS
        return text if bare or _stands_alone(line, found, match.node(name)) else f"({text})"

    return _PLACEHOLDER.sub(filled, line)


def _stands_alone(line: str, found: re.Match[str], node: Node) -> bool:
    """Whether nothing next to it could take a part of it for its own operand."""
    before, after = line[: found.start()].rstrip(), line[found.end() :].lstrip()
    if after.startswith("for ") and before.endswith(("[", "(")):
        return node.type not in ("lambda", "expression_list")
    if after and after[0] not in ")],:":
        return False
    if not before or before.endswith(("(", "[", ",", "return")):
        return True
    if before.endswith(" if"):
        return node.type in ("comparison_operator", "boolean_operator", "not_operator")
    if before.endswith(" in"):
        return line.startswith("for ")
    return before.endswith("=") and not before.endswith(("==", "!=", "<=", ">="))


def _moved(match: Match, name: str, source: Source, margin: str) -> str:
    """The statements, with the lines after the first one moved to a new margin."""
    first = Span(match.node(name).start_byte, match.node(name).start_byte)
    old = _indent(source, first)
    head, *rest = match.text(name).split("\n")
    moved = (margin + line[len(old) :] if line.startswith(old) else line for line in rest)
    return "\n".join((head, *moved))


def _indent(source: Source, span: Span) -> str:
    start = source.data.rfind(b"\n", 0, span.start) + 1
    line = decode(source.data[start : span.start])
    return line[: len(line) - len(line.lstrip())]


def _fresh(name: str, taken: frozenset[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _loses_comment(match: Match) -> bool:
    """Whether a comment stands in the match and in none of the parts that are kept."""
    if not match.bound:
        return False
    kept = [span_of(node) for nodes in match.bound.values() for node in nodes]
    return any(
        not any(span.contains(span_of(node)) for span in kept)
        for top in match.nodes
        for node in preorder(top)
        if node.type == "comment"
    )


def _same_builtins(idiom: Idiom, site: Site) -> bool:
    """Whether every plain word of the idiom means in the file what it means in the idiom."""
    after = idiom.after if isinstance(idiom.after, str) else ""
    plain = _PLACEHOLDER.sub("", idiom.before + "\n" + after)
    return site.rebound.isdisjoint(_WORD.findall(_QUOTED.sub("", plain)))


def with_imports(data: bytes, rewrite_imports: tuple[str, ...], site: Site) -> bytes:
    """The text with the modules imported that it does not import yet.

    They stand before the first statement that is neither documentation nor of `__future__`.
    """
    missing = [
        module for module in dict.fromkeys(rewrite_imports) if not _imports(site.root, module)
    ]
    if not missing:
        return data
    at = first_place(site.root)
    newline = "\r\n" if b"\r\n" in data else "\n"
    text = "".join(f"import {module}{newline}" for module in sorted(missing))
    first = site.root.named_children[0] if site.root.named_children else None
    is_import = any(
        child.start_byte == at and child.type in ("import_statement", "import_from_statement")
        for child in site.root.named_children
    )
    gap = "" if is_import or first is None else newline * 2
    return apply_edits(data, (TextEdit(Span(at, at), encode(text + gap)),))


def _imports(root: Node, module: str) -> bool:
    return any(
        child.type == "import_statement"
        and any(text_of(name) == module for name in child.named_children)
        for child in root.named_children
    )


def first_place(root: Node) -> int:
    """Where the first statement begins that is neither documentation nor of `__future__`."""
    for child in root.named_children:
        documentation = (
            child.type == "expression_statement" and child.named_children[0].type == "string"
        )
        if documentation or child.type in ("future_import_statement", "comment"):
            continue
        return child.start_byte
    return root.end_byte


def all_names(root: Node) -> frozenset[str]:
    return frozenset(text_of(node) for node in preorder(root) if node.type == "identifier")


def bound_names(root: Node) -> frozenset[str]:
    """Every name that the file binds: by assignment, definition, parameter, loop or import."""
    found: set[str] = set()
    for node in preorder(root):
        if node.type in ("function_definition", "class_definition"):
            targets = [node.child_by_field_name("name"), *parameters(node)]
        elif node.type in ("assignment", "augmented_assignment", "for_statement", "for_in_clause"):
            targets = [node.child_by_field_name("left")]
        elif node.type == "named_expression":
            targets = [node.child_by_field_name("name")]
        elif node.type in (
            "import_from_statement",
            "aliased_import",
            "lambda_parameters",
            "as_pattern_target",
        ):
            targets = [node]
        else:
            continue
        for target in targets:
            if target is not None and target.type not in ("attribute", "subscript"):
                found.update(
                    text_of(each) for each in preorder(target) if each.type == "identifier"
                )
    return frozenset(found)


def parameters(function: Node) -> Iterator[Node]:
    """The names of the parameters, without annotations and defaults."""
    parameters = function.child_by_field_name("parameters")
    for each in parameters.named_children if parameters is not None else ():
        name = each
        while name.type not in ("identifier", "comment") and name.named_children:
            name = name.child_by_field_name("name") or name.named_children[0]
        yield name


def site_of(source: Source, root: Node, function: Node, language: Language) -> Site:
    names, rebound = all_names(root), bound_names(root)
    return Site(source, root, function, language, names, rebound)
