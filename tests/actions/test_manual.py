import ast
import inspect

import pytest

from lacuna_ls.cli import doctor_findings
from lacuna_ls.settings import RULES
from manual import FEATURES, PAGE, ROOT, SETTINGS_PAGE, actions, feature, manual, settings


def test_the_manual_says_what_the_examples_say():
    assert PAGE.read_text(encoding="utf-8") == manual(), "run: python tests/manual.py"


def test_the_manual_has_every_setting_as_it_is():
    assert SETTINGS_PAGE.read_text(encoding="utf-8") == settings(), "run: python tests/manual.py"


@pytest.mark.parametrize("page", FEATURES)
def test_the_page_of_a_feature_has_its_examples_and_settings(page):
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert text == feature(page), "run: python tests/manual.py"


def test_every_action_and_setting_is_on_the_page_of_a_feature():
    pages = FEATURES.values()
    shown = {module.__name__.rpartition(".")[2] for module in actions()}
    assert {name for names, _ in pages for name in names} == shown
    assert {name for _, names in pages for name in names} == {rule.name for rule in RULES}


def test_every_action_with_examples_says_what_it_does_and_why():
    for module in actions():
        doc = module.__doc__ or ""
        assert "What it does:" in doc, module.__name__
        assert "Why:" in doc, module.__name__


def test_each_problem_that_the_doctor_names_is_on_the_page_of_troubleshooting():
    tree = ast.parse(inspect.getsource(doctor_findings))
    named = [
        text.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "problem"
        for text in ast.walk(node.value)
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value
    ]
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    assert named
    assert [text for text in named if text.strip() not in page] == []
