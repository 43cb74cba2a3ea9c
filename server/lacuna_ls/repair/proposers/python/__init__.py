"""The single-edit templates of Python.

The families are those that mutation-based repair has found to matter (Le Goues et al., "A
systematic study of automated program repair", 2012; Liu et al., "TBar", 2019), with priors that
follow how often each is the right one in public collections of single-function bugs.
"""

from lacuna_ls.repair.proposers.python import names, operators, structure, values
from lacuna_ls.repair.proposers.template import Templates
from lacuna_ls.syntax.nodes import Node

__all__ = ["TEMPLATES"]


def _is_test(node: Node) -> bool:
    """A function or class that pytest or unittest would collect by its name."""
    if node.type not in ("function_definition", "class_definition"):
        return False
    name = node.child_by_field_name("name")
    prefix = b"test" if node.type == "function_definition" else b"Test"
    return name is not None and (name.text or b"").startswith(prefix)


TEMPLATES = Templates(
    rules=(*operators.RULES, *values.RULES, *names.RULES, *structure.RULES),
    block_types=frozenset({"module", "block"}),
    function_types=frozenset({"function_definition"}),
    frozen_types=frozenset(
        {
            "assert_statement", "comment", "decorator", "future_import_statement",
            "import_from_statement", "import_statement", "type",
        }
    ),
    test_machinery=frozenset(
        {
            "pytest", "sys", "gc", "inspect", "_exit", "atexit", "signal", "unittest", "exit",
            "quit", "SystemExit", "eval", "exec", "__import__", "globals", "importlib", "ctypes",
        }
    ),
    test_support=frozenset({"conftest.py", "setup.py", "sitecustomize.py"}),
    is_test=_is_test,
    names=names.names,
)  # fmt: skip
