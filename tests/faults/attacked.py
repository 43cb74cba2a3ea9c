"""Attacks let loose as candidates, and the bait that says whether they got through."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from e2e.real_server import descendants
from faults.attacks import Attack, module
from lacuna_ls.adapters.sandbox.probe import Probed
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.ports.code_runner import Limits, Overlay
from real_runs import Trusting, project, request

_TEST = "import victim\n\ndef test_a():\n    victim.run()\n"
_FILES = {
    "victim.py": "def run(): return 0\n",
    "test_it.py": _TEST,
    ".env": "KEY=CANARY\n",
    "server.pem": "CANARY\n",
    ".git/config": "[core]\n",
    ".git/hooks/README": "",
}
_LIMITS = Limits(wall_s=6.0, cpu_s=10.0, memory_bytes=1 << 30, processes=200)
_SERVER = "import sys, time; sys.stdout.write('up'); sys.stdout.flush(); time.sleep(600)"


class PoolOf(WorkerPool):
    """A pool that runs its candidates at one tier."""

    def __init__(self, tier: str) -> None:
        super().__init__(Trusting())
        self._only = tier

    async def confinement(self, interpreter: Path) -> Probed:
        return Probed(self._only, ())


@dataclass(slots=True)
class Bait:
    """What an attacker would like to have; `disturbed` names what has been touched."""

    base: Path
    root: Path
    server: subprocess.Popen[bytes]
    listeners: tuple[socket.socket, ...]
    token: str
    _before: tuple[object, ...] = ()

    def values(self) -> dict[str, object]:
        return {
            "HOME": str(self.base / "home"), "OUTSIDE": str(self.base / "outside"),
            "ROOT": str(self.root), "PORT": self.listeners[0].getsockname()[1],
            "SERVER": self.server.pid, "TOKEN": self.token,
        }  # fmt: skip

    def arm(self) -> None:
        self._before = tuple(self._state())

    def disturbed(self) -> list[str]:
        """What is not as it was, or has been reached."""
        found = [
            f"{was} -> {now}"
            for was, now in zip(self._before, self._state(), strict=False)
            if was != now
        ]
        found += [f"connected to {each!r}" for each in self.listeners if _called(each)]
        return found

    def _state(self) -> Iterator[object]:
        yield self.server.poll()
        if self.server.poll() is None:
            status = Path(f"/proc/{self.server.pid}/limits").read_text()
            yield status, os.getpriority(os.PRIO_PROCESS, self.server.pid)
            yield os.sched_getaffinity(self.server.pid)
        yield sorted(_tree(self.base))


def _tree(base: Path) -> Iterator[tuple[object, ...]]:
    for path in base.rglob("*"):
        seen = path.lstat()
        yield str(path), seen.st_mode, seen.st_size, (seen.st_mtime_ns if path.is_file() else 0)


def _called(listener: socket.socket) -> bool:
    with suppress(BlockingIOError):
        if listener.type == socket.SOCK_DGRAM:
            listener.recv(100)
        else:
            listener.accept()[0].close()
        return True
    return False


@contextmanager
def bait(base: Path) -> Iterator[Bait]:
    """A user's machine in a folder: home, workspace, services, and a process like the server."""
    token = secrets.token_hex(8)
    home = project(
        base / "home", {".ssh/id_rsa": "CANARY\n", ".netrc": "CANARY\n", ".bashrc": "\n"}
    )
    outside = project(base / "outside", {"canary": "CANARY\n"})
    root = project(base / "root", _FILES).resolve()
    tcp = socket.create_server(("", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("", tcp.getsockname()[1]))
    local, datagrams = (
        socket.socket(socket.AF_UNIX),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
    )
    local.bind(str(outside / "socket"))
    datagrams.bind(str(outside / "datagrams"))
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0lacuna-" + token)
    for each in (local, abstract):
        each.listen()
    listeners = (tcp, udp, local, datagrams, abstract)
    for each in listeners:
        each.setblocking(False)
    environment = {"CANARY_API_KEY": "CANARY", "HOME": str(home)}
    server = subprocess.Popen(
        [sys.executable, "-S", "-c", _SERVER, "CANARY"], stdout=subprocess.PIPE, env=environment
    )
    assert server.stdout is not None
    server.stdout.read(2)
    try:
        yield Bait(base, root, server, listeners, token)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        for each in listeners:
            each.close()


@dataclass(frozen=True, slots=True)
class Outcome:
    """`escapes` says how the attack got through; empty if it was held."""

    attack: Attack
    tier: str
    escapes: tuple[str, ...]
    report: TestReport


async def let_loose(attacks: Sequence[Attack], tier: str, bait: Bait) -> AsyncIterator[Outcome]:
    """Screen the attacks one after the other, looking after each what has become of the bait."""
    pool = PoolOf(tier)
    overlays = [Overlay(bait.root / "victim.py", module(bait.values(), a)) for a in attacks]
    run = replace(request(bait.root, "test_it.py"), limits=_LIMITS)
    bait.arm()
    index = 0
    os.environ["CANARY_API_KEY"] = "CANARY"
    try:
        async for report in pool.screen(run, overlays):
            attack = attacks[index]
            index += 1
            escapes = [*bait.disturbed()]
            if report.green:
                escapes.append("its test passed")
            if len(report.output) > _LIMITS.output_bytes + 100:
                escapes.append("its output was not capped")
            yield Outcome(attack, tier, tuple(escapes), report)
    finally:
        del os.environ["CANARY_API_KEY"]
        await pool.close()


async def left_running(before: Iterable[int]) -> set[int]:
    """Processes below this one that were not there before, once they have had time to end."""
    for _ in range(50):
        left = descendants(os.getpid()) - set(before)
        if not left:
            break
        await asyncio.sleep(0.05)
    return left
