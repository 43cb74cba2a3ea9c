"""Drafting in Python."""

import sys

from lacuna_ls.repair.model_loop.language import Drafting

__all__ = ["DRAFTING"]

DRAFTING = Drafting(
    fences=frozenset({"", "python", "python3", "py", "py3", "pycon"}),
    import_types=frozenset(
        {"import_statement", "import_from_statement", "future_import_statement"}
    ),
    string_types=frozenset({"string", "string_content", "concatenated_string"}),
    is_standard=lambda module: module.partition(".")[0] in sys.stdlib_module_names,
)
