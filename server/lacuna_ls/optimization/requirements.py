"""What can be read off the text of a match: the words in which idioms say when they hold."""

from lacuna_ls.optimization.idiom import Requirement, Site
from lacuna_ls.optimization.pattern import Match, text_of
from lacuna_ls.syntax.nodes import Node, ancestors, preorder, span_of

# What these are made of can be evaluated once more, once less, or earlier, without a trace.
_PLAIN = frozenset((
    "identifier", "attribute", "subscript", "slice", "integer", "float", "string", "string_start",
    "string_content", "string_end", "binary_operator", "unary_operator", "parenthesized_expression",
    "true", "false", "none", "comparison_operator", "boolean_operator", "not_operator", "tuple",
    "escape_sequence", "escape_interpolation", "argument_list", "call", "not in", "is not",
))  # fmt: skip
_TARGETS = ("identifier", "pattern_list", "tuple_pattern")
_CERTAIN = ("identifier", "integer", "float", "string", "true", "false", "none")
_CONTAINERS = ("list", "tuple", "set", "dictionary", "list_comprehension", "set_comprehension")
_PURE = frozenset(("len", "abs", "range", "ord", "chr", "min", "max"))


def names(*metavariables: str) -> Requirement:
    """They are plain names."""

    def holds(match: Match, site: Site) -> bool:
        return all(match.node(each).type == "identifier" for each in metavariables)

    return holds


def private(*metavariables: str) -> Requirement:
    """They are names, or tuples of names, that nothing outside of the match reads.

    Other loops may have variables of these names, as they bind them before they read them.
    """

    def holds(match: Match, site: Site) -> bool:
        for each in metavariables:
            if match.node(each).type not in _TARGETS:
                return False
            for name in _names_in(match.node(each)):
                for node in _named(site.function, name):
                    inside = match.span.contains(span_of(node))
                    if not inside and not _bound_by_loop(node, name, site.function):
                        return False
        return True

    return holds


def _names_in(target: Node) -> list[str]:
    return [text_of(each) for each in preorder(target) if each.type == "identifier"]


def _bound_by_loop(node: Node, name: str, function: Node) -> bool:
    """Whether it stands in a loop or comprehension that binds it."""
    for around in ancestors(node):
        if around == function:
            return False
        clauses = [around, *(child for child in around.children if child.type == "for_in_clause")]
        for clause in clauses:
            if clause.type not in ("for_statement", "for_in_clause"):
                continue
            left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
            inside = right is not None and span_of(right).contains(span_of(node))
            if left is not None and not inside and _named(left, name):
                return True
    return False


def plain(*metavariables: str) -> Requirement:
    """Evaluating them changes nothing, and calls nothing but a few builtins."""

    def holds(match: Match, site: Site) -> bool:
        return all(_is_plain(node, site) for each in metavariables for node in match.bound[each])

    return holds


def certain(*metavariables: str) -> Requirement:
    """Evaluating them cannot fail, so that it may be done where they were not evaluated at all."""

    def holds(match: Match, site: Site) -> bool:
        return all(
            node.type in _CERTAIN or text_of(node).lstrip("-").isdigit() or _is_length(node, site)
            for each in metavariables
            for node in match.bound[each]
        )

    return holds


def _is_length(node: Node, site: Site) -> bool:
    given = node.children[1].named_children if node.type == "call" else []
    measures = len(given) == 1 and given[0].type == "identifier" and "len" not in site.rebound
    return measures and text_of(node.children[0]) == "len"


def apart(metavariable: str, *others: str) -> Requirement:
    """The expression does not mention the names that `others` stand for."""

    def holds(match: Match, site: Site) -> bool:
        taken = {
            text_of(node)
            for each in others
            for bound in match.bound[each]
            for node in preorder(bound)
            if node.type == "identifier"
        }
        return not any(
            node.type == "identifier" and text_of(node) in taken
            for bound in match.bound[metavariable]
            for node in preorder(bound)
        )

    return holds


def builtin(metavariable: str, *allowed: str) -> Requirement:
    """It is one of these builtins, and the file does not mean something else by the name."""

    def holds(match: Match, site: Site) -> bool:
        name = match.text(metavariable)
        return name in allowed and name not in site.rebound

    return holds


def letters(metavariable: str) -> Requirement:
    """It is, or names, a constant of different single characters: a string, tuple, list or set."""

    def holds(match: Match, site: Site) -> bool:
        node = _constant(match.node(metavariable), site)
        found = None if node is None else _characters(node)
        return bool(found) and found is not None and len(set(found)) == len(found)

    return holds


def may_be_text(metavariable: str) -> Requirement:
    """It is not a name that the function gives a list, set or table."""

    def holds(match: Match, site: Site) -> bool:
        node = match.node(metavariable)
        if node.type in _CONTAINERS:
            return False
        for each in preorder(site.root):
            left = each.child_by_field_name("left") if each.type == "assignment" else None
            right = each.child_by_field_name("right") if left is not None else None
            if left is None or right is None or text_of(left) != text_of(node):
                continue
            if right.type in _CONTAINERS or text_of(right).startswith(("set(", "list(", "dict(")):
                return False
        return True

    return holds


def begun_as(metavariable: str, *ways: str) -> Requirement:
    """What is assigned to the name outside of the match is one of these: a text or a kind of node.

    And it does so outside of `try`: what is left of it after an exception is seen by nobody.
    """

    def holds(match: Match, site: Site) -> bool:
        name, begun = match.text(metavariable), False
        for each in preorder(site.function):
            if each.type == "try_statement":
                return False
            left = each.child_by_field_name("left") if each.type == "assignment" else None
            right = each.child_by_field_name("right") if left is not None else None
            if left is None or right is None or text_of(left) != name:
                continue
            if right.type in ways or text_of(right) in ways:
                begun = True
            elif not match.span.contains(span_of(each)):
                return False
        return begun

    return holds


def begun_as_text(metavariable: str) -> Requirement:
    """The function gives the name a string to begin with."""
    return begun_as(metavariable, "string")


def one_letter(metavariable: str) -> Requirement:
    """It is a string of a single character, written out."""

    def holds(match: Match, site: Site) -> bool:
        return len(_content(match.node(metavariable)) or "") == 1

    return holds


def silent(*metavariables: str) -> Requirement:
    """It can stand in a comprehension: it binds nothing, and gives nothing to whoever iterates."""

    def holds(match: Match, site: Site) -> bool:
        return not any(
            node.type in ("yield", "await", "named_expression")
            for each in metavariables
            for bound in match.bound[each]
            for node in preorder(bound)
        )

    return holds


def one_letter_or_no_text(metavariable: str) -> Requirement:
    """If it is a string, it is one of a single character."""

    def holds(match: Match, site: Site) -> bool:
        node = match.node(metavariable)
        if node.type == "concatenated_string":
            return False
        return node.type != "string" or len(_content(node) or "") == 1

    return holds


def literal(metavariable: str, *, signed: bool = False) -> Requirement:
    """It is a whole number, written out; with a minus only if `signed`."""

    def holds(match: Match, site: Site) -> bool:
        node = match.node(metavariable)
        negative = signed and node.type == "unary_operator" and node.children[0].type == "-"
        return (node.children[1] if negative else node).type == "integer"

    return holds


def looped(match: Match, site: Site) -> bool:
    """It stands in a loop of the function, so that what it costs adds up."""
    node: Node | None = match.nodes[0].parent
    while node is not None and node != site.function:
        if node.type in ("for_statement", "while_statement", "for_in_clause") or node.type.endswith(
            ("comprehension", "generator_expression")
        ):
            return True
        node = node.parent
    return False


def again(*metavariables: str) -> Requirement:
    """They can be iterated once more: a name that is also indexed or measured, a range, a display.

    A parameter that is annotated as an iterator cannot.
    """

    def holds(match: Match, site: Site) -> bool:
        for each in metavariables:
            node = match.node(each)
            if node.type in ("identifier", "subscript", "attribute", "list", "tuple", "string"):
                if "Iter" in _annotation(match.text(each), site) or "Generator" in _annotation(
                    match.text(each), site
                ):
                    return False
                continue
            if node.type == "call" and text_of(node.children[0]) in (
                "range",
                "list",
                "sorted",
                "str",
            ):
                continue
            return False
        return True

    return holds


def unchanged(metavariable: str, *bodies: str) -> Requirement:
    """No statement of `bodies` binds the name or could change what it refers to by calling it."""

    def holds(match: Match, site: Site) -> bool:
        name = match.text(metavariable)
        return not any(
            _changes(node, name)
            for body in bodies
            for top in match.bound[body]
            for node in preorder(top)
        )

    return holds


def _changes(node: Node, name: str) -> bool:
    if node.type in ("assignment", "augmented_assignment", "for_statement"):
        left = node.child_by_field_name("left")
        return left is not None and any(
            each.type == "identifier" and text_of(each) == name for each in preorder(left)
        )
    if node.type == "attribute":
        holder = node.child_by_field_name("object")
        return holder is not None and text_of(holder) == name
    return node.type in ("delete_statement", "global_statement", "nonlocal_statement")


def _named(root: Node, name: str) -> list[Node]:
    return [
        node
        for node in preorder(root)
        if node.type == "identifier" and text_of(node) == name and not _is_member(node)
    ]


def _is_member(node: Node) -> bool:
    parent = node.parent
    return (
        parent is not None
        and parent.type == "attribute"
        and parent.child_by_field_name("attribute") == node
    )


def _is_plain(root: Node, site: Site) -> bool:
    for node in preorder(root):
        if node.is_named and node.type not in _PLAIN:
            return False
        if node.type == "call":
            function = text_of(node.children[0])
            if function not in _PURE or function in site.rebound:
                return False
    return True


def _constant(node: Node, site: Site) -> Node | None:
    """What the node says, or the one assignment to the name that it is."""
    if node.type != "identifier":
        return node
    name = text_of(node)
    found: list[Node] = []
    for each in preorder(site.root):
        left = each.child_by_field_name("left") if each.type.endswith("assignment") else None
        if left is None or name not in [text_of(n) for n in preorder(left)]:
            continue
        right = each.child_by_field_name("right")
        if each.type != "assignment" or left.type != "identifier" or right is None:
            return None
        found.append(right)
    parameters = site.function.child_by_field_name("parameters")
    if parameters is not None and _named(parameters, name):
        return None
    return found[0] if len(found) == 1 else None


def _characters(node: Node) -> list[str] | None:
    if node.type == "string":
        content = _content(node)
        return list(content) if content is not None else None
    if node.type not in ("tuple", "list", "set"):
        return None
    contents = [_content(each) for each in node.named_children]
    return (
        [each for each in contents if each is not None and len(each) == 1]
        if all(each is not None and len(each) == 1 for each in contents)
        else None
    )


def _content(node: Node) -> str | None:
    """The text of a string without prefix or escapes."""
    if node.type != "string" or text_of(node.children[0])[0] not in "'\"":
        return None
    inner = node.children[1:-1]
    if any(child.type != "string_content" or child.named_children for child in inner):
        return None
    return "".join(text_of(child) for child in inner)


def _annotation(name: str, site: Site) -> str:
    parameters = site.function.child_by_field_name("parameters")
    for each in parameters.named_children if parameters is not None else ():
        kind = each.child_by_field_name("type")
        if kind is not None and each.named_children and text_of(each.named_children[0]) == name:
            return text_of(kind)
    return ""
