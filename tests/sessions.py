"""The sessions that workers have begun ahead of runs, seen from outside (Linux)."""

import asyncio
import os
from pathlib import Path

_PATIENCE_S = 100.0
_INTERVAL_S = 0.02
_of_others: set[int] = set()


def from_here_on() -> None:
    """Look only at what is started from now on, not at what other tests have not ended yet."""
    _of_others.clear()
    _of_others.update(_below(os.getpid()))


async def begun(other_than: int = 0) -> int:
    """The process of the session that waits, once it does: it sleeps, and gets no further.

    `other_than` is that of a run that may not have gone yet.
    """
    seen: list[tuple[int, str]] = []
    for _ in range(int(_PATIENCE_S / _INTERVAL_S)):
        below = [pid for worker in workers() - _of_others for pid in _below(worker)]
        found = [pid for pid in below if pid != other_than]
        seen = [*seen[-2:], (found[0], _state(found[0]))] if found else []
        if len(seen) == 3 and len(set(seen)) == 1 and seen[0][1].startswith("S"):
            return seen[0][0]
        await asyncio.sleep(_INTERVAL_S)
    raise AssertionError("no session was begun")


async def running(pid: int) -> None:
    """Wait until it uses the processor."""
    for _ in range(int(_PATIENCE_S / _INTERVAL_S)):
        if _state(pid).startswith("R"):
            return
        await asyncio.sleep(_INTERVAL_S)
    raise AssertionError("it does not run")


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def workers() -> set[int]:
    return set(_below(os.getpid()))


def descendants() -> set[int]:
    """Workers, and what they have below them."""
    own = workers()
    return {*own, *(pid for worker in own for pid in _below(worker))}


def _below(pid: int) -> list[int]:
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return []  # it has ended


def _state(pid: int) -> str:
    """Its state, and the processor time that it has used."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return " ".join((fields[0], fields[11], fields[12]))
