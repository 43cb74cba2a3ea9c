"""Limits that a process puts on itself, and the end of everything it started."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from typing import Iterable, Iterator, List, Set

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CANDIDATE_FILE_BYTES = 64 << 20
_spared: Set[int] = set()


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent died (Linux)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def lead_own_session(parent_pid: int) -> None:
    """Leave the parent's process group, and die when the parent does (Linux)."""
    os.setsid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def thread_limit(more: int) -> int:
    """The limit that lets this user start `more` threads; 0 where it cannot be known.

    RLIMIT_NPROC counts all that the user runs, editors and browsers too.
    """
    running = sum(_thread_counts(os.getuid()))
    return running + more if running else 0


def limit_run(cpu_s: float, memory_bytes: int, threads: int) -> None:
    """Limits on a user's own tests; `threads` as `thread_limit` gave it.

    Memory is counted as data (Linux), not as address space: runtimes that reserve far more than
    they use (V8, sanitizers, the JVM) then work as they do in a terminal.
    """
    limit_processor_time(cpu_s)
    memory = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    _lower(memory, memory_bytes, memory_bytes)
    if threads:
        _lower(resource.RLIMIT_NPROC, threads, threads)


def limit_processor_time(cpu_s: float) -> None:
    """End this process once it has used that much, seconds before it was limited included."""
    # The soft limit gives SIGXCPU; the hard one above it is for processes that ignore it.
    _lower(resource.RLIMIT_CPU, int(cpu_s) + 1, int(cpu_s) + 3)


def limit_candidate(memory_bytes: int) -> None:
    """Further limits on code that is not the user's."""
    _lower(resource.RLIMIT_AS, memory_bytes, memory_bytes)
    _lower(resource.RLIMIT_FSIZE, _CANDIDATE_FILE_BYTES, _CANDIDATE_FILE_BYTES)
    _lower(resource.RLIMIT_CORE, 0, 0)


def kill_descendants(leader_pid: int, patience_s: float = 2.0) -> None:
    """Kill the process group of `leader_pid` and, on Linux, whatever escaped from it; reap all."""
    deadline = time.monotonic() + patience_s
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader_pid, signal.SIGKILL)
    while True:
        # What is stopped starts no more while the rest is being killed.
        running = [pid for pid in descendants(os.getpid()) if pid not in _spared]
        signal_all(running, signal.SIGSTOP)
        for pid in running:
            _kill(pid)
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                if _spared and not running:
                    return
                time.sleep(0.001)
        except ChildProcessError:
            return
        if time.monotonic() > deadline:
            return


def spare(pid: int) -> None:
    """`kill_descendants` is to leave this child alone, which is not of a run."""
    _spared.add(pid)


def unspare(pid: int) -> None:
    _spared.discard(pid)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        # An orphan that leads a group of its own takes the group with it.
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> List[int]:
    """Those of all its threads."""
    found: List[int] = []
    try:
        for thread in os.listdir("/proc/{}/task".format(pid)):
            with open("/proc/{}/task/{}/children".format(pid, thread), "rb") as listing:
                found += map(int, listing.read().split())
    except (OSError, ValueError):
        pass
    return found


def descendants(pid: int) -> List[int]:
    """All that a process has started and adopted, it itself left out (Linux)."""
    found: List[int] = []
    left = [pid]
    while left:
        below = _children(left.pop())
        found += below
        left += below
    return found


def signal_all(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _lower(limit: int, soft: int, hard: int) -> None:
    """Set a limit, never above the one that is in force."""
    old_soft, old_hard = resource.getrlimit(limit)
    new_hard = hard if old_hard == resource.RLIM_INFINITY else min(hard, old_hard)
    new_soft = soft if old_soft == resource.RLIM_INFINITY else min(soft, old_soft)
    # Some systems refuse some limits; the outer wall clock still holds.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(limit, (min(new_soft, new_hard), new_hard))


def _thread_counts(uid: int) -> Iterator[int]:
    try:
        entries = [entry for entry in os.scandir("/proc") if entry.name.isdigit()]
    except OSError:
        return
    for entry in entries:
        try:
            if entry.stat().st_uid == uid:
                with open(entry.path + "/stat", "rb") as stat:
                    yield int(stat.read().rpartition(b")")[2].split()[17])
        except (OSError, ValueError, IndexError):
            continue


def _prctl(option: int, value: int) -> bool:
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
