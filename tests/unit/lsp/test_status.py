"""What a status item is told: at once what is known, and never the same twice running."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from e2e.fake_server import build_services
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.lsp import status
from lacuna_ls.lsp.client_features import ClientFeatures
from lacuna_ls.lsp.lifecycle import create_server
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.services import Services
from lacuna_ls.lsp.uris import uri_of
from lacuna_ls.settings import Settings

CELLS = tuple(CalibratedCell(epsilon, 4, 0.1, 1000, 3) for epsilon in (0.2, 0.05))


class Told:
    """A server whose client has a status item, and what that was told."""

    def __init__(
        self, root: Path, sandbox: str | Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.messages: list[Any] = []
        self.probed: list[Path] = []
        self._sandbox = sandbox
        self.server = create_server(self._build)
        self.server.roots = (root,)
        self.server.client = ClientFeatures(status=True)
        told = lambda method, params: self.messages.append(params)  # noqa: E731
        monkeypatch.setattr(self.server.protocol, "notify", told)
        status.register(self.server)

    def _build(self, server: LacunaServer) -> Services:
        sources = status.Sources(
            lambda language: (
                Calibration("k", 0.05, "some files", CELLS) if language.name == "python" else None
            ),
            self._probe,
        )
        return replace(build_services(server), status=sources)

    async def _probe(self, root: Path) -> str:
        self.probed.append(root)
        if isinstance(self._sandbox, Exception):
            raise self._sandbox
        return self._sandbox

    async def after_a_change(self) -> Any:
        self.server.status_changed()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        return self.messages[-1] if self.messages else None


@pytest.fixture
async def told(tmp_path, monkeypatch):
    told = Told(tmp_path, "landlock", monkeypatch)
    await told.server.services()
    return told


async def test_model_and_calibration_are_told_by_language(told):
    message = await told.after_a_change()
    assert (message["model"], message["chatModel"]) == ("built in", "")
    assert message["calibrated"] == [
        {"languageIds": ["python"], "epsilons": [0.05, 0.2], "population": "some files"}
    ]


async def test_an_untrusted_folder_starts_nothing(told, tmp_path):
    message = await told.after_a_change()
    folder = {"uri": uri_of(tmp_path), "trusted": False, "sandbox": None, "epsilon": 0.1}
    assert message["folders"] == [folder]
    assert told.probed == []


async def test_a_trusted_folder_has_its_sandbox_tried_once(told, tmp_path):
    told.server.trust.trust_for_session([tmp_path])
    first = await told.after_a_change()
    await told.after_a_change()
    assert first["folders"][0]["sandbox"] == "landlock"
    assert told.probed == [tmp_path]


async def test_a_sandbox_that_cannot_be_tried_is_not_known(tmp_path, monkeypatch):
    told = Told(tmp_path, RunnerError("no Python"), monkeypatch)
    await told.server.services()
    told.server.trust.trust_for_session([tmp_path])
    assert (await told.after_a_change())["folders"][0]["sandbox"] is None


async def test_nothing_is_told_twice_running(told):
    await told.after_a_change()
    await told.after_a_change()
    assert len(told.messages) == 1


async def test_another_epsilon_is_told(told):
    await told.after_a_change()
    told.server.settings = Settings(holes_epsilon=0.2)
    assert (await told.after_a_change())["epsilon"] == 0.2


async def test_the_model_asked_for_fixes_is_named_with_its_host(told):
    endpoint = "http://localhost:11434/v1"
    told.server.settings = Settings(model_endpoint=endpoint, model_name="small")
    assert (await told.after_a_change())["chatModel"] == "small at localhost:11434"


async def test_a_client_without_a_status_item_is_told_nothing(tmp_path, monkeypatch):
    told = Told(tmp_path, "landlock", monkeypatch)
    plain = create_server(build_services)
    status.register(plain)
    plain.status_changed()
    assert not told.messages
