"""Completions of a model that only converses: it is shown the file with a hole, and fills it."""

import re

from lacuna_ls.adapters.endpoint.prompt import Prompt, commented
from lacuna_ls.domain.text import Span, encode

_HOLE = "<HOLE/>"
_SYSTEM = (
    "You complete code. You are shown a file in which {hole} marks the cursor. Answer with exactly "
    "the text that replaces {hole}, and with nothing else: no explanation, no repetition of what "
    "stands around it, no Markdown. Keep the file's indentation and style, and be brief."
)
_FENCED = re.compile(r"\s*```[^\n`]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)


def messages(prompt: Prompt, language: str) -> list[dict[str, str]]:
    """The conversation that asks for one completion; what changes least comes first."""
    context = commented(prompt.context, prompt.line_comment)
    file = f"{prompt.prefix}{_HOLE}{prompt.suffix}"
    asked = f"{context}The file, in {language}:\n```\n{file}\n```"
    return [
        {"role": "system", "content": _SYSTEM.format(hole=_HOLE)},
        {"role": "user", "content": asked},
    ]


def filling(answer: str, prefix: str) -> Span:
    """The bytes of an answer that are code for the hole.

    Thoughts and a fence around all of it are left out, and the cursor's line if it is said again.
    """
    start, end = 0, len(answer)
    if thought := _THOUGHT.match(answer):
        start = thought.end()
    if fenced := _FENCED.match(answer, start):
        start, end = fenced.span(1)
    line = prefix.rpartition("\n")[2]
    bare = line.strip()
    said = answer[start:end]
    if len(bare) >= 3:
        if said.startswith(line):
            start += len(line)
        elif said.lstrip().startswith(bare):
            start += len(said) - len(said.lstrip()) + len(bare)
    return Span(len(encode(answer[:start])), len(encode(answer[:end])))
