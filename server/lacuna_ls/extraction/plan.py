"""What moves, from where, and how: all that the text of an extraction is made of."""

from dataclasses import dataclass

from lacuna_ls.analysis.selection import SelectedExpression, SelectedStatements
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.extraction.contract import Contract

Selected = SelectedStatements | SelectedExpression


@dataclass(frozen=True, slots=True)
class Plan:
    unit: Unit
    selected: Selected
    contract: Contract
