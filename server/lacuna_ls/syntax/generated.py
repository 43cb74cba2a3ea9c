"""Whether a program wrote a file, by what its head says: nobody edits such a file by hand."""

import re

_GENERATED = re.compile(
    rb"^[ \t]*(?:#|//|/?\*).*"
    rb"(?:@generated|auto-?generated|generated (?:by|from)|do not (?:edit|modify))",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD_BYTES = 1_500


def is_generated(data: bytes) -> bool:
    """Whether a comment at the head of the file says that a program wrote it."""
    return _GENERATED.search(data, 0, _HEAD_BYTES) is not None
