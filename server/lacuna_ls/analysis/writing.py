"""How a language spells a new function and its call."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from lacuna_ls.analysis.traits import Return
from lacuna_ls.analysis.unit import Receiver
from lacuna_ls.domain.text import TextEdit


@dataclass(frozen=True, slots=True)
class Signature:
    """A function to be written. `parameters` are names with their type hints, or with none.

    `result_hint` is the type of what it returns. `generic` are its type parameters, as written.
    """

    name: str
    parameters: tuple[tuple[str, str | None], ...]
    receiver: Receiver | None
    is_async: bool
    is_generator: bool
    result_hint: str | None
    generic: tuple[str, ...] = ()


class Early(Enum):
    """How a function says that its caller is to return, when it does so on some paths only.

    `GUARD`: it is true or false, and the caller returns nothing. `VALUE`: it gives the value, which
    surely is something, or nothing. `FLAGGED`: it gives both, a truth and the value or the results.
    """

    GUARD = auto()
    VALUE = auto()
    FLAGGED = auto()


class Writing(Protocol):
    """What a module named by `Semantics.writing` defines. No text ends with a line end."""

    @property
    def reserved(self) -> frozenset[str]:
        """Words that are no name for a new function."""
        ...

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

    def early_return(self, how: Early, found: Return) -> tuple[TextEdit, ...]:
        """What changes in a return statement of the function, in the order of the text."""
        ...

    def falls_through(self, how: Early, outputs: tuple[str, ...]) -> str:
        """The last line of the function, where it does not say that its caller is to return."""
        ...

    def early_call(
        self, how: Early, call: str, outputs: tuple[str, ...], fresh: tuple[str, str]
    ) -> tuple[tuple[int, str], ...]:
        """The lines of the caller with their depth of indentation; `fresh` are a truth and a value."""
        ...
