"""Where an endpoint's key is looked up, and that it is shown nowhere."""

import sys
from types import ModuleType

import pytest

from endpoints.scripted_server import said, serving
from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.adapters.endpoint.keys import key_for
from lacuna_ls.ports.language_model import Message

URL = "https://models.example/v1"


@pytest.fixture
def keyring(monkeypatch):
    """A keyring that holds what is put into it."""
    module = ModuleType("keyring")
    kept: dict[tuple[str, str], str] = {}
    module.get_password = lambda service, name: kept.get((service, name))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    return kept


def test_the_variable_that_the_user_names_is_the_only_place(keyring):
    keyring["lacuna-ls", "models.example"] = "of the keyring"
    environment = {"LACUNA_MODEL_KEY": "of the editor"}
    assert key_for(URL, "MINE", {**environment, "MINE": "mine"}).value == "mine"
    assert key_for(URL, "MINE", environment).value == ""


def test_what_the_editor_keeps_comes_before_the_keyring(keyring):
    keyring["lacuna-ls", "models.example"] = "of the keyring"
    assert key_for(URL, "", {"LACUNA_MODEL_KEY": "of the editor"}).value == "of the editor"


def test_the_keyring_is_asked_for_the_host(keyring):
    keyring["lacuna-ls", "models.example"] = "of the keyring"
    found = key_for(URL, "", {})
    assert (found.value, found.source) == ("of the keyring", "in the system's keyring")


def test_without_a_keyring_there_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert key_for(URL, "", {}).source == "none"


def test_a_keyring_that_fails_holds_none(monkeypatch):
    module = ModuleType("keyring")

    def locked(service, name):
        raise RuntimeError("locked")

    module.get_password = locked  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    assert key_for(URL, "", {}).value == ""


def test_no_form_of_it_shows_the_key():
    key = key_for(URL, "", {"LACUNA_MODEL_KEY": "of the editor"})
    assert "of the editor" not in f"{key} {key!r}"


async def test_the_key_that_the_editor_keeps_is_sent_and_stands_in_no_prompt():
    environment = {"LACUNA_MODEL_KEY": "kept-by-the-editor"}
    async with serving(said("yes")) as server:
        model = EndpointModel(Endpoint(server.url, "coder"), environment)
        message = Message("user", "What is kept-by-the-editor?")
        await model.chat((message,), max_tokens=9, temperature=0.0, n=1)
        await model.close()
    (asked,) = server.asked
    assert asked.headers["authorization"] == "Bearer kept-by-the-editor"
    assert "kept-by-the-editor" not in asked.prompt
