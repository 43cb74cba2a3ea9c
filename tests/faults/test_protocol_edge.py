"""Bad input over a real connection: a clear answer, the server alive, nothing lost."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from e2e import fake_server
from lacuna_ls.domain.text import encode
from lacuna_ls.lsp.client import CAPABILITIES, Client, OpenFile, ServerError

COMMAND = (sys.executable, "-I", fake_server.__file__)
WITHOUT_GHOST_TEXT = {
    "textDocument": {k: v for k, v in CAPABILITIES["textDocument"].items() if k == "codeAction"}
}
in_turn = pytest.mark.asyncio(loop_scope="module")
MALFORMED: tuple[Any, ...] = (None, {}, [], "x", 7, {"textDocument": {"uri": 1}}, {"title": None})
AT_START = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """One server takes everything in turn: what breaks it in one test shows in the next."""
    async with await Client.start(COMMAND, stderr=subprocess.DEVNULL) as client:
        await client.initialize(tmp_path_factory.mktemp("root"))
        yield client


async def alive(client: Client, file: OpenFile) -> None:
    """The server still follows this document and answers."""
    client.change(file, "x = SUGGEST RED\n")
    assert len(await client.complete(file, 5)) == 1
    await client.save(file)
    (found,) = await client.diagnostics(file, timeout_s=10)
    assert found["range"]["start"] == {"line": 0, "character": 12}


@pytest.mark.parametrize("capabilities", [CAPABILITIES, WITHOUT_GHOST_TEXT])
async def test_malformed_parameters_of_every_request_are_refused(tmp_path, capabilities):
    async with await Client.start(COMMAND, stderr=subprocess.DEVNULL) as client:
        served = await client.initialize(tmp_path, capabilities=capabilities)
        for method in requests_served(served):
            for params in MALFORMED:
                with pytest.raises(ServerError) as refused:
                    await client.request(method, params, timeout_s=5)
                assert (refused.value.code, str(tmp_path) in str(refused.value)) == (-32602, False)
        await alive_without_ghost_text(client, tmp_path)


def requests_served(capabilities: dict[str, Any]) -> list[str]:
    methods = {
        "inlineCompletionProvider": "textDocument/inlineCompletion",
        "completionProvider": "textDocument/completion",
        "codeActionProvider": "textDocument/codeAction",
    }
    served = [methods[name] for name in capabilities if name.endswith("Provider")]
    if capabilities["codeActionProvider"]["resolveProvider"]:
        served.append("codeAction/resolve")
    return served


async def alive_without_ghost_text(client: Client, root: Path) -> None:
    file = client.open(root / "a.py", "RED\n")
    assert len(await client.code_actions(file, AT_START)) == 2


@in_turn
async def test_a_file_on_disk_that_is_not_utf8(client, tmp_path):
    path = tmp_path / "latin.py"
    path.write_bytes("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"))
    file = client.open(path)
    assert "\ufffd" in file.text
    assert await client.complete(file, 3) == []
    await alive(client, file)


@in_turn
async def test_ten_megabytes_on_one_line(client, tmp_path):
    text = "x = '" + "é" * 5_000_000 + "'\n"
    file = client.open(tmp_path / "long.py", text)
    for typed in ("a", "b", "c"):
        client.change(file, file.text[:-2] + typed + "'\n")
        assert await client.complete(file, len(encode(file.text)) - 2) == []
    await alive(client, file)


@in_turn
async def test_syntax_errors_everywhere(client, tmp_path):
    file = client.open(tmp_path / "broken.py", "def (:\n  ]]]\nclass = '''\n" * 500)
    assert await client.complete(file, 10) == []
    client.change(file, file.text.replace("]]]", "((("))
    assert await client.code_actions(file, AT_START) == []
    await alive(client, file)


@in_turn
async def test_deep_nesting(client, tmp_path):
    file = client.open(tmp_path / "deep.py", "x = " + "(" * 20_000 + "1" + ")" * 20_000 + "\n")
    assert await client.complete(file, 1_000) == []
    client.change(file, file.text[:5_000] + "2" + file.text[5_000:])
    await alive(client, file)


@in_turn
async def test_deep_nesting_in_a_message(client, tmp_path):
    body = b'{"jsonrpc":"2.0","method":"textDocument/didOpen","params":' + b"[" * 20_000
    client.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    await alive(client, client.open(tmp_path / "a.py", ""))


@in_turn
async def test_noise_between_messages(client, tmp_path):
    client.process.stdin.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nContent-Length: nine\r\n\r\n")
    await alive(client, client.open(tmp_path / "a.py", ""))


@in_turn
async def test_what_something_prints_does_not_reach_the_client(client, tmp_path):
    file = client.open(tmp_path / "a.py", "SUGGEST PRINT")
    assert len(await client.complete(file, 3)) == 1
    await alive(client, file)


@in_turn
async def test_a_change_to_a_file_that_is_not_open(client, tmp_path):
    file = client.open(tmp_path / "a.py", "")
    uri = {"uri": "file:///nowhere.py", "version": 2}
    client.notify(
        "textDocument/didChange", {"textDocument": uri, "contentChanges": [{"text": "x"}]}
    )
    client.notify("textDocument/didClose", {"textDocument": uri})
    client.notify("textDocument/didSave", {"textDocument": uri})
    await alive(client, file)


@in_turn
async def test_files_that_are_no_files(client):
    for uri in ("untitled:Untitled-1", "git:/a.py?x", "", "file:///a%00b.py"):
        item = {"uri": uri, "languageId": "python", "version": 1, "text": "SUGGEST"}
        client.notify("textDocument/didOpen", {"textDocument": item})
        params = {"textDocument": {"uri": uri}, "position": AT_START["start"]}
        answer = await client.request(
            "textDocument/inlineCompletion", {**params, "context": {"triggerKind": 1}}
        )
        assert len(answer["items"]) == 1


async def test_exit_without_shutdown_is_a_failure(tmp_path):
    client = await Client.start(COMMAND)
    await client.initialize(tmp_path)
    client.notify("exit", None)
    assert await asyncio.wait_for(client.process.wait(), 10) == 1
    await client.close()


async def test_exit_after_shutdown_is_none(tmp_path):
    client = await Client.start(COMMAND)
    await client.initialize(tmp_path)
    assert await client.close() == 0


async def test_the_end_of_the_stream_ends_the_server(tmp_path):
    client = await Client.start(COMMAND)
    await client.initialize(tmp_path)
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert await asyncio.wait_for(client.process.wait(), 10) == 1
    await client.close()


_EDITOR = """
import asyncio, pathlib, sys
from lacuna_ls.lsp.client import Client

async def main():
    client = await Client.start(sys.argv[2:])
    await client.initialize(pathlib.Path(sys.argv[1]))
    print(client.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open")
def test_a_killed_client_takes_the_server_with_it(tmp_path):
    editor = subprocess.Popen(
        [sys.executable, "-c", _EDITOR, str(tmp_path), *COMMAND], stdout=subprocess.PIPE
    )
    with editor:
        assert editor.stdout is not None
        server = os.pidfd_open(int(editor.stdout.readline()))
        editor.send_signal(signal.SIGKILL)
        ended, _, _ = select.select([server], [], [], 10)
        os.close(server)
    assert ended


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open")
async def test_the_server_ends_with_its_client_even_if_the_stream_stays_open(tmp_path):
    editor = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=-1)
    client = await Client.start(COMMAND)
    params = {"processId": editor.pid, "capabilities": {}, "rootUri": None}
    await client.request("initialize", params)
    editor.kill()
    await editor.wait()
    assert await asyncio.wait_for(client.process.wait(), 10) == 1
    await client.close()
