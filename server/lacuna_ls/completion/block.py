"""What a line opens, gone on with to where it is closed: shown below the line, as one hole.

The claim is measured on lines. So the line is what it would be without its block, and the block is
a tab stop of its own, in which the claim promises nothing. Of a line that is doubted towards its end
the sure beginning is still worth showing; a block is taken whole or not at all, and its tokens are
likely one by one long before all of them together are. So it is offered where the model gives enough
to the line and all of it together, and where nothing stands in its place yet.
"""

import re
from dataclasses import replace
from math import exp
from pathlib import Path

from lacuna_ls.completion import predictor
from lacuna_ls.completion.postprocess import ParseCheck, hides_something
from lacuna_ls.completion.proposal import Proposal
from lacuna_ls.domain.completion import Completion, FinishReason
from lacuna_ls.domain.text import Span, decode, encode
from lacuna_ls.ports.language_model import LanguageModel, collect
from lacuna_ls.syntax.document import Document

MAX_TOKENS = 120

_OPENS = re.compile(rb"[:,(\[{]\s*$")
_INDENT = re.compile(rb"[ \t]*")


async def block_below(
    document: Document, offset: int, model: LanguageModel, path: Path | None, proposal: Proposal
) -> bytes:
    """The lines that close the statement of the proposal's line, from its line end on; or nothing.

    Raises:
        ModelError: the model could not answer.
    """
    if not model.capabilities.blocks or not _is_open(document, offset, proposal):
        return b""
    assert document.language is not None
    question = replace(
        predictor.request(document.data, offset, document.language, path),
        stop=(),
        n=1,
        top_logprobs=0,
        max_tokens=MAX_TOKENS,
    )
    found = await collect(model, question)
    if not found or found[0].finish is not FinishReason.STOP:
        return b""
    text = encode(found[0].text)
    block = text[len(proposal.text) :].replace(b"\n", document.source.line_end())
    if not text.startswith(proposal.text) or not block:
        return b""
    if _probability(found[0]) < predictor.LEAST_OF_BLOCK:
        return b""
    return block if _fits(proposal, block) else b""


def _probability(completion: Completion) -> float:
    """Of all of it; 0 where that is not known."""
    logprobs = [*(token.logprob for token in completion.tokens), completion.end_logprob]
    known = [logprob for logprob in logprobs if logprob is not None]
    return exp(sum(known)) if len(known) == len(logprobs) else 0.0


def _is_open(document: Document, offset: int, proposal: Proposal) -> bool:
    """Whether the line is shown whole, opens something, and nothing belongs to it yet."""
    source = document.source
    number = source.line_at(offset)
    line = source.line_span(number)
    all_of_it = Span(0, len(encode(proposal.completion.text)))
    whole = proposal.ends and proposal.shown.kept == all_of_it
    behind = document.data[offset : max(offset, line.end)].strip()
    if not whole or behind or _OPENS.search(proposal.text) is None:
        return False
    below = (source.line_span(n) for n in range(number + 1, len(source.line_starts)))
    texts = (document.data[span.start : span.end] for span in below)
    next_line = next((text for text in texts if text.strip()), b"")
    return _width(next_line) <= _width(document.data[line.start : line.end])


def _fits(proposal: Proposal, block: bytes) -> bool:
    """Whether the file parses no worse with the block, and a reader sees all of it."""
    if any(hides_something(line) for line in re.split(r"\r?\n", decode(block))):
        return False
    check = ParseCheck(proposal.near, proposal.offset)
    return check.passed(proposal.text + block, ends=False) is not None


def _width(line: bytes) -> int:
    indent = _INDENT.match(line)
    return len(indent[0].expandtabs(4)) if indent else 0
