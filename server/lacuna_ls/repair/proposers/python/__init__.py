"""The single-edit templates of Python.

The families are those that mutation-based repair has found to matter (Le Goues et al., "A
systematic study of automated program repair", 2012; Liu et al., "TBar", 2019), with priors that
follow how often each is the right one in public collections of single-function bugs.
"""

from lacuna_ls.repair.proposers.python import (
    corrections,
    fallbacks,
    guards,
    ingredients,
    missing_guards,
    names,
    operators,
    results,
    slips,
    statements,
    structure,
    transplants,
    values,
)
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
    rules=(*corrections.RULES, *operators.RULES, *values.RULES, *names.RULES, *structure.RULES, *statements.RULES, *ingredients.RULES, *guards.RULES, *missing_guards.RULES, *results.RULES, *fallbacks.RULES, *transplants.RULES),
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
            # The runner, the interpreter, and the ways to them.
            "pytest", "_pytest", "pluggy", "unittest", "mock", "doctest", "conftest", "sys", "modules", "gc",
            "inspect", "importlib", "ctypes", "builtins", "faulthandler", "monitoring", "globals",
            "eval", "exec", "__import__", "__builtins__", "__loader__", "__globals__", "__code__", "__closure__", "__self__", "__func__", "__mro__",
            "__subclasses__", "__traceback__", "tb_frame", "tb_next", "f_back", "f_locals",
            "f_globals", "gi_frame", "cr_frame", "ag_frame", "_getframe", "_current_frames",
            "settrace", "setprofile", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST",
            # The end of the test or of its process.
            "_exit", "exit", "quit", "abort", "SystemExit", "KeyboardInterrupt", "SkipTest",
            "Skipped", "atexit", "signal", "fork", "forkpty", "execl", "execle", "execlp", "execv",
            "execve", "execvp", "execvpe", "posix_spawn", "killpg",
            # What an assertion asks of a value.
            "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__",
            "__instancecheck__", "__subclasscheck__",
        }
    ),
    test_support=frozenset({"conftest.py", "setup.py", "sitecustomize.py"}),
    is_test=_is_test,
    names=names.names,
    slips=slips.slips,
)  # fmt: skip
