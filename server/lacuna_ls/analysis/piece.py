"""What a definition in a text of its own turns out to be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """`outside` are those of the names asked about that it looks up in the module or the builtins."""

    outside: frozenset[str] = frozenset()
    is_async: bool = False
    is_generator: bool = False
