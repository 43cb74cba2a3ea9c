"""Pieces of Python that stand in no file: new functions, and statements with a call in them."""

import warnings

from lacuna_ls.analysis.python.accesses import UnknownStatementError, code_children
from lacuna_ls.analysis.python.functions import unit_of
from lacuna_ls.analysis.python.statements import lower_all
from lacuna_ls.analysis.structure import Block
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import Node

_HEADER = b"if 1:\n"


def unit_in(text: bytes) -> Unit | None:
    """The unit of the only function in a text at any indentation."""
    statements = _statements(text)
    if not statements:
        return None
    node = statements[-1]
    definition = node.child_by_field_name("definition") or node
    return unit_of(definition) if definition.type == "function_definition" else None


def lowered_text(text: bytes) -> Block | None:
    """The structured program of statements at any indentation; `None` if they are not valid."""
    statements = _statements(text)
    try:
        return None if statements is None else lower_all(statements)
    except UnknownStatementError:
        return None


def compiles(text: bytes) -> bool | None:
    """Whether the interpreter that runs this takes statements at any indentation.

    It may be newer or older than the one that will run them. `None` if it gives up.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(_whole(text), "<extraction>", "exec", dont_inherit=True)
        except SyntaxError:
            return False
        except (ValueError, RecursionError, MemoryError, OverflowError):
            return None
    return True


def _statements(text: bytes) -> list[Node] | None:
    language = by_language_id("python")
    assert language is not None
    root = parse(_whole(text), language).root_node
    if root.has_error:
        return None
    statements = code_children(root)
    if _is_indented(text):
        body = statements[0].child_by_field_name("consequence")
        statements = code_children(body) if body else []
    return statements


def _whole(text: bytes) -> bytes:
    return _HEADER + text if _is_indented(text) else text


def _is_indented(text: bytes) -> bool:
    return text[:1] in (b" ", b"\t", b"\f")
