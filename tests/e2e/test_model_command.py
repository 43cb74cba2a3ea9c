"""`lacuna-ls model`, as it is typed."""

import json
import os
import subprocess
import sys
from http.client import HTTPConnection

import pytest

from e2e.real_server import user

LOAD = "import os\n\n\ndef load(path):\n    return os.path.join(path, 'settings', 'main.ini')\n"


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, **user(tmp_path / "home")}


def command(*arguments):
    return [sys.executable, "-m", "lacuna_ls", "model", *arguments]


def test_origins_say_where_a_completion_stands_word_for_word(tmp_path, environment):
    work = tmp_path / "work"
    work.mkdir()
    (work / "paths.py").write_text(LOAD)
    (work / "new.py").write_text("import os\n\n\ndef load(path):\n    return os.path.jo\n")
    place = f"{work / 'new.py'}:5:22"
    done = subprocess.run(
        command("origins", place, "--workspace", str(work)),
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "in(path, 'settings', 'main.ini')" in done.stdout
    assert f"as in {(work / 'paths.py').resolve()}:" in done.stdout


def test_a_place_that_is_none_is_refused(environment):
    done = subprocess.run(
        command("origins", "new.py:0:1"),
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "FILE:LINE:COLUMN" in done.stderr


def test_serving_says_where_and_answers_until_it_is_stopped(environment):
    with subprocess.Popen(
        command("serve", "--port", "0"), env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().rpartition("http://")[2].partition("/")[0]
            connection = HTTPConnection(address, timeout=20)
            connection.request("GET", "/v1/models")
            listed = json.loads(connection.getresponse().read())
            connection.close()
        finally:
            server.terminate()
    assert listed["data"][0]["id"].startswith("embedded-")


def test_a_port_that_is_taken_is_said(environment):
    with subprocess.Popen(
        command("serve", "--port", "0"), env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            port = server.stdout.readline().rpartition(":")[2].partition("/")[0]
            done = subprocess.run(
                command("serve", "--port", port),
                env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
        finally:
            server.terminate()
    assert done.returncode == 2
    assert "in use" in done.stderr
