"""What the server and the test process say to each other: bounded frames of JSON on one socket.

A message is a named tuple of JSON values; on the wire it is an array whose first item is its name.
A frame's first byte says who wrote it, so that code under test, which can write to the pipe of
its own process, cannot speak as the supervisor that watches it.
"""

import json
import os
import struct
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from . import records

MAX_FRAME_BYTES = 1 << 20
HEADER = struct.Struct(">BI")

SUPERVISOR = 0
TESTS = 1
CONTENTS = 2
OUTPUT = 3

# How much longer than its processor time a candidate may take on a machine that has other work.
WAITING_FACTOR = 3.0


class FileContents(NamedTuple):
    """Contents of `path` for a run; `size` bytes follow in frames of their own."""

    path: str
    size: int


class Prepare(NamedTuple):
    """Get ready for runs in `root`; the first message to the worker, and sent again with more.

    `modules` are (name, origin) that earlier runs imported, in their order; what is in `avoid` is
    not imported ahead of a run. With `spare`, runs are not forks of the worker.
    """

    root: str
    modules: List[Tuple[str, str]]
    avoid: List[str]
    spare: bool = False


class Prepared(NamedTuple):
    """The worker is ready, unless importing `spoilt_by` ahead left traces that a run would see.

    With `threads`, what it left is that the process cannot fork.
    """

    spoilt_by: str
    threads: bool = False


class Request(NamedTuple):
    """A run; the contents of `overlays` files follow it once the worker is `Ready`.

    With `screening`, contents follow as long as the server likes, one screened after the
    other; else it is one plain run. `scratch` is an empty folder that belongs to this run.
    `threads` may be started beyond those that the user runs already. `collecting_s` is what a
    candidate may take beyond `wall_s`, until its tests have been collected. Where `only` names
    tests, the others of the targets are left out. With `contexts` it is told what code each
    executes. With `backwards` they run in the reverse of their order, with `up_to_red` no further
    than to the first red one.
    """

    root: str
    targets: List[str]
    doctests: List[str]
    arguments: List[str]
    trace: List[str]
    facts: List[str]
    scratch: str
    nonce: str
    overlays: int
    screening: bool
    wall_s: float
    collecting_s: float
    cpu_s: float
    memory_bytes: int
    threads: int
    niceness: int
    observe: Any = None
    only: Tuple[str, ...] = ()
    contexts: bool = False
    backwards: bool = False
    up_to_red: bool = False


class Observe(NamedTuple):
    """What a `Request` is to observe, if anything: see `lacuna_ls.ports.code_runner`.

    The last `variants` of the request's overlays are texts of the file at `path`; while the tests
    run, that of index `base` stands there. `library` is a folder with Hypothesis, or empty.
    `probes` are calls as code; what a call gives is given to the function `then`, if there is one.
    With `rounds` the variants are timed against the original, so often, instead: see
    `lacuna_ls.ports.code_timer`.
    """

    path: str
    function: str
    variants: int
    base: int
    inputs: int
    mutated: int
    generated: int
    library: str
    probes: List[str]
    then: str
    seed: int
    call_s: float
    wall_s: float
    rounds: int = 0
    rounds_below: int = 0
    sample_s: float = 0.0
    large_s: float = 0.0
    ways: Tuple[Any, ...] = ()


class Grown(NamedTuple):
    """The ways in which inputs were made larger: call, arguments, manner, and the factor of each.

    `lines` say where the original's time goes on the largest: zero-based line, how often it ran, and
    its share of the time with what it calls.
    """

    ways: List[Any]
    lines: Tuple[Any, ...] = ()


class Timed(NamedTuple):
    """How long the original and a variant took on one input, in nanoseconds a call, in pairs.

    `level` is 0 for an input of the tests, else the input is one of five sizes, the fifth the
    largest, made in the way with the number `growth`; `size` is how much it holds. If the two do not
    do the same on it, `equal` is false, and nothing was measured. If the function `waits`, it is time
    on the clock, not of the processor. `peaks` are the bytes that each has at most at a time, where
    that was measured.
    """

    variant: int
    level: int
    growth: int
    size: int
    equal: bool
    waits: bool
    original_ns: List[float]
    variant_ns: List[float]
    peaks: Tuple[int, ...] = ()


class Observed(NamedTuple):
    """What each variant did on one input.

    A behaviour is (status, exact form, loose form, value shown, exception, message, loose form of
    the arguments after the call, whether that changed them, form of what was printed, loose form of
    what came of it `then`). `expected` is the loose form of what the documentation says of the call,
    `expected_code` that as code, `first` the loose form of the first argument.
    """

    call: str
    code: str
    kind: str
    test_id: str
    steady: bool
    behaviours: List[List[Any]]
    expected: str
    expected_code: str
    first: str


class Ready(NamedTuple):
    """The worker takes the request."""


class Changed(NamedTuple):
    """What the worker has imported is not what is installed now: the request is for another."""


class Stop(NamedTuple):
    """End whatever the request has started; every request is followed by one of these."""


class Stopped(NamedTuple):
    """Nothing of the last request is left."""


class NoFramework(NamedTuple):
    """The interpreter has no pytest."""

    interpreter: str


class Collected(NamedTuple):
    """Some of the tests that will run."""

    test_ids: List[str]


class FailureRecord(NamedTuple):
    """`frames` are (absolute path, zero-based line, function), outermost first.

    `names` are those that the code of the test refers to, in the order of their first use.
    `example` is what a tool that generates inputs says of the one that failed.
    """

    exception: str
    message: str
    frames: List[Tuple[str, int, str]]
    names: Tuple[str, ...] = ()
    example: str = ""


class CollectionFailed(NamedTuple):
    """A file could not be collected; `test_id` names it."""

    test_id: str
    failure: Any


class Loaded(NamedTuple):
    """(name, origin) of installed modules that can be imported ahead of the next run."""

    modules: List[Tuple[str, str]]


class Started(NamedTuple):
    test_id: str


class Finished(NamedTuple):
    """`covered` are (absolute path, zero-based lines), `failure` is a `FailureRecord` or null.

    `names` are those that the code of the test refers to, in the order of their first use.
    """

    test_id: str
    outcome: str
    duration_s: float
    failure: Any
    covered: List[Tuple[str, List[int]]]
    names: List[str]


class Broken(NamedTuple):
    """pytest gave up for a reason that is no test's."""

    reason: str


class Unseen(NamedTuple):
    """A test starts a program that sees the disk and not the contents shown in its place."""

    program: str


class Done(NamedTuple):
    """pytest came to its end; only the process that was given the nonce can say so."""

    nonce: str
    exit_code: int


class Hung(NamedTuple):
    """Where the tests were when their time was over, in the form of `FailureRecord.frames`."""

    frames: List[Tuple[str, int, str]]


class Ended(NamedTuple):
    """The supervisor's word on the test process: how it ended and whether it had to be stopped.

    `wall_s` is the time it was given, `confined` the tier that held it (empty: none).
    """

    exit_code: int
    signal: int
    timed_out: bool
    confined: str
    elapsed_s: float
    wall_s: float


_KINDS: Dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        FileContents, Prepare, Prepared, Request, Ready, Changed, Stop, Stopped, NoFramework, Collected,
        CollectionFailed, Loaded, Started, Finished, records.Recorded, records.Executed, Broken, Unseen, Done, Hung, Ended, Observed, Timed, Grown,
    )
}  # fmt: skip


def encode(message: Any) -> bytes:
    """JSON of a message.

    Raises:
        ValueError: the message is larger than a frame may be.
    """
    data = json.dumps([type(message).__name__, *message]).encode("ascii")
    if len(data) > MAX_FRAME_BYTES:
        raise ValueError("a message of {} bytes is larger than a frame".format(len(data)))
    return data


def decode(data: bytes) -> Any:
    """The message in a frame.

    Raises:
        ValueError: these bytes are no message.
    """
    try:
        name, *fields = json.loads(data)
        return _KINDS[name](*fields)
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not a message") from error


def frame(channel: int, payload: bytes) -> bytes:
    return HEADER.pack(channel, len(payload)) + payload


def contents_frames(path: str, data: bytes) -> Iterator[bytes]:
    """Frames that carry one file."""
    yield frame(SUPERVISOR, encode(FileContents(path, len(data))))
    for start in range(0, len(data), MAX_FRAME_BYTES):
        yield frame(CONTENTS, data[start : start + MAX_FRAME_BYTES])


class FrameBuffer:
    """Frames cut out of a stream of bytes."""

    def __init__(self) -> None:
        self._data = bytearray()

    def __bool__(self) -> bool:
        """Whether anything has come that was not taken."""
        return bool(self._data)

    def feed(self, data: bytes) -> None:
        self._data += data

    def take(self) -> Optional[Tuple[int, bytes]]:
        """The next whole frame as (channel, payload), `None` until there is one.

        Raises:
            ValueError: the stream announces a frame above the limit.
        """
        if len(self._data) < HEADER.size:
            return None
        channel, size = HEADER.unpack_from(self._data)
        if size > MAX_FRAME_BYTES:
            raise ValueError("a frame of {} bytes is above the limit".format(size))
        if len(self._data) < HEADER.size + size:
            return None
        payload = bytes(self._data[HEADER.size : HEADER.size + size])
        del self._data[: HEADER.size + size]
        return channel, payload


def write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
