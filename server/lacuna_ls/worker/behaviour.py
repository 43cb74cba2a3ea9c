"""One call of a function, and what is kept of it: in the form of `messages.Observed`."""

import contextlib
import inspect
import io
import signal
import sys
from typing import Any, Callable, Iterator, List, Optional

from . import canonical, inputs, values
from .capture import Call

RETURNED, RAISED, RAN_ON, EXITED, NOT_RUN = "returned", "raised", "ran on", "exited", "not run"
_MAX_ITEMS = 200
_MAX_PRINTED = 64 << 10
_MAX_SHOWN = 60


def unknown(status: str) -> List[Any]:
    return [status, "", "", "", "", "", "", False, "", ""]


class _TimeUp(BaseException):
    """The time of a call is over."""


@contextlib.contextmanager
def time_limit(call_s: float) -> Iterator[None]:
    """Processor time, so that a busy machine is not mistaken for a loop."""

    def end(*_: Any) -> None:
        raise _TimeUp

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, call_s, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def of_call(
    function: Any, original: Call, call_s: float, then: Optional[Callable[[Any], Any]] = None
) -> List[Any]:
    """What `function` does with a copy of the call, and `then` with what it returns."""
    try:
        call = inputs.copied(original)
    except Exception:
        return unknown(NOT_RUN)
    before = canonical.form((call.positional, call.named)).exact
    printed = _Printed()
    result: Any = None
    try:
        with time_limit(call_s), _printing_to(printed):
            result = function(*call.positional, **call.named)
            if inspect.isawaitable(result):
                result = _run(_awaited(result))
            arguments = (call.positional, call.named)
            lazy = _consumed(result)
    except _TimeUp:
        return unknown(RAN_ON)
    except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        return raised(error, printed.text(), call, before)
    kept = _returned(result if lazy is None else lazy, arguments, printed.text(), before)
    return [*kept, "" if then is None else _after(then, result, call_s)]


def _after(then: Callable[[Any], Any], result: Any, call_s: float) -> str:
    """The loose form of what it makes of the result; that of the exception if it raises one."""
    try:
        with time_limit(call_s), _printing_to(_Printed()):
            return canonical.form(then(result)).loose
    except _TimeUp:
        return RAN_ON
    except Exception as error:
        return canonical.type_name(type(error))


def _returned(result: Any, arguments: Any, printed: str, before: str) -> List[Any]:
    found = canonical.form(result, arguments)
    after = canonical.form(arguments)
    text = shown(result.items if isinstance(result, canonical.Lazy) else result)
    return [
        RETURNED, found.exact, found.loose, text, "", "", after.loose, after.exact != before,
        canonical.digest(printed) if printed else "",
    ]  # fmt: skip


def raised(error: BaseException, printed: str, call: Call, before: str = "") -> List[Any]:
    after = canonical.form((call.positional, call.named))
    name = canonical.type_name(type(error))
    try:
        message = canonical.without_address(str(error))[:200]
    except Exception:
        message = ""
    return [
        RAISED, "", "", "", name, message, after.loose, bool(before) and after.exact != before,
        canonical.digest(printed) if printed else "", "",
    ]  # fmt: skip


def _run(coroutine: Any) -> Any:
    import asyncio  # takes long, and few functions need it

    return asyncio.run(coroutine)


async def _awaited(result: Any) -> Any:
    return await result


def _consumed(result: Any) -> Optional[canonical.Lazy]:
    """What an iterator gives, up to a bound; `None` for anything else."""
    if inspect.isasyncgen(result):
        collected: canonical.Lazy = _run(_collected(result))
        return collected
    if not hasattr(type(result), "__next__") or isinstance(result, io.IOBase):
        return None
    items: List[Any] = []
    end = ""
    try:
        for item in result:
            items.append(item)
            if len(items) >= _MAX_ITEMS:
                break
        else:
            end = "ended"
    except Exception as error:
        end = "{}: {}".format(canonical.type_name(type(error)), str(error)[:200])
    return canonical.Lazy(canonical.type_name(type(result)), items, end)


async def _collected(result: Any) -> canonical.Lazy:
    items: List[Any] = []
    end = ""
    try:
        async for item in result:
            items.append(item)
            if len(items) >= _MAX_ITEMS:
                break
        else:
            end = "ended"
    except Exception as error:
        end = "{}: {}".format(canonical.type_name(type(error)), str(error)[:200])
    return canonical.Lazy(canonical.type_name(type(result)), items, end)


class _Printed(io.TextIOBase):
    """Text that a function prints, the first of it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: List[str] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._size < _MAX_PRINTED:
            self._parts.append(text)
        self._size += len(text)
        return len(text)

    def text(self) -> str:
        return "".join(self._parts)


@contextlib.contextmanager
def _printing_to(printed: _Printed) -> Iterator[None]:
    before = sys.stdout, sys.stderr, sys.stdin
    sys.stdout, sys.stderr, sys.stdin = printed, io.StringIO(), io.StringIO()
    try:
        yield
    finally:
        sys.stdout, sys.stderr, sys.stdin = before


def shown(value: Any) -> str:
    text = values.literal(value)
    return text if text is not None and len(text) <= _MAX_SHOWN else values.Shown().text(value)
