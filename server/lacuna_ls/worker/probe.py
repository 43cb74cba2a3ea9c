"""Whether the confinement holds on this system: entered, and then tried from inside."""

import ctypes
import json
import os
import socket
import sys
from typing import Callable, Dict

from . import confinement, tiers

_MEMORY_BYTES = 1 << 30


def main(folder: str, port: int) -> None:
    """Print the tier and which attempts got through, as JSON on one line.

    `folder` has an empty folder `scratch` and a file `canary`; somebody listens on loopback at
    `port` and, by the name `folder/socket`, to UNIX sockets.
    """
    scratch = os.path.join(folder, "scratch")
    place = confinement.prepare(scratch, scratch, _MEMORY_BYTES)
    place.enter(_MEMORY_BYTES)
    canary = os.path.join(folder, "canary")
    attempts: Dict[str, Callable[[], object]] = {
        "read a file": lambda: os.open(canary, os.O_RDONLY),
        "write a file": lambda: os.open(canary, os.O_WRONLY),
        "make a file": lambda: os.mkdir(canary + ".new"),
        "remove a file": lambda: os.remove(canary),
        "reach the network": lambda: socket.create_connection(("127.0.0.1", port), 1),
        "reach a UNIX socket": lambda: _unix(os.path.join(folder, "socket")),
        "trace a process": _trace,
        "signal a process": lambda: os.kill(os.getppid(), 0),
    }
    if place.tier == tiers.BUBBLEWRAP:
        # The parent is then the namespace's own first process.
        del attempts["signal a process"]
    through = [name for name, attempt in attempts.items() if _succeeds(attempt)]
    with open(os.path.join(os.environ["TMPDIR"], "own"), "wb") as own:
        own.write(b"mine")
    print(json.dumps({"tier": place.tier, "through": through}))
    sys.stdout.flush()
    os._exit(0)


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _unix(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


def _trace() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), 0, 0) != 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")
