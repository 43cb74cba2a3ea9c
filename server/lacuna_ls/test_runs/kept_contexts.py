"""What tests executed as bytes, and back; what was damaged or is of another form is no contexts."""

import json
import zlib
from array import array
from typing import Any

from lacuna_ls.test_runs.contexts import Contexts, Dependency, FileContext, TestContext

_MOST_BYTES = 256 << 20


def to_bytes(contexts: Contexts) -> bytes:
    """Of all that is known, without what no test depends on any more."""
    kept = contexts.compacted()
    files = {
        file: [
            known.world,
            {test: [list(c.dependencies), c.unproven] for test, c in known.tests.items()},
        ]
        for file, known in kept.files.items()
    }
    dependencies = [[each.path, each.unit, each.digest] for each in kept.dependencies]
    return zlib.compress(json.dumps([dependencies, files]).encode("ascii"), 1)


def from_bytes(data: bytes) -> Contexts:
    """What `to_bytes` was given.

    Raises:
        ValueError: these are no such bytes.
    """
    try:
        dependencies, files = json.loads(_unpacked(data))
        contexts = Contexts()
        for path, unit, digest in dependencies:
            contexts.number(Dependency(str(path), str(unit), str(digest)))
        count = len(contexts.dependencies)
        for file, (world, tests) in files.items():
            known = {test: _context(numbers, why, count) for test, (numbers, why) in tests.items()}
            contexts.files[file] = FileContext(str(world), known)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("the record of what tests execute is damaged") from error
    return contexts


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, _MOST_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacker.eof:
        raise ValueError("cut off")
    return text


def _context(numbers: Any, why: Any, count: int) -> TestContext:
    found = array("I", numbers)
    if any(number >= count for number in found):
        raise ValueError("a number of nothing")
    return TestContext(found, str(why))
