"""Which model the settings name, and what naming none means."""

import subprocess
import sys

from lacuna_ls.adapters.endpoint.chosen import ChosenModel
from lacuna_ls.settings import Settings


def test_without_an_endpoint_there_is_no_model():
    assert ChosenModel(Settings, {}).for_chat() is None


def test_the_model_for_chat_may_have_a_name_of_its_own():
    settings = Settings(model_endpoint="http://localhost:1", model_name="a", model_chat_name="b")
    model = ChosenModel(lambda: settings, {}).for_chat()
    assert model is not None
    assert model.capabilities.model_id == "b"


def test_a_model_and_its_connections_are_kept_until_the_settings_name_another():
    settings = Settings(model_endpoint="http://localhost:1", model_name="a")
    chosen = ChosenModel(lambda: settings, {})
    first = chosen.for_chat()
    assert chosen.for_chat() is first
    settings = Settings(model_endpoint="http://localhost:2", model_name="a")
    assert chosen.for_chat() is not first
    settings = Settings()
    assert chosen.for_chat() is None


def test_starting_the_engines_imports_nothing_of_the_sdk():
    program = (
        "import sys, lacuna_ls.bootstrap; print({'openai', 'httpx2', 'pydantic'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
