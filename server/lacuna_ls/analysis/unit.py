"""One function, class body or module: what every analysis of it starts from."""

from dataclasses import dataclass, field
from enum import Enum, auto

from lacuna_ls.analysis.scopes import Access, Bindings, Enclosing, bindings_of
from lacuna_ls.analysis.spelling import Spelling
from lacuna_ls.analysis.structure import Block, steps_of
from lacuna_ls.syntax.nodes import Node


class UnitKind(Enum):
    FUNCTION = auto()
    CLASS = auto()
    MODULE = auto()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter with its annotation."""

    name: str
    annotation: Node


@dataclass(frozen=True, slots=True)
class Receiver:
    """The parameter through which a method reaches its class, and the decorator a sibling needs."""

    name: str
    decorator: str | None


@dataclass(frozen=True, slots=True)
class Unit:
    """`block` is the lowered body; nested units are single steps in it.

    A module's block is empty: it is lowered a few statements at a time, so that no question about
    a function costs more in a longer file.

    `generic` are its type parameters, each with its text; they are among `parameters`, too.

    `enclosing` are the functions around, innermost first. `statement` is the definition with its
    decorators, `outermost` the statement of the module that holds it.
    """

    kind: UnitKind
    node: Node
    body: Node
    block: Block
    parameters: tuple[str, ...]
    generic: tuple[tuple[str, str], ...]
    annotated: tuple[Parameter, ...]
    returns: Node | None
    is_async: bool
    is_generator: bool
    enclosing_class: Node | None
    receiver: Receiver | None
    enclosing: tuple[Enclosing, ...]
    in_class: bool
    statement: Node
    outermost: Node
    spelling: Spelling
    _bindings: Bindings = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bindings", bindings_of(self.accesses(), self.parameters))

    def accesses(self) -> tuple[Access, ...]:
        return tuple([a for step in steps_of(self.block) for a in step.accesses])

    def bindings(self) -> Bindings:
        return self._bindings
