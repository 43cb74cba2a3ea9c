"""How long to wait before a request is made again, or that it is not."""

_STATUSES = frozenset({408, 409, 429, 500, 502, 503, 504})
_MOST_ATTEMPTS = 3
_FIRST_WAIT_S = 0.5


def wait_s(attempt: int, status: int | None, retry_after: str, left_s: float) -> float | None:
    """Seconds to wait after failed attempt number `attempt`, counted from 1; `None` to give up.

    `status` is that of the answer, `None` if none came. A server that asks for more than the time
    that is left is taken at its word: waiting less would only annoy it.
    """
    if attempt >= _MOST_ATTEMPTS or (status is not None and status not in _STATUSES):
        return None
    asked = asked_s(retry_after)
    wait = _FIRST_WAIT_S * 2 ** (attempt - 1) if asked is None else asked
    return wait if wait < left_s else None


def asked_s(retry_after: str) -> float | None:
    """The seconds of a `Retry-After` header; `None` for its form with a date and for nonsense."""
    try:
        seconds = float(retry_after)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
