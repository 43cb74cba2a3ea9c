"""What a failing test did, line by line, as its process recorded it.

Texts are bounded reprs without control characters. Lines are zero-based.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SeenValue:
    """What a name held after a line; `return` and `yield` name what the line gave away.

    `first` and `last` are those of `count` times in one call.
    """

    name: str
    first: str
    last: str
    count: int


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line in one call. `branches` are (the line that followed, how often) where it can branch.

    `raised` is the last exception that came up there, empty if none did.
    """

    line: int
    count: int
    values: tuple[SeenValue, ...] = ()
    branches: tuple[tuple[int, int], ...] = ()
    raised: str = ""


@dataclass(frozen=True, slots=True)
class BlockPass:
    """One pass through a basic block; `number` counts those of the whole test, in order.

    `values` are names that the block mentions and what they held at its end.
    """

    number: int
    first_line: int
    last_line: int
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Argument:
    """`literal` is Python that makes an equal value; `None` where there is none, or it is long."""

    name: str
    text: str
    literal: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    path: Path
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class CapturedCall:
    """One call: its arguments as they came in, and how it ended.

    `number` orders the ends of the calls of a test. Neither `returned` nor `raised` if the call
    had not ended when the test failed.
    """

    number: int
    arguments: tuple[Argument, ...]
    returned: str | None
    returned_literal: str | None
    raised: str | None
    caller: Caller


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """One function of a file: `line` is that of its name.

    `lines` are of the call that the failure speaks of. `blocks` and `captured` are the first and
    the last few of `blocks_total` and `calls`, in the order in which they began and ended.
    """

    path: Path
    name: str
    line: int
    calls: int
    blocks_total: int
    lines: tuple[LineFacts, ...] = ()
    blocks: tuple[BlockPass, ...] = ()
    captured: tuple[CapturedCall, ...] = ()
