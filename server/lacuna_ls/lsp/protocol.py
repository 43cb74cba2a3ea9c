"""The protocol's edge: every request id is answered exactly once, whatever the client sends.

pygls gives the types' conversion and the table of handlers; dispatch is this module's own,
because pygls leaves malformed requests unanswered, lets a client's ids collide with the server's,
puts tracebacks into errors and keeps every finished notification.
"""

import asyncio
import inspect
import json
import logging
import uuid
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.protocol import LanguageServerProtocol

from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.domain.text import decode
from lacuna_ls.lsp.errors import RequestRefusedError, invalid_params, refusal

if TYPE_CHECKING:
    from lacuna_ls.lsp.server import LacunaServer

log = logging.getLogger(__name__)

type_of = types.METHOD_TO_TYPES
MsgId = int | str

# A newer request of one of these on the same document makes the older one pointless.
_SUPERSEDING = frozenset({types.TEXT_DOCUMENT_COMPLETION, types.TEXT_DOCUMENT_INLINE_COMPLETION})


class Phase(Enum):
    STARTED = 1
    INITIALIZED = 2
    SHUT_DOWN = 3


class EdgeProtocol(LanguageServerProtocol):
    """Takes bodies of messages through `receive`, on the event loop's thread."""

    _server: "LacunaServer"

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self.handlers: dict[str, Callable[..., Any]] = {}
        self.on_malformed: dict[str, Callable[[Any], None]] = {}
        self.phase = Phase.STARTED
        self._answering: dict[MsgId, asyncio.Future[Any]] = {}
        self._newest: dict[tuple[str, str], asyncio.Future[Any]] = {}
        self._asked: dict[MsgId, tuple[str, asyncio.Future[Any]]] = {}
        self._notified: set[asyncio.Future[Any]] = set()

    def receive(self, body: bytes) -> None:
        """Handle one message; never raises."""
        try:
            message = json.loads(decode(body))
        except (ValueError, RecursionError):
            log.warning("a message of %d bytes is not JSON", len(body))
            self._refuse(None, RequestRefusedError(types.ErrorCodes.ParseError, "Not JSON"))
            return
        if not isinstance(message, dict):
            self._refuse(None, _invalid_request("Not a message"))
        elif "method" in message and "id" in message:
            self._on_request(message)
        elif "method" in message:
            self._on_notification(message)
        elif "id" in message and ("result" in message or "error" in message):
            self._on_response(message)
        else:
            self._refuse(_usable_id(message), _invalid_request("Neither request nor response"))

    def cancel_requests(self) -> None:
        """Cancel, and so answer, every request that is being worked on."""
        for task in tuple(self._answering.values()):
            task.cancel()

    # Requests

    def _on_request(self, message: dict[str, Any]) -> None:
        msg_id, method = _usable_id(message), message["method"]
        try:
            if msg_id is None:
                raise _invalid_request("An id is a string or an integer")
            if msg_id in self._answering:
                raise _invalid_request("This id is in use")
            handler = self._request_handler(method)
            params = self._structured(message)
        except RequestRefusedError as error:
            log.info("request refused: %s", error)
            self._refuse(msg_id, error)
            return
        task = _started(handler, params)
        self._answering[msg_id] = task
        self._supersede(method, params, task)
        task.add_done_callback(lambda done: self._answer(msg_id, method, done))

    def _request_handler(self, method: Any) -> Callable[..., Any]:
        if self.phase is Phase.STARTED and method != types.INITIALIZE:
            code = types.ErrorCodes.ServerNotInitialized
            raise RequestRefusedError(code, "The first request is initialize")
        if self.phase is Phase.SHUT_DOWN:
            raise _invalid_request("The server is shut down")
        if self.phase is Phase.INITIALIZED and method == types.INITIALIZE:
            raise _invalid_request("The server is initialized already")
        handler = self._handler(method, notification=False)
        if handler is None:
            raise RequestRefusedError(types.ErrorCodes.MethodNotFound, "Unknown method")
        return handler

    def _supersede(self, method: str, params: Any, task: asyncio.Future[Any]) -> None:
        if method not in _SUPERSEDING:
            return
        key = (method, params.text_document.uri)
        older = self._newest.get(key)
        if older is not None:
            older.cancel()
        self._newest[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))

    def _forget(self, key: tuple[str, str], task: asyncio.Future[Any]) -> None:
        if self._newest.get(key) is task:
            del self._newest[key]

    def _answer(self, msg_id: MsgId, method: str, task: asyncio.Future[Any]) -> None:
        del self._answering[msg_id]
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            answer = refusal(error, method)
            if answer.code == types.ErrorCodes.InternalError:
                log.error("%s failed", method, exc_info=error)
            self._refuse(msg_id, answer)
            return
        try:
            body = self._serialized({"jsonrpc": "2.0", "id": msg_id, "result": task.result()})
        except (TypeError, ValueError, AttributeError) as broken:
            log.exception("the result of %s cannot be sent", method)
            self._refuse(msg_id, refusal(broken, method))
            return
        self._write(body)

    def _refuse(self, msg_id: MsgId | None, error: RequestRefusedError) -> None:
        reason = {"code": error.code, "message": error.message}
        self._write(json.dumps({"jsonrpc": "2.0", "id": msg_id, "error": reason}))

    # Notifications

    def _on_notification(self, message: dict[str, Any]) -> None:
        method = message["method"]
        if method == types.CANCEL_REQUEST:
            self._on_cancel(message)
            return
        if self.phase is not Phase.INITIALIZED and method != types.EXIT:
            return
        handler = self._handler(method, notification=True)
        if handler is None:
            log.debug("notification %r is not served", method)
            return
        try:
            result = handler(self._structured(message))
        except RequestRefusedError as error:
            log.warning("notification dropped: %s", error)
            if method in self.on_malformed:
                self.on_malformed[method](message.get("params"))
        except Exception:
            log.exception("%s failed", method)
        else:
            if inspect.isawaitable(result):
                self._keep(method, asyncio.ensure_future(result))

    def _keep(self, method: str, task: asyncio.Future[Any]) -> None:
        def finished(done: asyncio.Future[Any]) -> None:
            self._notified.discard(done)
            error = None if done.cancelled() else done.exception()
            if isinstance(error, LacunaError):
                log.warning("%s: %s", method, error)
            elif error is not None:
                log.error("%s failed", method, exc_info=error)

        self._notified.add(task)
        task.add_done_callback(finished)

    def _on_cancel(self, message: dict[str, Any]) -> None:
        params = message.get("params")
        msg_id = _usable_id(params) if isinstance(params, dict) else None
        if msg_id is not None and (task := self._answering.get(msg_id)) is not None:
            task.cancel()

    # What the server asks of the client

    def send_request_async(
        self, method: str, params: Any | None = None, msg_id: MsgId | None = None
    ) -> "asyncio.Future[Any]":
        """The client's answer. Whoever waits for it may be cancelled; a late answer is dropped."""
        msg_id = str(uuid.uuid4()) if msg_id is None else msg_id
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[msg_id] = (method, future)
        future.add_done_callback(lambda _: self._asked.pop(msg_id, None))
        request = {"jsonrpc": "2.0", "id": msg_id, "method": method}
        self._send_data(request if params is None else {**request, "params": params})
        return future

    def _on_response(self, message: dict[str, Any]) -> None:
        msg_id = _usable_id(message)
        method, future = self._asked.get(msg_id, ("", None)) if msg_id is not None else ("", None)
        if future is None or future.done():
            log.debug("an answer to nothing that was asked")
            return
        if "error" in message:
            future.set_exception(RequestRefusedError(0, f"The client refused {method}"))
            return
        result_type = type_of[method][1] if method in type_of else None
        answer = {"jsonrpc": "2.0", "id": 0, "result": message["result"]}
        try:
            result = self._converter.structure(answer, result_type).result if result_type else None
        except Exception:  # noqa: BLE001
            future.set_exception(RequestRefusedError(0, f"The client's answer to {method} is odd"))
            return
        future.set_result(result)

    # Both ways

    def _handler(self, method: Any, *, notification: bool) -> Callable[..., Any] | None:
        if not isinstance(method, str):
            return None
        is_notification = method not in type_of or type_of[method][1] is None
        return self.handlers.get(method) if is_notification is notification else None

    def _structured(self, message: dict[str, Any]) -> Any:
        method = message["method"]
        envelope = {"jsonrpc": "2.0", "id": 0, "method": method, "params": message.get("params")}
        try:
            return self._converter.structure(envelope, type_of[method][0]).params
        except Exception as error:
            raise invalid_params(method) from error

    def _send_data(self, data: Any) -> None:
        self._write(self._serialized(data))

    def _serialized(self, data: Any) -> str:
        return json.dumps(data, default=self._serialize_message)

    def _write(self, body: str) -> None:
        if self.writer is None:
            return
        # json.dumps gives ASCII, so characters are bytes.
        message = f"Content-Length: {len(body)}\r\n\r\n{body}"
        try:
            self.writer.write(message.encode("ascii"))
        except (OSError, ValueError):
            log.warning("the client does not listen any more")
            self._server.stop(1)


def _started(handler: Callable[..., Any], params: Any) -> "asyncio.Future[Any]":
    """Call the handler now, so that what it reads before it awaits is what stood at receipt."""
    try:
        result = handler(params)
    except Exception as error:  # noqa: BLE001 - it becomes the answer
        failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        failed.set_exception(error)
        return failed
    if inspect.isawaitable(result):
        return asyncio.ensure_future(result)
    finished: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    finished.set_result(result)
    return finished


def _usable_id(message: dict[str, Any]) -> MsgId | None:
    msg_id = message.get("id")
    return msg_id if isinstance(msg_id, int | str) and not isinstance(msg_id, bool) else None


def _invalid_request(why: str) -> RequestRefusedError:
    return RequestRefusedError(types.ErrorCodes.InvalidRequest, why)
