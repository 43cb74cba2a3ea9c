r"""Code of any language as tokens that a count model can learn from, and back.

One regular expression, no states, so that incomplete code lexes as well as complete code. Operators
and keywords absorb the spaces beside them (` = `, `return `), strings and comments fall into words.
The tokens of a line concatenate to the line without its indentation. A line starts with a newline
token that carries its indentation relative to the last line that has text: `\n+4`, `\n-8`, `\n+0`;
a blank line is the token `\n`. Indentation is re-rendered in spaces, a tab as `TAB_WIDTH` of them:
that, and blanks on a blank line, is all that `render(lex(text))` may change.
"""

import re
from collections.abc import Iterator, Sequence

LEXER_VERSION = 1
TAB_WIDTH = 4

BLANK_LINE = "\n"
MAX_WORD = 64

_KEYWORDS = (
    "and|as|assert|async|await|break|case|catch|class|const|continue|def|del|elif|else|except|"
    "export|extends|finally|for|from|function|global|if|import|in|instanceof|is|lambda|let|new|"
    "nonlocal|not|of|or|raise|return|throw|try|typeof|var|while|with|yield"
)
_TOKEN = re.compile(
    rf"""
      \.(?:\.\.)?
    | [(\[{{]
    | [ ]*[)\]}}]
    | [,;][ ]*
    | [ ]*(?:{_KEYWORDS})\b[ ]*
    | [ ]*[^\W\d]\w{{0,{MAX_WORD - 1}}}
    | [ ]*(?:->|=>|:=|&&|\|\||\?\?|<<=?|>>=?|\*\*=?|//=?|===?|!==?|[<>+\-*/%&|^@=]=?)[ ]*
    | :[ ]*
    | [ ]*\d[\w.]{{0,{MAX_WORD - 1}}}
    | [ ]*(?:\"\"\"|'''|["'`])
    | [ ]*\#+[ ]*
    | \\.
    | [ ]+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


def split_lines(text: str) -> list[str]:
    r"""Lines without their ends; `\n`, `\r\n` and `\r` end a line, nothing else does."""
    if "\r" in text:
        text = normalise_line_ends(text)
    return text.split("\n")


def normalise_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def split_indent(line: str) -> tuple[int, str]:
    """Width of the indentation in columns, and the rest of the line."""
    content = line.lstrip(" \t\f")
    leading = line[: len(line) - len(content)]
    width = len(leading)
    if "\t" in leading or "\f" in leading:
        width = len(leading.replace("\f", "").expandtabs(TAB_WIDTH))
    return width, content


def lex_content(content: str) -> list[str]:
    """Tokens of a line without its indentation; they concatenate to `content`."""
    return _TOKEN.findall(content)


def newline_token(indent: int, previous_indent: int) -> str:
    return f"\n{indent - previous_indent:+d}"


def is_newline(token: str) -> bool:
    return token.startswith("\n")


def lex(text: str) -> list[str]:
    """All tokens of a text; its first line, like every other, starts with a newline token."""
    return [token for line in lex_lines(split_lines(text)) for token in line]


def lex_lines(lines: Sequence[str]) -> Iterator[list[str]]:
    """The tokens of each line, its newline token first."""
    previous_indent = 0
    for line in lines:
        indent, content = split_indent(line)
        if not content:
            yield [BLANK_LINE]
            continue
        yield [newline_token(indent, previous_indent), *lex_content(content)]
        previous_indent = indent


def render(tokens: Sequence[str]) -> str:
    """The text of `lex`'s tokens, with indentation in spaces and nothing on blank lines."""
    parts: list[str] = []
    indent = 0
    for token in tokens:
        if token == BLANK_LINE:
            parts.append("\n")
        elif is_newline(token):
            indent += int(token[1:])
            parts.append("\n" + " " * indent)
        else:
            parts.append(token)
    return "".join(parts)[1:]
