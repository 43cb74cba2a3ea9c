"""Which tier holds here, found by entering each, strongest first, and trying to get out."""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.adapters.sandbox.launch import bubblewrap_program, clean_environment, launch
from lacuna_ls.worker import tiers

log = logging.getLogger(__name__)

_WORKER = Path(tiers.__file__).parent / "__main__.py"
_PATIENCE_S = 10.0
_IN_WORDS = {
    tiers.BUBBLEWRAP: "bubblewrap, Landlock, seccomp and limits",
    tiers.LANDLOCK: "Landlock, seccomp and limits",
    tiers.NONE: "limits only",
}


@dataclass(frozen=True, slots=True)
class Probed:
    """`tier` is one of `worker.tiers`; `refused` says of each stronger one why it is not that."""

    tier: str
    refused: tuple[str, ...]

    @property
    def confines(self) -> bool:
        """Whether anything but limits holds candidates."""
        return self.tier != tiers.NONE

    @property
    def in_words(self) -> str:
        return "; ".join((_IN_WORDS[self.tier], *self.refused))


async def probe(interpreter: Path) -> Probed:
    """The strongest tier that holds for programs of this interpreter."""
    refused: list[str] = []
    if sys.platform == "linux":
        for tier in (tiers.BUBBLEWRAP, tiers.LANDLOCK):
            why = await _refusal(tier, interpreter)
            if not why:
                return Probed(tier, tuple(refused))
            refused.append(f"{tier}: {why}")
    else:
        refused.append(f"no sandbox for {sys.platform} yet")
    unsandboxed = Probed(tiers.NONE, tuple(refused))
    log.warning("candidates run unsandboxed: %s", unsandboxed.in_words)
    return unsandboxed


async def _refusal(tier: str, interpreter: Path) -> str:
    """Why the tier is not to be had; empty if it holds."""
    if tier == tiers.BUBBLEWRAP and bubblewrap_program() is None:
        return "bwrap is not installed"
    with _bait() as (folder, port):
        command = (str(interpreter), "-I", "-S", str(_WORKER), "probe", str(folder), str(port))
        started = launch(
            tier, command, Path(folder), Path(folder, "scratch"), clean_environment(os.environ)
        )
        code, output, errors = await _run(started.command, dict(started.environment))
    try:
        found = json.loads(output)
    except ValueError:
        lines = errors.strip().splitlines()
        return lines[-1][:200] if lines else f"exit status {code}"
    if found["tier"] != tier:
        return "the kernel has no Landlock (6.2 or newer), or this machine no filter of ours"
    return "it lets code " + ", ".join(found["through"]) if found["through"] else ""


async def _run(command: Sequence[str], environment: dict[str, str]) -> tuple[int, bytes, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), _PATIENCE_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        return -1, b"", "it did not end"
    return process.returncode or 0, output, errors.decode("utf-8", "replace")


@contextmanager
def _bait() -> Iterator[tuple[str, int]]:
    """A folder with a file and a socket that nobody confined may touch, and a port."""
    with (
        tempfile.TemporaryDirectory(prefix="lacuna-probe-") as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket(socket.AF_UNIX) as local,
    ):
        Path(folder, "scratch").mkdir()
        Path(folder, "canary").write_text("precious")
        local.bind(str(Path(folder, "socket")))
        local.listen()
        yield folder, listener.getsockname()[1]
