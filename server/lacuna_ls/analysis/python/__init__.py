"""What Python programs mean, beyond their syntax. Named by `grammars/python/language.toml`."""

from lacuna_ls.analysis.python import writing
from lacuna_ls.analysis.python.excerpt import definitions, excerpt, joined
from lacuna_ls.analysis.python.expressions import expression_at
from lacuna_ls.analysis.python.functions import is_in_definition, lowered, unit_at, unit_of
from lacuna_ls.analysis.python.outline import outline_of
from lacuna_ls.analysis.python.pieces import compiled, parsed
from lacuna_ls.analysis.python.selection import selected, with_final_return
from lacuna_ls.analysis.python.traits import traits_of

__all__ = [
    "compiled",
    "definitions",
    "excerpt",
    "expression_at",
    "is_in_definition",
    "joined",
    "lowered",
    "outline_of",
    "parsed",
    "selected",
    "traits_of",
    "unit_at",
    "unit_of",
    "with_final_return",
    "writing",
]
