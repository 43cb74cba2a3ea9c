"""Totals that no limit of the kernel's bounds for one run: processes, memory, disk.

A process of its own watches all that a candidate's process has started, wherever that has gone,
and ends everything when there is too much of it. RLIMIT_NPROC does not count for root, RLIMIT_AS
counts each process for itself, and nothing but a sized file system bounds the sum of files.
"""

import fcntl
import os
import select
import signal
import struct
from typing import List, NamedTuple

from . import guard

_INTERVAL_MS = 50
# The process of the run and its parent, which adopts what the run leaves.
_CALL = struct.Struct("ii")
# Where the other descriptors of the supervisor lie.
_HIGH_FD = 800
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Totals(NamedTuple):
    """`disk_bytes` is how much less may be free where `folder` lies than when watching began."""

    processes: int
    memory_bytes: int
    disk_bytes: int
    folder: str


class Sentinel:
    """The watcher of one supervisor: started by it, and asleep between the runs."""

    def __init__(self) -> None:
        self._call_fd = -1

    def start(self, totals: Totals) -> None:
        """In the supervisor; once is enough for all its runs."""
        if self._call_fd >= 0 or not hasattr(os, "pidfd_open"):
            return
        supervisor = os.getpid()
        wake_fd, call_fd = os.pipe()
        self._call_fd = fcntl.fcntl(call_fd, fcntl.F_DUPFD_CLOEXEC, _HIGH_FD)
        os.close(call_fd)
        pid = os.fork()
        if pid:
            os.close(wake_fd)
            guard.spare(pid)
            return
        try:
            guard.lead_own_session(supervisor)
            signal.set_wakeup_fd(-1)
            kept_fd = os.dup2(wake_fd, 0, inheritable=False)
            os.closerange(1, 4096)
            while True:
                called = os.read(kept_fd, _CALL.size)
                if len(called) < _CALL.size:
                    break
                watched, parent = _CALL.unpack(called)
                _follow(watched, parent, totals)
        finally:
            os._exit(0)

    def call(self) -> None:
        """In the process of a run: be watched from now on, to the end."""
        if self._call_fd >= 0:
            os.write(self._call_fd, _CALL.pack(os.getpid(), os.getppid()))
            os.close(self._call_fd)


def _follow(watched: int, parent: int, totals: Totals) -> None:
    try:
        pidfd = os.pidfd_open(watched)
    except OSError:
        return  # it has ended
    end = select.poll()
    end.register(pidfd, select.POLLIN)
    free_bytes = _free_bytes(totals.folder)
    while not end.poll(_INTERVAL_MS):
        running = _running(parent)
        too_much = (
            len(running) > totals.processes
            or sum(map(_resident_bytes, running)) > totals.memory_bytes
            or free_bytes - _free_bytes(totals.folder) > totals.disk_bytes
        )
        if too_much:
            _end(parent)
    os.close(pidfd)


def _running(parent: int) -> List[int]:
    return [pid for pid in guard.descendants(parent) if pid != os.getpid()]


def _end(parent: int) -> None:
    """Stop all before any is killed: what is stopped cannot start more."""
    stopped: List[int] = []
    while True:
        new = [pid for pid in _running(parent) if pid not in stopped]
        if not new:
            break
        guard.signal_all(new, signal.SIGSTOP)
        stopped += new
    guard.signal_all(stopped, signal.SIGKILL)


def _resident_bytes(pid: int) -> int:
    try:
        with open("/proc/{}/statm".format(pid), "rb") as statm:
            fields = statm.read().split()
    except OSError:
        return 0
    # What is shared with the supervisor it was forked from is not counted.
    return max(int(fields[1]) - int(fields[2]), 0) * _PAGE_BYTES


def _free_bytes(folder: str) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
