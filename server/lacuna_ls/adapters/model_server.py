"""The embedded model over HTTP, for programs of the same user on the same machine.

Loopback only. A web page can reach a loopback port: by a name of its own that it lets resolve to
127.0.0.1 ("DNS rebinding"), or by a form that posts across sites. So a request is refused unless its
`Host` is loopback, unless its `Origin`, where it has one, is, and, with a body, unless it is JSON.
The model works in one event loop; a connection has one thread and a time limit.
"""

import asyncio
import json
import logging
import re
import threading
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import CancelledError
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import urlsplit

from lacuna_ls.adapters import completions_api as api
from lacuna_ls.adapters.completions_api import RefusedError
from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.ports.language_model import LanguageModel

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
MOST_BYTES = 4 << 20
MOST_CONNECTIONS = 16
TIMEOUT_S = 20.0
_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_T = TypeVar("_T")
_DIGITS = re.compile(r"[0-9]{1,9}")


class ModelServer:
    """Serves `model` on a loopback port, 0 for a free one; `port` is the one it got.

    Raises:
        OSError: the port is taken.
    """

    def __init__(
        self, model: LanguageModel, loop: asyncio.AbstractEventLoop, port: int = 0
    ) -> None:
        self._http = _Http((ADDRESS, port), _Handler)
        self._http.model, self._http.loop = model, loop
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self.port: int = self._http.server_address[1]

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop listening; answers under way are given up."""
        self._http.shutdown()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    model: LanguageModel
    loop: asyncio.AbstractEventLoop

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.free = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a connection to %s ended without an answer", client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    timeout = TIMEOUT_S
    server_version = "lacuna-ls"
    sys_version = ""

    def do_GET(self) -> None:
        self._answered(self._get)

    def do_POST(self) -> None:
        self._answered(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library names it
        log.debug(format, *args)

    def _answered(self, method: Any) -> None:
        try:
            self._check_sender()
            method()
        except RefusedError as refused:
            self._send(refused.status, api.refusal(str(refused), refused.status))
        except (LacunaError, CancelledError, TimeoutError) as error:
            log.info("a completion failed: %s", error)
            self._send(500, api.refusal("the model could not answer", 500))
        except ConnectionError:
            log.debug("the client has gone")

    def _get(self) -> None:
        path = urlsplit(self.path).path.rstrip("/")
        name = self.server.model.capabilities.model_id
        if path == "/v1/models":
            self._send(200, api.models(self.server.model))
        elif path == f"/v1/models/{name}":
            self._send(200, api.described(self.server.model))
        else:
            raise RefusedError("there is nothing at this path", HTTPStatus.NOT_FOUND)

    def _post(self) -> None:
        if urlsplit(self.path).path.rstrip("/") != "/v1/completions":
            raise RefusedError("there is nothing at this path", HTTPStatus.NOT_FOUND)
        asked = api.understood(self._body())
        if asked.stream:
            self._stream(asked)
        else:
            self._send(200, self._in_loop(api.answer(self.server.model, asked)))

    def _stream(self, asked: api.Asked) -> None:
        """Send each token when it is known; what fails before the first is refused as usual."""
        events = api.pieces(self.server.model, asked)
        try:
            event = self._in_loop(_next(events))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                while event is not None:
                    self._send_event(_encoded(event))
                    event = self._in_loop(_next(events))
                self._send_event(b"[DONE]")
            except (LacunaError, CancelledError, TimeoutError) as error:
                log.info("a completion failed: %s", error)
                self._send_event(_encoded(api.refusal("the model could not answer", 500)))
        finally:
            self._in_loop(events.aclose())

    def _send_event(self, data: bytes) -> None:
        self.wfile.write(b"data: " + data + b"\n\n")

    def _in_loop(self, work: Coroutine[Any, Any, _T]) -> _T:
        """The result of what the model's loop does."""
        working = asyncio.run_coroutine_threadsafe(work, self.server.loop)
        try:
            return working.result(TIMEOUT_S)
        finally:
            working.cancel()

    def _check_sender(self) -> None:
        hosts, origin = self.headers.get_all("Host") or [], self.headers.get("Origin")
        if len(hosts) != 1 or not _is_loopback(f"//{hosts[0]}"):
            raise RefusedError("this server answers on loopback only", HTTPStatus.FORBIDDEN)
        if origin is not None and not _is_loopback(origin):
            raise RefusedError("this server does not answer web pages", HTTPStatus.FORBIDDEN)

    def _body(self) -> object:
        if self.headers.get_content_type() != "application/json":
            raise RefusedError(
                "the body has to be application/json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE
            )
        given = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or _DIGITS.fullmatch(given) is None:
            raise RefusedError("Content-Length is missing", HTTPStatus.LENGTH_REQUIRED)
        if int(given) > MOST_BYTES:
            raise RefusedError(
                f"a body has at most {MOST_BYTES} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            )
        try:
            return json.loads(self.rfile.read(int(given)))
        except (ValueError, RecursionError) as error:
            raise RefusedError("the body is not JSON") from error

    def _send(self, status: int, body: api.Json) -> None:
        data = _encoded(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)


async def _next(events: AsyncIterator[api.Json]) -> api.Json | None:
    return await anext(events, None)


def _encoded(body: api.Json) -> bytes:
    return json.dumps(body, allow_nan=False).encode()


def _is_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    return parts.hostname in _NAMES and port != 0
