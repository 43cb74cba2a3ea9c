"""What Python programs mean, beyond their syntax. Named by `grammars/python/language.toml`."""

from lacuna_ls.analysis.python import writing
from lacuna_ls.analysis.python.functions import lowered, unit_at, unit_of
from lacuna_ls.analysis.python.outline import outline_of
from lacuna_ls.analysis.python.pieces import compiles, lowered_text, unit_in
from lacuna_ls.analysis.python.selection import selected, with_final_return
from lacuna_ls.analysis.python.traits import traits_of

__all__ = [
    "compiles",
    "lowered",
    "lowered_text",
    "outline_of",
    "selected",
    "traits_of",
    "unit_at",
    "unit_in",
    "unit_of",
    "with_final_return",
    "writing",
]
