"""How a request ends when it does not end with a result.

What leaves the server is a code and one sentence: no path, no traceback, no `data`. The rest is
in the log.
"""

import asyncio

from lsprotocol.types import ErrorCodes, LSPErrorCodes

from lacuna_ls.domain.errors import LacunaError


class RequestRefusedError(Exception):
    """Ends a request with `code`; `message` is what the user may read."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = int(code)
        self.message = message


def stale() -> RequestRefusedError:
    """The document changed while the request was worked on."""
    return RequestRefusedError(LSPErrorCodes.ContentModified, "The document has changed")


def not_kept() -> RequestRefusedError:
    """What a refactoring makes does not do what the code did."""
    return RequestRefusedError(LSPErrorCodes.RequestFailed, "The code would not do the same")


def not_made() -> RequestRefusedError:
    """An edit that was to be made when it was chosen could not be made."""
    return RequestRefusedError(LSPErrorCodes.RequestFailed, "No edit could be made")


def invalid_params(method: str) -> RequestRefusedError:
    return RequestRefusedError(ErrorCodes.InvalidParams, f"Invalid parameters of {method}")


def refusal(error: BaseException, method: str) -> RequestRefusedError:
    """What to answer to a request whose handler raised `error`."""
    if isinstance(error, RequestRefusedError):
        return error
    if isinstance(error, asyncio.CancelledError):
        return RequestRefusedError(LSPErrorCodes.RequestCancelled, "Cancelled")
    if isinstance(error, LacunaError):
        return RequestRefusedError(LSPErrorCodes.RequestFailed, f"{method} could not be done")
    return RequestRefusedError(
        ErrorCodes.InternalError, f"{method} failed; the server's log has the details"
    )
