"""What is recorded of a failing test, in the form in which `messages` carries it."""

from typing import List, NamedTuple, Optional, Tuple


class ValueRecord(NamedTuple):
    """What a name held after a line: as text, the first time and the last."""

    name: str
    first: str
    last: str
    times: int


class LineRecord(NamedTuple):
    """A zero-based line in one call. `branches` are (the line that followed, how often)."""

    line: int
    times: int
    values: List[ValueRecord]
    branches: List[Tuple[int, int]]
    raised: str


class BlockRecord(NamedTuple):
    """One pass through a basic block; `number` counts those of the test, `values` are names
    and texts at its end.
    """  # noqa: D205

    number: int
    first_line: int
    last_line: int
    values: List[Tuple[str, str]]


class CallRecord(NamedTuple):
    """`arguments` are (name, text, literal or null); `caller` is (path, line, function)."""

    number: int
    arguments: List[Tuple[str, str, Optional[str]]]
    returned: Optional[str]
    returned_literal: Optional[str]
    raised: Optional[str]
    caller: Tuple[str, int, str]


class FunctionRecord(NamedTuple):
    """`lines` are those of the call that the failure speaks of; `line` is that of the `def`."""

    name: str
    line: int
    calls: int
    blocks_total: int
    lines: List[LineRecord]
    blocks: List[BlockRecord]
    captured: List[CallRecord]


class Recorded(NamedTuple):
    """What a failing test did in one function of the file at `path`; sent before `Finished`."""

    test_id: str
    path: str
    function: FunctionRecord


class Executed(NamedTuple):
    """What ran for one test, or for all tests of the process if `test_id` is empty.

    `new` are the code objects named for the first time, (absolute path, zero-based line, name);
    `code` are places in the list of all that were named so far. `opened` are absolute paths of
    files that were read and folders that were listed. With `unproven`, a clause, there is more that
    it depends on.
    """

    test_id: str
    new: List[Tuple[str, int, str]]
    code: List[int]
    opened: List[str]
    unproven: str
