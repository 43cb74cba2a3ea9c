"""Python's idioms, family by family; `language.toml` names this module."""

import sys

from lacuna_ls.optimization.idioms.python.aggregates import AGGREGATES
from lacuna_ls.optimization.idioms.python.calls import CALLS
from lacuna_ls.optimization.idioms.python.collecting import COLLECTING
from lacuna_ls.optimization.idioms.python.invariants import INVARIANTS
from lacuna_ls.optimization.idioms.python.loops import LOOPS
from lacuna_ls.optimization.idioms.python.neighbours import NEIGHBOURS
from lacuna_ls.optimization.idioms.python.numbers import NUMBERS
from lacuna_ls.optimization.idioms.python.pairs import PAIRS
from lacuna_ls.optimization.idioms.python.ranges import RANGES
from lacuna_ls.optimization.idioms.python.recurrences import RECURRENCES
from lacuna_ls.optimization.idioms.python.sums import SUMS
from lacuna_ls.optimization.idioms.python.text import TEXT

IDIOMS = (
    *RECURRENCES,
    *PAIRS,
    *INVARIANTS,
    *RANGES,
    *NUMBERS,
    *SUMS,
    *TEXT,
    *LOOPS,
    *NEIGHBOURS,
    *COLLECTING,
    *CALLS,
    *AGGREGATES,
)


def is_standard(module: str) -> bool:
    """Whether every installation has it."""
    return module.partition(".")[0] in sys.stdlib_module_names
