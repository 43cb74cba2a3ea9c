"""Log-probabilities as servers write them, laid over the bytes of the text that they speak of.

Two shapes are in use: parallel lists (`tokens`, `token_logprobs`, `top_logprobs`), and a list of
objects with a token's `bytes`. A token may be a part of a character; then its text is not a part of
the text. What does not fit is not repaired: a token whose number cannot be used has none, and a
text that its tokens do not spell has one token without a number.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lacuna_ls.domain.completion import Alternative, Token
from lacuna_ls.domain.text import Span, encode

_LOST = "\ufffd"
_ROUNDING = 1e-4
_LEAST = -1e6
# How some servers spell the bytes of a token that is no text: `bytes:\xf0\x9f`.
_SPELLED = re.compile(r"bytes:((?:\\x[0-9a-fA-F]{2})+)")
_CONTROL = re.compile(r"|<[^\s>]{1,40}>|\[[A-Z]{2,12}\]")


@dataclass(frozen=True, slots=True)
class Written:
    """One token as the server wrote it; `data` is `None` where only its text is known, with a loss."""

    text: str
    data: bytes | None
    logprob: float | None
    alternatives: tuple[Alternative, ...] = ()

    @property
    def is_control(self) -> bool:
        return _CONTROL.fullmatch(self.text) is not None


def read_logprobs(given: Any) -> tuple[Written, ...] | None:
    """The tokens of either shape, `None` if there are none to be read."""
    if isinstance(given, Mapping):
        if isinstance(given.get("content"), list):
            return _objects(given["content"])
        if isinstance(given.get("tokens"), list):
            return _lists(given)
        return None
    return _objects(given) if isinstance(given, list) else None


def _objects(items: Sequence[Any]) -> tuple[Written, ...]:
    return tuple(
        _written(
            item.get("token", item.get("content")),
            item.get("bytes"),
            None if _is_joined(item) else item.get("logprob"),
            _alternatives(item.get("top_logprobs")),
        )
        for item in items
        if isinstance(item, Mapping)
    )


def _is_joined(item: Mapping[str, Any]) -> bool:
    """Whether several tokens stand in one, with the number of the last alone.

    llama.cpp streams parts of a character together; among the most likely tokens stands the last
    one as it is.
    """
    tops = item.get("top_logprobs")
    for top in tops if isinstance(tops, list) else ():
        if isinstance(top, Mapping) and "id" in item and top.get("id") == item["id"]:
            return bool(top.get("bytes") != item.get("bytes"))
    return False


def _lists(given: Mapping[str, Any]) -> tuple[Written, ...]:
    tokens = given["tokens"]
    numbers, tops = given.get("token_logprobs"), given.get("top_logprobs")
    numbers = numbers if isinstance(numbers, list) else []
    tops = tops if isinstance(tops, list) else []
    # Lists of different lengths say which number is whose for no token at all.
    fits = len(numbers) == len(tokens)
    return tuple(
        _written(
            token,
            None,
            numbers[at] if fits else None,
            _alternatives(tops[at] if len(tops) == len(tokens) else None),
        )
        for at, token in enumerate(tokens)
    )


def _written(
    token: Any, given: Any, logprob: Any, alternatives: tuple[Alternative, ...]
) -> Written:
    text = token if isinstance(token, str) else ""
    return Written(text, _bytes(text, given), _usable(logprob), alternatives)


def _bytes(text: str, given: Any) -> bytes | None:
    if isinstance(given, list) and all(isinstance(b, int) and 0 <= b < 256 for b in given):
        return bytes(given)
    if spelled := _SPELLED.fullmatch(text):
        return bytes.fromhex(spelled[1].replace("\\x", ""))
    return None if _LOST in text else encode(text)


def _usable(logprob: Any) -> float | None:
    """A natural logarithm of a probability; what can be none is not made one."""
    if isinstance(logprob, bool) or not isinstance(logprob, int | float):
        return None
    if not _LEAST < logprob <= _ROUNDING:
        return None
    return min(float(logprob), 0.0)


def _alternatives(given: Any) -> tuple[Alternative, ...]:
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, list):
        pairs = [(i.get("token"), i.get("logprob")) for i in given if isinstance(i, Mapping)]
    else:
        return ()
    found = [
        Alternative(text, usable)
        for text, logprob in pairs
        if isinstance(text, str) and _LOST not in text and (usable := _usable(logprob)) is not None
    ]
    return tuple(sorted(found, key=lambda other: -other.logprob))


@dataclass(slots=True)
class Alignment:
    """Lays tokens over a text while both are still coming, each perhaps before the other.

    Tokens that come out tile the text from its start. Once something does not fit, nothing that
    follows has a number.
    """

    _data: bytes = b""
    _at: int = 0
    _waiting: list[Written] = field(default_factory=list)
    _fits: bool = True

    def more(self, text: str, written: Sequence[Written] | None) -> tuple[Token, ...]:
        """The tokens that stand now; `None` for `written` if the server gave none for this text."""
        self._data += encode(text)
        if written is None:
            self._fits = self._fits and not text
        elif self._fits:
            self._waiting += written
        return self._settled(done=False) if self._fits else self._rest()

    def finished(self) -> tuple[tuple[Token, ...], float | None]:
        """The remaining tokens, and the number of the end where the server gives one."""
        tokens = self._settled(done=True) if self._fits else ()
        end = None
        if self._fits and self._at == len(self._data) and len(self._waiting) == 1:
            (last,) = self._waiting
            if last.is_control:
                end = last.logprob
                self._waiting.clear()
        if self._waiting or self._at < len(self._data):
            # An empty token without a number says that the tokens were more than the text.
            span = Span(self._at, len(self._data))
            self._at = len(self._data)
            return (*tokens, Token(span, None)), None
        return tokens, end

    def _settled(self, *, done: bool) -> tuple[Token, ...]:
        tokens: list[Token] = []
        while self._waiting:
            count = self._lost_run()
            taken = self._across(count, done=done) if count else self._next()
            if taken is None:
                break
            tokens += taken
        if not self._fits:
            tokens += self._rest()
        return tuple(tokens)

    def _next(self) -> list[Token] | None:
        """The first waiting token, if its text is there."""
        first = self._waiting[0]
        assert first.data is not None
        there = self._data[self._at : self._at + len(first.data)]
        is_last = len(self._waiting) == 1
        if there != first.data and _LOST in first.text and self._is_next(encode(first.text)):
            # Bytes that are no text were replaced on the way, in the text and in the token alike.
            there = encode(first.text)
            first = replace(first, data=there)
        assert first.data is not None
        if there != first.data or (not first.data and is_last):
            # What the model ended with may be among the tokens and not in the text.
            self._fits = first.data.startswith(there) or (first.is_control and is_last)
            return None
        del self._waiting[0]
        span = Span(self._at, self._at + len(first.data))
        self._at = span.end
        return [Token(span, first.logprob, first.alternatives)] if len(span) else []

    def _is_next(self, data: bytes) -> bool:
        return self._data.startswith(data, self._at)

    def _lost_run(self) -> int:
        """How many waiting tokens, from the first, are of unknown bytes."""
        count = 0
        while count < len(self._waiting) and self._waiting[count].data is None:
            count += 1
        return count

    def _across(self, count: int, *, done: bool) -> list[Token] | None:
        """Tokens of unknown bytes share what stands before the next one that is known."""
        until = len(self._data)
        if count < len(self._waiting):
            known = self._waiting[count].data or b""
            until = self._data.find(known, self._at + count) if known else -1
            if until < 0:
                self._fits = not done
                return None
        elif not done:
            return None
        if until - self._at < count:
            self._fits = False
            return None
        tokens = [
            Token(Span(self._at + n, self._at + n + 1), each.logprob, each.alternatives)
            for n, each in enumerate(self._waiting[: count - 1])
        ]
        last = self._waiting[count - 1]
        tokens.append(Token(Span(self._at + count - 1, until), last.logprob, last.alternatives))
        del self._waiting[:count]
        self._at = until
        return tokens

    def _rest(self) -> tuple[Token, ...]:
        span = Span(self._at, len(self._data))
        self._at = span.end
        self._waiting.clear()
        return (Token(span, None),) if len(span) else ()


def part(tokens: Sequence[Token], kept: Span) -> tuple[Token, ...]:
    """Tokens of a slice of the text, `kept` in bytes; one that is cut in two keeps its number."""
    return tuple(
        Token(
            Span(
                max(token.span.start, kept.start) - kept.start,
                min(token.span.end, kept.end) - kept.start,
            ),
            token.logprob,
            token.alternatives,
        )
        for token in tokens
        if token.span.overlaps(kept)
    )
