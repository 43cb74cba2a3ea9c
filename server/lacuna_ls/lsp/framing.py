r"""Messages out of a stream of bytes, whatever the pieces it arrives in.

Lenient where no message can be lost by it: header names in any case, unknown headers, `\n` alone
as a line end, and lines that are no header at all are skipped.
"""

import logging
import re

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1 << 30
_MAX_HEADER_BYTES = 1 << 16
_CONTENT_LENGTH = re.compile(rb"content-length\s*:\s*(\d{1,18})\s*", re.IGNORECASE)


class FramingError(Exception):
    """The stream announces a message too large to be one; nothing after it can be trusted."""


class Framing:
    """Feed it what was read; it gives the bodies of the messages that are complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._body_bytes: int | None = None
        self._announced: int | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Bodies that `data` completes, in order.

        Raises:
            FramingError: a body above `MAX_BODY_BYTES` is announced.
        """
        self._buffer += data
        bodies: list[bytes] = []
        while True:
            if self._body_bytes is None and not self._header_line():
                return bodies
            if self._body_bytes is not None:
                if len(self._buffer) < self._body_bytes:
                    return bodies
                bodies.append(bytes(self._buffer[: self._body_bytes]))
                del self._buffer[: self._body_bytes]
                self._body_bytes = None

    def _header_line(self) -> bool:
        """Take one line off the buffer; false if there is no whole line yet."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > _MAX_HEADER_BYTES:
                log.warning("%d bytes without a header are dropped", len(self._buffer))
                self._buffer.clear()
            return False
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        if not line:
            self._body_bytes, self._announced = self._announced, None
        elif match := _CONTENT_LENGTH.fullmatch(line):
            self._announced = int(match[1])
            if self._announced > MAX_BODY_BYTES:
                raise FramingError(f"a message of {self._announced} bytes")
        return True
