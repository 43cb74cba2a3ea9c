"""What is said to a model: the text around the cursor and its context, no longer than fits.

The head of a prompt stays the same from keystroke to keystroke, because servers keep what they have
computed of it: context that changes seldom comes first, and where the file's beginning has to be
left out it is left out in large steps.
"""

from dataclasses import dataclass

from lacuna_ls.ports.language_model import CompletionRequest, Excerpt, PromptedRequest

_PREFIX_SHARE, _SUFFIX_SHARE = 0.6, 0.2
_MOST_BYTES = 24_000
_LEAST_ROOM_TOKENS = 64
RESERVED_TOKENS, CHAT_RESERVED_TOKENS = 64, 224
"""For control tokens, and for what a conversation needs besides."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Texts as they are sent; `context` has not been put in front of `prefix` yet."""

    prefix: str
    suffix: str
    context: tuple[Excerpt, ...]
    line_comment: str

    @property
    def with_context(self) -> str:
        """The prefix, and before it the context as comments."""
        return commented(self.context, self.line_comment) + self.prefix


def room_tokens(context_tokens: int, answer_tokens: int, reserved_tokens: int) -> int:
    """How many tokens a prompt may have beside its answer."""
    return max(context_tokens - answer_tokens - reserved_tokens, _LEAST_ROOM_TOKENS)


def fitted(request: CompletionRequest, room: int, bytes_per_token: float) -> Prompt:
    """The prompt of a request, of at most `room` tokens of so many bytes."""
    most = min(int(room * bytes_per_token), _MOST_BYTES)
    prefix = _end_of(request.prefix, int(most * _PREFIX_SHARE))
    suffix = _start_of(request.suffix, int(most * _SUFFIX_SHARE))
    left = most - len(prefix.encode("utf-8", "replace")) - len(suffix.encode("utf-8", "replace"))
    given = request.context if isinstance(request, PromptedRequest) else ()
    comment = request.line_comment if isinstance(request, PromptedRequest) else "#"
    return Prompt(prefix, suffix, _within(given, left, comment), comment)


def commented(context: tuple[Excerpt, ...], line_comment: str) -> str:
    """Excerpts as comments of the language."""
    lines: list[str] = []
    for excerpt in context:
        lines += [f"{line_comment} {excerpt.name}:"]
        lines += [f"{line_comment} {line}".rstrip() for line in excerpt.text.splitlines()]
    return "".join(f"{line}\n" for line in lines)


def _within(
    context: tuple[Excerpt, ...], most_bytes: int, line_comment: str
) -> tuple[Excerpt, ...]:
    """Those excerpts, in order, that fit."""
    kept: list[Excerpt] = []
    left = most_bytes
    for excerpt in context:
        size = len(commented((excerpt,), line_comment).encode("utf-8", "replace"))
        if size <= left:
            kept.append(excerpt)
            left -= size
    return tuple(kept)


def _end_of(text: str, most: int) -> str:
    """The end of a text from the start of a line on; the start moves rarely as the text grows."""
    if len(text.encode("utf-8", "replace")) <= most:
        return text
    step = max(most // 3, 1)
    while len(text.encode("utf-8", "replace")) > most:
        over = len(text) - most
        cut = max(-(-over // step) * step, 1) if over > 0 else max(len(text) // 8, 1)
        line = text.find("\n", cut - 1)
        text = text[line + 1 :] if line >= 0 else text[cut:]
    return text


def _start_of(text: str, most: int) -> str:
    """The start of a text up to the end of a line."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return text
    kept = data[:most].decode("utf-8", "ignore")
    return kept[: kept.rfind("\n") + 1] or kept
