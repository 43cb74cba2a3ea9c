"""What editors really send at `initialize`, as recorded with pytest-lsp."""

import pytest
from lsprotocol.types import ClientCapabilities
from pytest_lsp import client_capabilities

from lacuna_ls.lsp.client_features import ClientFeatures, features_of
from lacuna_ls.lsp.convert import Encoding, negotiated


@pytest.mark.parametrize(
    ("editor", "encoding", "snippets", "resolves"),
    [
        ("visual_studio_code", Encoding.UTF16, True, True),
        ("neovim", Encoding.UTF8, True, True),
        ("emacs", Encoding.UTF8, False, False),
    ],
)
def test_recorded_editors_are_understood(editor, encoding, snippets, resolves):
    capabilities = client_capabilities(editor)
    features = features_of(capabilities)
    assert (features.completion_snippets, features.action_resolve_edit) == (snippets, resolves)
    assert features.action_literals
    offered = capabilities.general.position_encodings if capabilities.general else None
    assert negotiated(offered) is encoding


@pytest.mark.parametrize(
    ("editor", "hints", "lenses", "commands"),
    [
        ("visual_studio_code", False, True, True),  # recorded before it had hints
        ("neovim", True, True, False),
        ("emacs", True, False, True),
    ],
)
def test_what_recorded_editors_show_of_a_failing_test(editor, hints, lenses, commands):
    features = features_of(client_capabilities(editor))
    shown = features.inlay_hints, features.code_lenses, features.execute_command
    assert shown == (hints, lenses, commands)
    assert features.hover
    assert features.hover_markdown


@pytest.mark.parametrize(
    ("experimental", "renames"),
    [
        (None, False),
        ({"commands": {"commands": ["lacuna.rename"]}}, True),
        ({"commands": {"commands": ["other.rename"]}}, False),
        ({"commands": ["lacuna.rename"]}, False),
    ],
)
def test_a_client_that_has_the_command_is_told_to_rename(experimental, renames):
    features = features_of(ClientCapabilities(experimental=experimental))
    assert features.rename_command is renames


def test_a_client_that_says_nothing_has_nothing():
    assert features_of(ClientCapabilities()) == ClientFeatures()


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, "utf-16"),
        ([], "utf-16"),
        (["utf-7"], "utf-16"),
        (["utf-32", "utf-16"], "utf-32"),
        (["utf-16", "utf-8"], "utf-8"),
    ],
)
def test_utf8_is_taken_where_it_is_offered(offered, chosen):
    assert negotiated(offered) == chosen
