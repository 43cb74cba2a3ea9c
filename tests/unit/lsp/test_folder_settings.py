"""Several workspace folders: each has what its own repository sets, and no other's."""

from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.lsp.uris import uri_of
from real_runs import project
from wire import INLINE, Wire, notification


@pytest.fixture
async def wire(tmp_path: Path) -> Wire:
    """Two folders, of which one sets something, in a third that holds both."""
    quiet = {"lacuna.toml": "tests.on_save = 'off'\nholes.max_holes = 2\nignore = ['*.gen.py']\n"}
    project(tmp_path / "quiet", quiet)
    project(tmp_path / "plain", {"a.py": ""})
    wire = await Wire().initialized(holes={"epsilon": 0.3})
    await folders(wire, tmp_path / "quiet", tmp_path / "plain")
    return wire


async def folders(wire: Wire, *added: Path) -> None:
    """They have been added when a request that came later is answered."""
    event = {"added": [{"uri": uri_of(path), "name": path.name} for path in added], "removed": []}
    wire.receive(notification("workspace/didChangeWorkspaceFolders", {"event": event}))
    await wire.ask("textDocument/inlineCompletion", INLINE, str(added))


def settings(wire: Wire, path: Path) -> tuple[str, int, float]:
    found = wire.server.settings_of(uri_of(path))
    return found.tests_on_save, found.holes_max_holes, found.holes_epsilon


async def test_what_one_repository_sets_holds_in_its_folder_only(wire, tmp_path):
    assert settings(wire, tmp_path / "quiet" / "pkg" / "a.py") == ("off", 2, 0.3)
    assert settings(wire, tmp_path / "plain" / "a.py") == ("affected", 4, 0.3)
    assert settings(wire, tmp_path / "elsewhere.py") == ("affected", 4, 0.3)


async def test_the_innermost_folder_counts(wire, tmp_path):
    await folders(wire, tmp_path)
    assert settings(wire, tmp_path / "quiet" / "a.py")[0] == "off"
    assert settings(wire, tmp_path / "a.py")[0] == "affected"


async def test_what_the_user_sets_wins_over_each_repository(wire, tmp_path):
    theirs = {"settings": {"lacuna": {"holes": {"maxHoles": 6}}}}
    wire.receive(notification("workspace/didChangeConfiguration", theirs))
    await wire.ask("textDocument/inlineCompletion", INLINE, "later")
    assert settings(wire, tmp_path / "quiet" / "a.py") == ("off", 6, 0.1)
    assert settings(wire, tmp_path / "plain" / "a.py") == ("affected", 6, 0.1)


async def test_a_wrong_setting_of_any_repository_is_said(wire, tmp_path):
    project(tmp_path / "odd", {"lacuna.toml": "colour = 'red'\n"})
    await folders(wire, tmp_path / "odd")
    shown = [m["params"]["message"] for m in wire.sent if m.get("method") == "window/showMessage"]
    assert shown == ["Lacuna: colour is not a setting of Lacuna"]


async def test_what_the_client_says_of_one_folder_holds_there_only(wire, tmp_path):
    wire.server.client = replace(wire.server.client, configuration=True)
    wire.receive(notification("workspace/didChangeConfiguration", {"settings": None}))
    await wire.ask("textDocument/inlineCompletion", INLINE, "asked")
    asked = [m for m in wire.sent if m.get("method") == "workspace/configuration"]
    scopes = [item.get("scopeUri") for item in asked[0]["params"]["items"]]
    assert scopes == [None, uri_of(tmp_path / "quiet"), uri_of(tmp_path / "plain")]
    said = ("/usr/bin/python3", "/quiet/python", "/plain/python")
    wire.receive(
        {"jsonrpc": "2.0", "id": asked[0]["id"], "result": [{"interpreter": p} for p in said]}
    )
    await wire.ask("textDocument/inlineCompletion", INLINE, "later")
    chosen = [
        wire.server.settings_of(uri_of(tmp_path / name)).interpreter
        for name in ("a.py", "quiet/a.py", "plain/a.py")
    ]
    assert chosen == list(said)
