"""New pieces of Python that stand in no file yet, as the language itself understands them.

The compiler and its symbol tables say which names a function owns: a witness that does not share
its faults with the analysis that a piece was made with. A syntax that the interpreter which runs
this does not know is analysed by its tree instead.
"""

import symtable
import threading
import warnings
from collections.abc import Iterator
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import CodeType

from lacuna_ls.analysis.piece import Piece
from lacuna_ls.analysis.python.functions import unit_of
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import Node, preorder

_HEADER = b"if 1:\n"
_ASYNC, _GENERATOR = CO_COROUTINE | CO_ASYNC_GENERATOR, CO_GENERATOR | CO_ASYNC_GENERATOR


def compiled(text: bytes, line: int | None, asked: frozenset[str]) -> Piece | None:
    """Statements at any indentation, compiled and not run: what the definition on `line` is.

    Lines count from zero. Without one, of statements alone, only that they are valid is said.
    `None` where the interpreter that runs this does not take them.
    """
    headed = text[:1] in _BLANKS
    whole = _HEADER + text if headed else text
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = compile(whole, "<piece>", "exec", dont_inherit=True)
            if line is None:
                return Piece()
            # What no code object names at all needs no symbol table, which costs a second parse.
            asked = asked & _named(code)
            table = symtable.symtable(whole.decode(), "<piece>", "exec") if asked else None
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return None
    flags = _flags_of_first(code)
    outside = frozenset[str]()
    if table is not None:
        scope = _scope_on(table, line + headed + 1)
        if scope is None:
            return None
        outside = asked & _names_outside(scope, text)
    return Piece(outside, bool(flags & _ASYNC), bool(flags & _GENERATOR))


def parsed(text: bytes, line: int | None, asked: frozenset[str]) -> Piece | None:
    """As `compiled`, by the tree of the text; `None` where it has an error."""
    language = by_language_id("python")
    assert language is not None
    headed = text[:1] in _BLANKS
    root = parse(_HEADER + text if headed else text, language).root_node
    if root.has_error:
        return None
    if line is None:
        return Piece()
    row = line + headed
    owner = next(
        (n for n in preorder(root) if _is_definition(n) and n.start_point.row == row), None
    )
    unit = unit_of(owner) if owner else None
    if unit is None:
        return None
    return Piece(asked & _names_outside_of(unit), unit.is_async, unit.is_generator)


# How warnings are filtered is the process's, and more than one thread extracts.
_WARNINGS = threading.Lock()
_BLANKS = (b" ", b"\t", b"\f")


def _is_definition(node: Node) -> bool:
    return node.type in ("function_definition", "class_definition")


def _names_outside_of(unit: Unit) -> frozenset[str]:
    bindings = unit.bindings()
    used = frozenset(access.name for access in unit.accesses())
    return used - bindings.bound - bindings.global_names - bindings.nonlocal_names


def _scope_on(table: symtable.SymbolTable, line: int) -> symtable.SymbolTable | None:
    return next(
        (t for t in _tables(table) if t.get_lineno() == line and t.get_type() in _DEFINED), None
    )


_DEFINED = ("function", "class")


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    pending = [table]
    while pending:
        found = pending.pop()
        yield found
        pending += reversed(found.get_children())


def _names_outside(scope: symtable.SymbolTable, text: bytes) -> frozenset[str]:
    """Names that are looked up in the module, though no statement declares them global.

    The scopes inside a class do not see its names, and say nothing about them. The cell
    `__class__` is there for methods, which may be compiled without their class here.
    """
    is_function = isinstance(scope, symtable.Function)
    names: set[str] = set()
    for table in _tables(scope) if is_function else (scope,):
        if isinstance(table, symtable.Function):
            found = table.get_globals()
            names.update(n for n in found if b"global" not in text or not _is_declared(table, n))
        else:
            names.update(s.get_name() for s in table.get_symbols() if _is_outside(s))
    return frozenset(names - {"__class__"})


def _is_declared(table: symtable.Function, name: str) -> bool:
    return table.lookup(name).is_declared_global()


def _is_outside(symbol: symtable.Symbol) -> bool:
    return symbol.is_global() and not symbol.is_declared_global() and not symbol.is_assigned()


def _named(code: CodeType) -> set[str]:
    """Names of the code, and of all inside it, that are not those of its own variables."""
    names: set[str] = set()
    pending = [code]
    while pending:
        found = pending.pop()
        names.update(found.co_names)
        pending += [c for c in found.co_consts if isinstance(c, CodeType)]
    return names


def _flags_of_first(code: CodeType) -> int:
    """Flags of the first function of a module."""
    return next((c.co_flags for c in code.co_consts if isinstance(c, CodeType)), 0)
