"""What the failure itself names: imports that are missing, arguments that are too few or too many.

Cheap and nearly sure, so they come before anything that is searched for (the tool corrections of
Lyra, Zheng et al., 2023).
"""

import re
import sys
from collections.abc import Iterator

from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.repair.proposers.python.bodies import first_of, statements
from lacuna_ls.repair.proposers.python.expressions import insert, named
from lacuna_ls.repair.proposers.python.lines import own_lines
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, ancestors

_UNKNOWN = re.compile(r"name '(\w+)' is not defined")
_TOO_FEW = re.compile(r"(\w+)\(\) missing \d+ required positional arguments?: (.+)")
_TOO_MANY = re.compile(r"(\w+)\(\) takes .*positional arguments? but \d+ (?:was|were) given")
_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})
_MOST_NAMES = 6
# Names that are used without their module, by where they come from.
_FROM = {
    "abc": "ABC abstractmethod",
    "bisect": "bisect bisect_left bisect_right insort",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "contextlib": "contextmanager suppress",
    "copy": "deepcopy",
    "dataclasses": "dataclass field",
    "datetime": "date datetime timedelta timezone",
    "decimal": "Decimal",
    "enum": "Enum IntEnum auto",
    "fractions": "Fraction",
    "functools": "cached_property cmp_to_key lru_cache partial reduce wraps",
    "heapq": "heapify heappop heappush nlargest nsmallest",
    "io": "BytesIO StringIO",
    "itertools": "accumulate chain combinations count cycle groupby islice permutations product zip_longest",
    "math": "ceil factorial floor gcd isclose log pi prod sqrt",
    "operator": "attrgetter itemgetter",
    "pathlib": "Path",
    "random": "choice randint shuffle",
    "statistics": "mean median",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits punctuation",
    "typing": "Any Callable Dict Iterable Iterator List NamedTuple Optional Sequence Set Tuple Union",
}
_MODULES = {name: module for module, names in _FROM.items() for name in names.split()}
_ALIASES = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "dt": "datetime",
    "ET": "xml.etree.ElementTree",
}


def imported(module: Node, context: Context) -> Iterator[Splice]:
    """An import for a name that is not defined."""
    for message in context.messages:
        for name in _UNKNOWN.findall(message):
            for line in _lines(name):
                edit = _added_import(module, line, context)
                if edit is not None:
                    yield Splice(edit, f"add {named(line)}")


def _lines(name: str) -> Iterator[str]:
    if name in _MODULES:
        yield f"from {_MODULES[name]} import {name}"
    if name in sys.stdlib_module_names:
        yield f"import {name}"
    if name in _ALIASES:
        yield f"import {_ALIASES[name]} as {name}"


def _added_import(module: Node, line: str, context: Context) -> TextEdit | None:
    """Behind the imports at the top, else behind the module's docstring."""
    body = statements(module)
    leading = 0
    inner = first_of(body[0]) if body and body[0].type == "expression_statement" else None
    if inner is not None and inner.type == "string":
        leading = 1
    while leading < len(body) and body[leading].type in _IMPORTS:
        leading += 1
    end = context.source.line_end()
    if leading == 0:
        return TextEdit(Span(0, 0), encode(line) + end)
    own = own_lines(body[leading - 1], context)
    if own is None or not context.source.data[: own.end].endswith((b"\n", b"\r")):
        return None
    return TextEdit(Span(own.end, own.end), encode(line) + end)


def filled(call: Node, context: Context) -> Iterator[Splice]:
    """The argument that a call lacks: the variable of that name, else another one in scope."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "argument_list":
        return
    visible = tuple(dict.fromkeys(n for s in context.scopes_at(call.start_byte) for n in s.names))
    for message in context.messages:
        for function, quoted in _TOO_FEW.findall(message):
            if _called(call, context) != function:
                continue
            missing = [name for name in re.findall(r"'(\w+)'", quoted) if name in visible]
            comma = ", " if arguments.named_child_count else ""
            for rank, name in enumerate(dict.fromkeys((*missing, *visible[:_MOST_NAMES]))):
                new = f"{comma}{name}"
                yield insert(arguments.end_byte - 1, new, f"pass {named(name)}", 0.8**rank)


def emptied(call: Node, context: Context) -> Iterator[Splice]:
    """A call without one of its arguments, where there are too many."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "argument_list" or not _too_many(call, context):
        return
    given = arguments.named_children
    for number, argument in enumerate(given):
        start, end = argument.start_byte, argument.end_byte
        if number + 1 < len(given):
            end = given[number + 1].start_byte
        elif number:
            start = given[number - 1].end_byte
        summary = f"do not pass {named(context.text(argument))}"
        yield Splice(TextEdit(Span(start, end), b""), summary, 0.8 ** (len(given) - number))


def with_self(function: Node, context: Context) -> Iterator[Splice]:
    """The `self` that a method has forgotten."""
    name = function.child_by_field_name("name")
    listed = function.child_by_field_name("parameters")
    if (
        name is None
        or listed is None
        or not any(a.type == "class_definition" for a in ancestors(function))
    ):
        return
    for message in context.messages:
        if any(each == context.text(name) for each in _TOO_MANY.findall(message)):
            new = "self, " if listed.named_child_count else "self"
            yield insert(listed.start_byte + 1, new, "take `self`")


def _too_many(call: Node, context: Context) -> bool:
    function = _called(call, context)
    return any(function in _TOO_MANY.findall(message) for message in context.messages)


def _called(call: Node, context: Context) -> str:
    """The last name of what is called."""
    function = call.child_by_field_name("function")
    return context.text(function).rpartition(".")[2] if function is not None else ""


RULES = (
    Rule("import", 3.0, frozenset({"module"}), imported),
    Rule("argument", 1.5, frozenset({"call"}), filled),
    Rule("argument", 1.2, frozenset({"call"}), emptied),
    Rule("argument", 2.0, frozenset({"function_definition"}), with_self),
)  # fmt: skip
