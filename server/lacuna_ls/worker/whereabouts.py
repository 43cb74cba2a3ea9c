"""Where a process is when its time is over: a traceback that it writes on a signal.

The handler is C code of `faulthandler`, so it works in a loop that never returns to Python's own
signal handling.
"""

import faulthandler
import os
import re
import select
import signal
from typing import List, Tuple

# Far from the signals that programs use; 0 where there are no such signals.
_SIGNAL = int(getattr(signal, "SIGRTMAX", 2)) - 2
_PATIENCE_MS = 200
_ENTRY = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)
_FRAMEWORK = re.compile(r"[/\\](?:_pytest|pluggy|_lacuna_worker)[/\\]")
# A folder of the user's may have that name.
_UNITTEST = os.path.join(os.path.dirname(os.__file__), "unittest") + os.sep


def tell_on_signal(fd: int) -> None:
    """In the process to be asked: answer to `fd`."""
    if _SIGNAL:
        faulthandler.register(_SIGNAL, file=fd, all_threads=False)


def ask(pid: int, fd: int) -> List[Tuple[str, int, str]]:
    """(path, zero-based line, function) of what `pid` is doing, outermost first; may be empty."""
    if not _SIGNAL:
        return []
    os.kill(pid, _SIGNAL)
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    data = b""
    while len(data) < 1 << 16 and poll.poll(_PATIENCE_MS if not data else 20):
        more = os.read(fd, 1 << 12)
        if not more:
            break
        data += more
    # `faulthandler` writes ASCII with escapes, the innermost frame first.
    text = data.decode("ascii", "replace")
    found = [
        (_unescaped(path), max(int(line) - 1, 0), name) for path, line, name in _ENTRY.findall(text)
    ]
    not_theirs = os.path.dirname(__file__) + os.sep, _UNITTEST
    kept = [f for f in found if not _FRAMEWORK.search(f[0]) and not f[0].startswith(not_theirs)]
    return kept[::-1]


def _unescaped(path: str) -> str:
    try:
        return path.encode("ascii", "replace").decode("unicode_escape")
    except UnicodeDecodeError:
        return path
