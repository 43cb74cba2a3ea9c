"""The command line of the server."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import lacuna_ls
from lacuna_ls.lsp.client import Client, ServerError

COMMAND = (sys.executable, "-I", "-m", "lacuna_ls")
CANARY = "canary_7f3a"


def run(*arguments: str, home: Path | None = None) -> "subprocess.CompletedProcess[str]":
    own = {} if home is None else {"HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, **own},
    )


def test_it_says_its_version():
    assert run("--version").stdout == f"lacuna-ls {lacuna_ls.__version__}\n"


def test_help_names_every_command():
    shown = run("--help").stdout
    assert all(word in shown for word in ("--stdio", "--tcp", "--log-file", "demo", "trust"))


@pytest.mark.parametrize(
    "arguments",
    [("--tcp", "nowhere"), ("--tcp", "h:99999"), ("--stdio", "--tcp", "h:1"), ("dance",)],
)
def test_what_it_does_not_understand_is_said(arguments):
    finished = run(*arguments)
    assert finished.returncode == 2
    assert finished.stderr.startswith("usage: lacuna-ls")


@pytest.mark.skipif(
    sys.platform != "linux", reason="the user's data folder is set by XDG_DATA_HOME"
)
def test_trust_is_granted_and_withdrawn(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    granted = run("trust", str(folder), home=tmp_path)
    assert (granted.returncode, granted.stdout) == (0, f"{folder} is trusted\n")
    withdrawn = run("trust", "--withdraw", str(folder), home=tmp_path)
    assert (withdrawn.returncode, withdrawn.stdout) == (0, f"{folder} is no longer trusted\n")


def test_a_folder_that_is_not_there_is_not_trusted(tmp_path):
    assert run("trust", str(tmp_path / "none"), home=tmp_path).returncode == 2


async def test_the_log_file_holds_no_source_text(tmp_path):
    log = tmp_path / "server.log"
    command = (*COMMAND, "--log-file", str(log), "--log-level", "info")
    async with await Client.start(command) as client:
        await client.initialize(tmp_path)
        file = client.open(tmp_path / "a.py", f"{CANARY} = 1\n")
        client.change(file, f"{CANARY} = 2\nprint({CANARY}.")
        await client.complete(file, len(file.text))
        client.notify("textDocument/didChange", {"textDocument": CANARY})
        with pytest.raises(ServerError):
            await client.request("textDocument/codeAction", {"textDocument": CANARY})
    assert "codeAction" in log.read_text()
    assert CANARY not in log.read_text()


async def test_a_log_file_that_cannot_be_written_does_not_stop_the_server(tmp_path):
    command = (*COMMAND, "--log-file", str(tmp_path / "no" / "log"))
    async with await Client.start(command, stderr=subprocess.PIPE) as client:
        assert await client.initialize(tmp_path)
        assert client.process.stderr is not None
        assert b"cannot be written" in await client.process.stderr.readline()


async def test_one_client_is_served_over_tcp():
    server = await asyncio.create_subprocess_exec(*COMMAND, "--tcp", "127.0.0.1:0", stderr=-1)
    assert server.stderr is not None
    address = (await server.stderr.readline()).decode().split()[-1]
    reader, writer = await asyncio.open_connection(*address.split(":"))
    for message in (
        {"id": 1, "method": "initialize", "params": {"capabilities": {}, "processId": None}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    answers = await reader.read()
    assert answers.count(b'"result"') == 2
    writer.close()
    assert await asyncio.wait_for(server.wait(), 10) == 0


async def test_a_repositorys_modules_are_not_imported(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "lacuna_ls.py").write_text("raise SystemExit('imported')\n")
    server = await asyncio.create_subprocess_exec(*COMMAND, "--version", stdout=-1, cwd=tmp_path)
    out, _ = await server.communicate()
    assert out.startswith(b"lacuna-ls ")
