"""How long a prompt may be, in tokens that nobody but the server can count.

Where it counts for us (`/tokenize` of llama.cpp, vLLM and others) its count decides. Elsewhere a prompt
is as long as it can surely be: no token is shorter than a byte, and how many bytes a token of code takes
here is known only from what the server itself has counted, of which the least is taken, and less. A
server that refuses a prompt for its length is believed.
"""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from lacuna_ls.adapters.endpoint.connection import Connection
from lacuna_ls.adapters.endpoint.prompt import Prompt
from lacuna_ls.adapters.endpoint.refusal import Refusal
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import encode

log = logging.getLogger(__name__)

_AT_FIRST = 3.0
_FEWEST, _MOST = 1.0, 4.0
_CAUTION = 0.8
_MOST_FITS = 4
_FEWEST_COUNTED = 24
_JOINTS = 16
"""Tokens by which two texts with a common head and tail may differ besides what is between."""

_RARE = bytes(range(128, 256))
_TOO_LONG = re.compile(
    r"(?i)context|too (?:long|large|many)|maximum.{0,30}(?:length|tokens)|token limit|exceed"
)
_TOKENIZE = "/tokenize"

Make = Callable[[float], Prompt | None]


class Budget:
    """Of one endpoint's model. `measured` is what the probe has seen of bytes and tokens."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._counts: bool | None = None
        self._bytes_per_token = _AT_FIRST
        self._least: float | None = None
        self._checked: tuple[str, int] | None = None

    async def fitting(self, make: Make, room: int, measured: float | None) -> Prompt | None:
        """The longest prompt of at most `room` tokens; what `make` gives for bytes per token."""
        if self._least is None and measured is not None:
            self.counted(round(measured * _FEWEST_COUNTED), _FEWEST_COUNTED)
        for _ in range(_MOST_FITS):
            if self._counts is False:
                return self._estimated(make, room)
            prompt = make(self._bytes_per_token)
            text = _text(prompt)
            size = len(encode(text))
            if prompt is None or size <= room or self._surely_fits(text, room):
                return prompt
            count = await self._count(text)
            if count is not None and count <= room:
                self._checked = text, count
                return prompt
            if count is not None:
                now = min(size / count, self._bytes_per_token)
                self._bytes_per_token = max(now * 0.95, _FEWEST)
        return make(_FEWEST)

    def _estimated(self, make: Make, room: int) -> Prompt | None:
        """A byte that is not ASCII may be a token; of the others it takes some to make one."""
        bytes_per_token = self._estimate
        for _ in range(_MOST_FITS):
            prompt = make(bytes_per_token)
            data = encode(_text(prompt))
            common = len(data.translate(None, _RARE))
            tokens = len(data) - common + common / self._estimate
            if prompt is None or tokens <= room:
                return prompt
            bytes_per_token = max(bytes_per_token * room / tokens * 0.95, _FEWEST)
        return make(_FEWEST)

    def counted(self, size: int, tokens: Any) -> None:
        """What a server says of a prompt that it was sent: so many bytes, so many tokens."""
        if isinstance(tokens, int) and tokens >= _FEWEST_COUNTED:
            seen = min(max(size / tokens, _FEWEST), _MOST)
            self._least = seen if self._least is None else min(self._least, seen)

    def learnt(self, refusal: Refusal) -> bool:
        """Whether a prompt was refused for its length; the next one is shorter."""
        too_long = refusal.status in (400, 413, 422) and _TOO_LONG.search(refusal.message)
        if not too_long or self._shortest:
            return False
        self._counts = False
        self._least = max(self._estimate * 0.6 / _CAUTION, _FEWEST)
        return True

    @property
    def _estimate(self) -> float:
        return max(self._least * _CAUTION, _FEWEST) if self._least is not None else _FEWEST

    @property
    def _shortest(self) -> bool:
        return self._counts is False and self._estimate == _FEWEST

    def _surely_fits(self, text: str, room: int) -> bool:
        """Little has changed since the server has counted: no new token is shorter than a byte."""
        if self._checked is None:
            return False
        before, count = self._checked
        head = _common(before, text)
        tail = _common(before[head:][::-1], text[head:][::-1])
        changed = len(encode(text[head : len(text) - tail]))
        return count + changed + _JOINTS <= room

    async def _count(self, text: str) -> int | None:
        """The server's count; `None` where it has none, which is not asked for again."""
        body = {"model": self._connection.name, "content": text, "prompt": text, "text": text}
        try:
            answer = await (await self._connection.wire()).answered(_TOKENIZE, body)
        except (Refusal, ModelError) as error:
            log.info("%s counts no tokens: %s", self._connection.host, type(error).__name__)
            answer = None
        found = _tokens(answer)
        self._counts = found is not None
        return found


def _text(prompt: Prompt | None) -> str:
    return "" if prompt is None else prompt.with_context + prompt.suffix


def _tokens(answer: Any) -> int | None:
    if not isinstance(answer, Mapping):
        return None
    count, tokens = answer.get("count"), answer.get("tokens")
    if isinstance(count, int) and not isinstance(count, bool) and count > 0:
        return count
    return len(tokens) if isinstance(tokens, list) and tokens else None


def _common(a: str, b: str) -> int:
    """Length of the common prefix, by halving."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
