"""The embedded model over HTTP, asked by those who should not and in ways they should not."""

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest

from fakes import FakeFiles, FakeModel
from lacuna_ls.adapters import model_server
from lacuna_ls.adapters.model_server import ADDRESS, MOST_BYTES, ModelServer
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.model.embedded import EmbeddedModel, model_id

LOOPS = "for item in items:\n    print(item)\n" * 8
ASKED = {"prompt": LOOPS + "for item in", "stop": "\n"}
JSON = {"Content-Type": "application/json"}


@contextmanager
def serving(model):
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = ModelServer(model, loop)
    server.start()
    try:
        yield server.port
    finally:
        server.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def port():
    with serving(EmbeddedModel(FakeFiles())) as port:
        yield port


def sent(port, method, path, body=None, headers=()):
    connection = HTTPConnection(ADDRESS, port, timeout=20)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def asked(port, body, headers=JSON):
    status, data = sent(port, "POST", "/v1/completions", body, headers)
    return status, json.loads(data)


def raw(port, data):
    """The first line of what comes back for these bytes, and the client's end closed."""
    with socket.create_connection((ADDRESS, port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(4096).partition(b"\r\n")[0]


def test_a_completion_is_answered(port):
    status, answer = asked(port, json.dumps(ASKED))
    assert status == 200
    assert answer["choices"][0]["text"] == " items:"
    assert answer["model"] == model_id()


def test_a_stream_is_events_that_end(port):
    status, data = sent(
        port, "POST", "/v1/completions", json.dumps({**ASKED, "stream": True}), JSON
    )
    *events, last = data.decode().strip().split("\n\n")
    assert status == 200
    assert last == "data: [DONE]"
    said = [json.loads(event.removeprefix("data: "))["choices"][0]["text"] for event in events]
    assert "".join(said) == " items:"


def test_models_are_listed_and_found(port):
    status, data = sent(port, "GET", "/v1/models")
    assert (status, json.loads(data)["data"][0]["id"]) == (200, model_id())
    assert sent(port, "GET", f"/v1/models/{model_id()}")[0] == 200
    assert sent(port, "GET", "/v1/models/gpt")[0] == 404


@pytest.mark.parametrize("path", ["/", "/v1/chat/completions", "/v1/completions/../../etc"])
def test_other_paths_are_not_found(port, path):
    assert sent(port, "POST", path, "{}", JSON)[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil", "", "["]
)
def test_a_name_that_was_made_to_resolve_here_is_refused(port, host):
    assert asked(port, json.dumps(ASKED), {**JSON, "Host": host})[0] == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:8764", "LOCALHOST:1"])
def test_loopback_names_are_answered(port, host):
    assert sent(port, "GET", "/v1/models", headers={"Host": host})[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil"])
def test_a_web_page_is_refused(port, origin):
    assert asked(port, json.dumps(ASKED), {**JSON, "Origin": origin})[0] == 403


def test_a_form_is_refused(port):
    form = {"Content-Type": "text/plain"}
    assert asked(port, json.dumps(ASKED), form)[0] == 415


@pytest.mark.parametrize(
    "body", ["", "{", "\ud800".encode("utf-8", "surrogatepass"), "[" * 100_000]
)
def test_what_is_not_json_is_refused(port, body):
    status, answer = asked(port, body)
    assert status == 400
    assert "JSON" in answer["error"]["message"]


def test_a_field_that_cannot_be_used_is_named(port):
    status, answer = asked(port, json.dumps({"max_tokens": "many"}))
    assert status == 400
    assert "max_tokens" in answer["error"]["message"]


def test_a_body_too_large_is_refused_unread(port):
    head = f"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MOST_BYTES + 1}"
    assert b" 413 " in raw(port, head.encode() + b"\r\nContent-Type: application/json\r\n\r\n")


@pytest.mark.parametrize(
    "length",
    [b"", b"Content-Length: -1\r\n", b"Content-Length: 1e9\r\n", b"Transfer-Encoding: chunked\r\n"],
)
def test_a_body_of_unknown_length_is_refused(port, length):
    head = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert b" 411 " in raw(port, head + length + b"\r\n")


def test_two_hosts_are_refused(port):
    assert b" 403 " in raw(port, b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: x\r\n\r\n")


def test_noise_leaves_the_server_answering(port):
    for noise in (
        b"\0\1\2\r\n\r\n",
        b"GET",
        b"\r\n" * 50,
        b"GET /v1/models HTTP/9\r\n\r\n",
        b"A" * 70_000,
    ):
        with socket.create_connection((ADDRESS, port), timeout=20) as connection:
            connection.sendall(noise)
    assert sent(port, "GET", "/v1/models")[0] == 200


def test_more_connections_than_allowed_are_closed_at_once(monkeypatch):
    monkeypatch.setattr(model_server, "MOST_CONNECTIONS", 1)
    with (
        serving(EmbeddedModel(FakeFiles())) as port,
        socket.create_connection((ADDRESS, port), timeout=20) as first,
    ):
        first.sendall(b"GET /v1")
        with socket.create_connection((ADDRESS, port), timeout=20) as second:
            assert second.recv(1) == b""
        first.sendall(b"/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in first.recv(4096)


def test_a_model_that_fails_is_an_answer():
    def failing(_):
        raise ModelError("broken at /home/somebody")

    with serving(FakeModel(failing)) as port:
        status, answer = asked(port, json.dumps(ASKED))
    assert status == 500
    assert "somebody" not in answer["error"]["message"]
