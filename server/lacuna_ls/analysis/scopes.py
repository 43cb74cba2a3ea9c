"""Names: how one step of a program touches them, and which scope each belongs to.

Language-neutral data; a semantics module (`analysis.python`) fills it in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from lacuna_ls.domain.text import Span


class AccessKind(Enum):
    """`CAPTURE` is a nested scope that may read the name later; `CAPTURE_WRITE` one that may write it.

    `DECLARE` makes the name local without binding it (a bare annotation); `GLOBAL` and `NONLOCAL`
    are declarations.
    """

    READ = auto()
    WRITE = auto()
    DELETE = auto()
    CAPTURE = auto()
    CAPTURE_WRITE = auto()
    DECLARE = auto()
    GLOBAL = auto()
    NONLOCAL = auto()


# A tuple: the members of an enumeration are slow to hash.
BINDING = (AccessKind.WRITE, AccessKind.DELETE, AccessKind.DECLARE)
_GLOBAL, _NONLOCAL = AccessKind.GLOBAL, AccessKind.NONLOCAL


class Access(NamedTuple):
    """One touch of one name. `certain` is false where evaluation may skip it (`a and (b := c)`).

    A tuple, because a function has hundreds and a frozen dataclass takes four times as long to make.
    """

    kind: AccessKind
    name: str
    offset: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Bindings:
    """What a scope owns. `bound` excludes names declared global or nonlocal."""

    bound: frozenset[str]
    global_names: frozenset[str] = frozenset()
    nonlocal_names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Enclosing:
    """A function around the unit at hand, whose names the unit may read.

    `rebound` names are written by nested functions, so a copy of one may grow stale.
    """

    span: Span
    bindings: Bindings
    rebound: frozenset[str]


def bindings_of(accesses: Iterable[Access], parameters: Iterable[str] = ()) -> Bindings:
    """The bindings of a scope whose own steps make `accesses`."""
    bound: set[str] = set(parameters)
    declared_global: set[str] = set()
    declared_nonlocal: set[str] = set()
    for kind, name, _, _ in accesses:
        if kind in BINDING:
            bound.add(name)
        elif kind is _GLOBAL:
            declared_global.add(name)
        elif kind is _NONLOCAL:
            declared_nonlocal.add(name)
    return Bindings(
        frozenset(bound - declared_global - declared_nonlocal),
        frozenset(declared_global),
        frozenset(declared_nonlocal),
    )


def free_accesses(accesses: Iterable[Access], bindings: Bindings, offset: int) -> list[Access]:
    """What a nested scope takes from outside, as captures made at `offset`, one a name and kind.

    Names that it declares global are nobody's business but the module's and are left out.
    """
    taken: dict[tuple[AccessKind, str], Access] = {}
    for access in accesses:
        if access.name in bindings.bound or access.name in bindings.global_names:
            continue
        kind = AccessKind.CAPTURE
        if access.kind is AccessKind.CAPTURE_WRITE or access.kind in BINDING:
            kind = AccessKind.CAPTURE_WRITE
        elif access.kind in (AccessKind.GLOBAL, AccessKind.NONLOCAL):
            continue
        taken.setdefault((kind, access.name), Access(kind, access.name, offset))
    return list(taken.values())
