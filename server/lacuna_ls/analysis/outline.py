"""A function in outline: its runs of statements, and what makes it hard to read."""

from dataclasses import dataclass

from lacuna_ls.syntax.nodes import Node


@dataclass(frozen=True, slots=True)
class Increment:
    """What one construct, at byte `offset`, adds to the cognitive complexity of its function."""

    offset: int
    amount: int


@dataclass(frozen=True, slots=True)
class Outline:
    """`suites` are the statements of each block of the function's own scope, its body first.

    `increments` are in the order of the source, at the nesting that they have in the function.
    """

    suites: tuple[tuple[Node, ...], ...]
    increments: tuple[Increment, ...]
