"""A program of the user's that runs tests, from its start to the end of all it has started.

It is held by `worker/program.py`, in this server's interpreter: the socket to that is its life line,
as it is for the runs of Python.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.adapters.uninterrupted import uninterrupted
from lacuna_ls.adapters.worker_report import Capped
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.ports.code_runner import Limits
from lacuna_ls.worker import messages

_WORKER = Path(messages.__file__).parent / "__main__.py"
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    """`exit_code` is negative for a signal and `None` where the program's time was over."""

    exit_code: int | None
    output: str
    elapsed_s: float


async def run_program(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], limits: Limits
) -> Ended:
    """Run `command` in `folder`; nothing of it is left afterwards.

    Raises:
        RunnerError: it could not be started.
    """
    if os.name != "posix":
        raise RunnerError("tests cannot be run on this system yet: it has no fork")
    started_s = time.monotonic()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    try:
        process = await _held(command, folder, environment, limits, theirs)
    except OSError as error:
        ours.close()
        raise RunnerError(
            f"{command[0]} could not be started: {error.strerror or error}"
        ) from error
    finally:
        theirs.close()
    output = Capped(limits.output_bytes)
    ended: int | None = None
    try:
        async with asyncio.timeout(limits.wall_s):
            await _printed(process, output)
            await process.wait()
        with contextlib.suppress(OSError, ValueError):
            ended = int(json.loads(ours.recv(64)))
    except TimeoutError:
        pass
    finally:
        ours.close()
        await uninterrupted(_gone(process, output))
    return Ended(ended, output.text(), time.monotonic() - started_s)


async def _held(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    limits: Limits,
    line: socket.socket,
) -> asyncio.subprocess.Process:
    own = {
        "cpu_s": limits.cpu_s,
        "memory_bytes": limits.memory_bytes,
        "threads": limits.processes,
        "niceness": limits.niceness,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", str(_WORKER), "program",
        str(line.fileno()), json.dumps(own), *command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(line.fileno(),),
        start_new_session=True,
    )  # fmt: skip


async def _printed(process: asyncio.subprocess.Process, output: Capped) -> None:
    assert process.stdout is not None
    while data := await process.stdout.read(1 << 16):
        output.add(data)


async def _gone(process: asyncio.subprocess.Process, output: Capped) -> None:
    """See it off, with its life line cut."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await _printed(process, output)
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
