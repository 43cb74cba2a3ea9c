"""A completion while it is cut and indented: its bytes, and which token each of them is of."""

from dataclasses import dataclass, replace
from itertools import groupby

from lacuna_ls.domain.completion import Completion, FinishReason, Token
from lacuna_ls.domain.text import Span, decode, encode


@dataclass(frozen=True, slots=True)
class Draft:
    """`owners[i]` is the index of the token that byte `i` comes from."""

    data: bytes
    owners: tuple[int, ...]

    @classmethod
    def of(cls, completion: Completion) -> "Draft":
        data = encode(completion.text)
        owners = [-1] * len(data)
        for index, token in enumerate(completion.tokens):
            owners[token.span.start : token.span.end] = [index] * len(token.span)
        return cls(data, tuple(owners[: len(data)]))

    @property
    def text(self) -> str:
        return decode(self.data)

    def slice(self, start: int, end: int) -> "Draft":
        return Draft(self.data[start:end], self.owners[start:end])

    def replaced(self, span: Span, new: bytes) -> "Draft":
        """What is put in belongs to the token whose place it takes, or that it stands before."""
        owner = self.owners[min(span.start, len(self.owners) - 1)] if self.owners else -1
        return Draft(
            self.data[: span.start] + new + self.data[span.end :],
            self.owners[: span.start] + (owner,) * len(new) + self.owners[span.end :],
        )

    def with_line_ends(self, line_end: bytes) -> "Draft":
        r"""The same with these ends in place of its `\n`."""
        draft, at = self, len(self.data)
        while line_end != b"\n" and (at := self.data.rfind(b"\n", 0, at)) >= 0:
            draft = draft.replaced(Span(at, at + 1), line_end)
        return draft

    def completion(self, said: Completion) -> Completion:
        """The draft as a completion of its own, whose tokens tile it.

        Where the text was cut the model believed in going on, or in stopping: the number of the first
        token that was cut off says which. It is `None` where nobody said.
        """
        tokens: list[Token] = []
        start = 0
        for owner, run in groupby(self.owners):
            end = start + len(list(run))
            token = said.tokens[owner] if owner >= 0 else Token(Span(start, end), None)
            tokens.append(replace(token, span=Span(start, end)))
            start = end
        last = self.owners[-1] if self.owners else -1
        following = said.tokens[last + 1] if 0 <= last < len(said.tokens) - 1 else None
        stop = following.logprob if following is not None else said.end_logprob
        return Completion(self.text, tuple(tokens), stop, FinishReason.STOP, said.model_id)
