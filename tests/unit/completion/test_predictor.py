"""The key of a calibration changes with everything that shapes a completion."""

from dataclasses import replace

import pytest

from lacuna_ls.completion import predictor
from lacuna_ls.holes.partial_program import WeightKind
from lacuna_ls.syntax.languages import by_language_id, languages

PYTHON = next(known for known in languages() if known.name == "python")


@pytest.fixture
def key():
    """The key without its cache, so that what it is made of can be changed."""
    return predictor.key.__wrapped__


def test_the_same_predictor_has_the_same_key(key):
    assert key("m", PYTHON) == key("m", PYTHON)


def test_another_model_is_another_predictor(key):
    assert key("m", PYTHON) != key("m2", PYTHON)


def test_another_language_is_another_predictor(key):
    assert key("m", PYTHON) != key("m", by_language_id("javascript"))


@pytest.mark.parametrize(
    "change",
    [{"solid_nodes": ()}, {"verbatim_nodes": ()}, {"grammar": "tree_sitter_other:language"}],
)
def test_another_grammar_is_another_predictor(key, change):
    assert key("m", PYTHON) != key("m", replace(PYTHON, **change))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REFERENCE_THRESHOLDS", (0.1,)),
        ("LEAST_OF_BLOCK", 0.1),
        ("WEIGHT", WeightKind.TOKENS),
        ("HOLE_COUNTS", (1,)),
    ],
)
def test_a_constant_of_the_engine_is_part_of_the_predictor(key, monkeypatch, name, value):
    before = key("m", PYTHON)
    monkeypatch.setattr(predictor, name, value)
    assert key("m", PYTHON) != before


def test_a_parameter_of_the_question_is_part_of_the_predictor(key, monkeypatch):
    before = key("m", PYTHON)
    asked = predictor.request
    monkeypatch.setattr(predictor, "request", lambda *a: replace(asked(*a), temperature=0.7))
    assert key("m", PYTHON) != before


def test_the_code_that_chooses_holes_is_part_of_the_predictor():
    names = {name for name, _ in predictor.sources()}
    assert {"lacuna_ls.holes/matcher.py", "lacuna_ls.completion/postprocess.py"} <= names
    assert all(name.endswith(".py") for name in names)
