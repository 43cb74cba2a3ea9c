"""What holds of every folder of `grammars/`."""

from importlib import import_module
from pathlib import PurePath

import pytest

from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import Language, by_language_id, by_path, languages

EVERY = pytest.mark.parametrize("language", languages(), ids=lambda language: language.name)


@EVERY
def test_an_empty_file_parses(language: Language):
    assert not parse(b"", language).root_node.has_error


@EVERY
def test_its_ids_and_suffixes_lead_to_it_alone(language: Language):
    assert {by_language_id(language_id) for language_id in language.language_ids} == {language}
    assert {by_path(PurePath(f"a{suffix}")) for suffix in language.suffixes} == {language}


@EVERY
def test_the_modules_that_it_names_exist(language: Language):
    named = [module for module in (language.semantics, language.templates) if module]
    assert [import_module(module).__name__ for module in named] == named


@EVERY
def test_the_node_types_that_it_names_are_of_its_grammar(language: Language):
    grammar = parse(b"", language).language
    known = {grammar.node_kind_for_id(number) for number in range(grammar.node_kind_count)}
    named = {*language.definition_nodes, *language.solid_nodes, *language.verbatim_nodes}
    assert named <= known
