"""What code ran for a test."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Code:
    """A code object by where it starts; `line` is zero-based, that of its first decorator."""

    path: Path
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Execution:
    """What ran for one test, or for all tests of a run if `test_id` is empty.

    `opened` are files that were read and folders that were listed. If `unproven` says something, a
    clause, the test depends on more than this.
    """

    test_id: str
    code: frozenset[Code]
    opened: frozenset[Path]
    unproven: str = ""
