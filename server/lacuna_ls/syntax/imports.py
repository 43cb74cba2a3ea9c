"""The modules that a file names, by `grammars/<language>/imports.scm`."""

import re
from collections.abc import Iterator
from functools import cache
from textwrap import dedent

import tree_sitter

from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import Language, grammars_folder, parser_language

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_RUN_AS_PROGRAM = re.compile(rf"(?<!\S)-m\s+({_DOTTED.pattern})")


def mentioned_modules(data: bytes, language: Language) -> frozenset[str]:
    """Dotted names that a file imports or may import, with a dot before them for each level up.

    `from a import b` gives `a.b`, because `b` may be a module. A name in a string counts if the
    string is nothing else (`a.b:c` is `a.b.c`), or a program that imports it. Empty for a language
    without such a query.
    """
    query = _query(language)
    if query is None:
        return frozenset()
    root = parse(data, language).root_node
    found: set[str] = set()
    for _, captured in tree_sitter.QueryCursor(query).matches(root):
        texts = {name: _text(nodes[0]) for name, nodes in captured.items()}
        if "text" in texts:
            found.update(_in_text(texts["text"], language))
        elif "module" in texts:
            found.add(texts["module"])
        else:
            member = "" if texts["from"].endswith(".") else "."
            found.add(texts["from"] + member + texts["name"])
    return frozenset(found)


def _in_text(text: str, language: Language) -> Iterator[str]:
    dotted = text.replace(":", ".", 1)
    if _DOTTED.fullmatch(dotted):
        yield dotted
        return
    yield from _RUN_AS_PROGRAM.findall(text)
    if "import" in text:
        yield from mentioned_modules(dedent(text).encode("utf-8", "replace"), language)


def _text(node: tree_sitter.Node) -> str:
    # Blanks may stand around the dots of a name.
    text = (node.text or b"").decode("utf-8", "replace")
    return text if node.type == "string_content" else re.sub(r"\s+", "", text)


@cache
def _query(language: Language) -> tree_sitter.Query | None:
    path = grammars_folder() / language.name / "imports.scm"
    if not path.is_file():
        return None
    return tree_sitter.Query(parser_language(language), path.read_text("utf-8"))
