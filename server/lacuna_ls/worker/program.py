"""A program that runs tests, held as a run of Python's is: its limits, its group, its end.

Started in the server's own interpreter. The line to the server is its life: when that is closed, or
the program has ended, everything that the program has started is ended too.
"""

import json
import os
import select
import signal
import socket
from typing import NamedTuple, Optional, Sequence

from . import guard

_NOT_STARTED = 127


class Limits(NamedTuple):
    """As in `messages.Request`."""

    cpu_s: float
    memory_bytes: int
    threads: int
    niceness: int


def main(fd: int, limits: str, command: Sequence[str]) -> None:
    """Run `command` with `limits`, JSON of their fields; say on `fd` how it ended."""
    line = socket.socket(fileno=fd)
    line.set_inheritable(False)
    guard.adopt_orphans()
    wake_fd, woken_fd = os.pipe()
    os.set_blocking(woken_fd, False)
    signal.set_wakeup_fd(woken_fd)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    pid = _started(Limits(**json.loads(limits)), command)
    poll = select.poll()
    poll.register(line, select.POLLIN)
    poll.register(wake_fd, select.POLLIN)
    status: Optional[int] = None
    while status is None:
        ready = dict(poll.poll())
        if wake_fd in ready:
            os.read(wake_fd, 512)
            status = _ended(pid)
        if line.fileno() in ready:
            break
    guard.kill_descendants(pid)
    if status is not None:
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        line.sendall(json.dumps(code).encode())


def _started(limits: Limits, command: Sequence[str]) -> int:
    parent_pid = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        guard.lead_own_session(parent_pid)
        os.nice(limits.niceness)
        guard.limit_run(limits.cpu_s, limits.memory_bytes, guard.thread_limit(limits.threads))
        os.execvp(command[0], list(command))
    finally:
        os._exit(_NOT_STARTED)


def _ended(pid: int) -> Optional[int]:
    """The status of `pid`, if it is that which has ended; the rest is reaped."""
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if ended in (0, pid):
            return status if ended else None
