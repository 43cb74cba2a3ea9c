"""Tests that are calls with a name, by `grammars/<language>/tests.scm`."""

from functools import cache

import tree_sitter

from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import Language, grammars_folder, parser_language
from lacuna_ls.syntax.nodes import span_of


def called_tests(document: Document) -> dict[Span, Span]:
    """The spans of such calls, with those of their names; none in a language without the query."""
    query = None if document.language is None else _query(document.language)
    if query is None or document.tree is None:
        return {}
    found: dict[Span, Span] = {}
    for _, captured in tree_sitter.QueryCursor(query).matches(document.tree.root_node):
        found[span_of(captured["test"][0])] = span_of(captured["name"][0])
    return found


@cache
def _query(language: Language) -> tree_sitter.Query | None:
    path = grammars_folder() / language.name / "tests.scm"
    if not path.is_file():
        return None
    return tree_sitter.Query(parser_language(language), path.read_text("utf-8"))
