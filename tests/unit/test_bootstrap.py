"""What is true of a server as soon as it is put together."""

import os

from lacuna_ls.adapters.endpoint.keys import EDITORS_VARIABLE
from lacuna_ls.bootstrap import build_services
from lacuna_ls.lsp.lifecycle import create_server


async def test_the_editors_key_is_not_in_the_environment_that_tests_inherit(monkeypatch):
    monkeypatch.setenv(EDITORS_VARIABLE, "sk-not-for-tests")
    build_services(create_server(build_services))
    assert EDITORS_VARIABLE not in os.environ
