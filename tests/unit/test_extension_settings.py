"""The extension's settings page says what the server takes: names, defaults, limits, scopes."""

import json
from pathlib import Path
from typing import Any

import pytest

import lacuna_ls
from lacuna_ls.settings import RULES, Rule, Settings

_REPOSITORY = Path(__file__).parents[2]
_MANIFEST = json.loads((_REPOSITORY / "client-vscode" / "package.json").read_text("utf-8"))
_PROPERTIES: dict[str, dict[str, Any]] = _MANIFEST["contributes"]["configuration"]["properties"]
_EDITOR_RULES = [rule for rule in RULES if rule.editor]

each_rule = pytest.mark.parametrize("rule", _EDITOR_RULES, ids=lambda rule: rule.name)


def _property(rule: Rule) -> dict[str, Any]:
    return _PROPERTIES[f"lacuna.{rule.name}"]


def test_the_page_has_the_servers_settings_and_no_others():
    assert set(_PROPERTIES) == {f"lacuna.{rule.name}" for rule in _EDITOR_RULES}


@each_rule
def test_the_default_is_the_servers(rule: Rule):
    assert rule.accept(_property(rule)["default"]) == getattr(Settings(), rule.field)


@each_rule
def test_what_decides_what_runs_cannot_be_set_by_a_workspace(rule: Rule):
    assert (_property(rule)["scope"] == "machine") == rule.machine


@each_rule
def test_what_decides_what_runs_is_restricted_in_untrusted_workspaces(rule: Rule):
    restricted = _MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert not rule.machine or f"lacuna.{rule.name}" in restricted


@each_rule
def test_every_choice_on_the_page_is_taken_and_explained(rule: Rule):
    schema = _property(rule)
    choices = schema.get("enum", [])
    assert [rule.accept(choice) for choice in choices] == choices
    assert len(schema.get("enumDescriptions", [])) == len(choices)
    assert all(f'"{choice}"' in rule.allowed for choice in choices)
    assert rule.allowed.count('"') == 2 * len(choices)


@each_rule
def test_the_limits_on_the_page_are_the_servers(rule: Rule):
    schema = _property(rule)
    just = 1 if schema["type"] == "integer" else 1e-9
    for keyword, outwards in (("minimum", -just), ("maximum", just)):
        if (limit := schema.get(keyword)) is not None:
            assert rule.accept(limit) is not None
            assert rule.accept(limit + outwards) is None
    for keyword, inwards in (("exclusiveMinimum", just), ("exclusiveMaximum", -just)):
        if (limit := schema.get(keyword)) is not None:
            assert rule.accept(limit) is None
            assert rule.accept(limit + inwards) is not None


@each_rule
def test_a_number_on_the_page_has_both_limits(rule: Rule):
    schema = _property(rule)
    if schema["type"] in {"number", "integer"}:
        assert {"minimum", "exclusiveMinimum"} & schema.keys()
        assert {"maximum", "exclusiveMaximum"} & schema.keys()


def test_the_extension_carries_the_servers_version():
    assert _MANIFEST["version"] == lacuna_ls.__version__
