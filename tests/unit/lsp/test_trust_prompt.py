"""Who may run code: the record, the editor's word for this session, and one question."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from e2e.fake_server import Folders, build_services
from lacuna_ls.domain.errors import StoreError
from lacuna_ls.lsp.errors import RequestRefusedError
from lacuna_ls.lsp.lifecycle import create_server
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.settings import Settings


class Answers:
    """Stands where the client is asked; `answer` is a title, `None`, or an error."""

    def __init__(self, server: LacunaServer, answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.told: list[str] = []
        self._answer = answer
        monkeypatch.setattr(server.protocol, "send_request_async", self._ask)
        monkeypatch.setattr(server, "tell", lambda message, kind=None: self.told.append(message))

    def _ask(self, method: str, params: Any) -> "asyncio.Future[Any]":
        assert method == types.WINDOW_SHOW_MESSAGE_REQUEST
        self.asked.append(params.message)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if isinstance(self._answer, Exception):
            future.set_exception(self._answer)
        else:
            future.set_result(self._answer and types.MessageActionItem(title=self._answer))
        return future


@pytest.fixture
def server() -> LacunaServer:
    return create_server(build_services)


async def test_a_yes_is_recorded(server, monkeypatch, tmp_path):
    answers = Answers(server, "Trust", monkeypatch)
    assert await server.trust.ask(tmp_path)
    assert (await server.services()).trust.trusted(tmp_path / "below")
    assert len(answers.asked) == 1


@pytest.mark.parametrize("answer", ["Not now", None])
async def test_anything_but_a_yes_is_a_no_and_is_not_asked_again(
    server, monkeypatch, tmp_path, answer
):
    answers = Answers(server, answer, monkeypatch)
    assert not await server.trust.ask(tmp_path)
    assert not await server.trust.ask(tmp_path)
    assert len(answers.asked) == 1


async def test_two_saves_at_once_put_one_question(server, monkeypatch, tmp_path):
    answers = Answers(server, "Trust", monkeypatch)
    assert await asyncio.gather(*[server.trust.ask(tmp_path) for _ in range(3)]) == [True] * 3
    assert len(answers.asked) == 1


async def test_a_client_that_cannot_ask_is_told_of_the_command(server, monkeypatch, tmp_path):
    answers = Answers(server, RequestRefusedError(0, "no"), monkeypatch)
    assert not await server.trust.ask(tmp_path)
    assert "lacuna-ls trust PATH" in answers.told[0]


async def test_the_editors_word_holds_for_the_session_and_is_not_recorded(
    server, monkeypatch, tmp_path
):
    answers = Answers(server, None, monkeypatch)
    record = Folders()
    server.trust.trust_for_session([tmp_path.resolve()])
    joined = server.trust.joined(record)
    assert joined.trusted(tmp_path / "a.py")
    assert not record.trusted(tmp_path)
    assert answers.asked == []


async def test_never_means_that_nothing_runs_and_nobody_is_asked(server, monkeypatch, tmp_path):
    answers = Answers(server, "Trust", monkeypatch)
    server.trust.trust_for_session([tmp_path.resolve()])
    server.settings = Settings(trust="never")
    assert not await server.trust.ask(tmp_path)
    assert answers.asked == []


async def test_a_yes_that_cannot_be_recorded_holds_for_the_session(server, monkeypatch, tmp_path):
    def full(folders: Folders, folder: Path) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(Folders, "grant", full)
    answers = Answers(server, "Trust", monkeypatch)
    assert await server.trust.ask(tmp_path)
    assert "the disk is full" in answers.told[0]


def test_a_withdrawn_folder_is_not_trusted_in_this_session(server, tmp_path):
    server.trust.trust_for_session([tmp_path.resolve()])
    joined = server.trust.joined(Folders())
    joined.withdraw(tmp_path)
    assert not joined.trusted(tmp_path)
