"""How a language spells a new function and its call."""

from dataclasses import dataclass
from typing import Protocol

from lacuna_ls.analysis.unit import Receiver


@dataclass(frozen=True, slots=True)
class Signature:
    """A function to be written. `parameters` are names with their type hints, or with none.

    `result_hint` is the type of what it returns.
    """

    name: str
    parameters: tuple[tuple[str, str | None], ...]
    receiver: Receiver | None
    is_async: bool
    is_generator: bool
    result_hint: str | None


class Writing(Protocol):
    """What a module named by `Semantics.writing` defines. No text ends with a line end."""

    @property
    def nothing_hint(self) -> str:
        """The type of a function that returns nothing."""
        ...

    def head(self, signature: Signature) -> tuple[str, ...]:
        """The lines above the body."""
        ...

    def call(self, signature: Signature) -> str:
        """An expression that calls it with variables of the names of its parameters."""
        ...

    def returned(self, value: str) -> str: ...

    def assigned(self, targets: tuple[str, ...], value: str) -> str: ...

    def declared_global(self, names: tuple[str, ...]) -> str: ...
