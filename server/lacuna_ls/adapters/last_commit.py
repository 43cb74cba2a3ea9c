"""What a file held in the last commit of its repository, by git."""

import asyncio
import os
from pathlib import Path

_PATIENCE_S = 5.0
# Nothing that a repository configures runs, and nothing is written.
_OPTIONS = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


async def text_at_head(path: Path) -> bytes | None:
    """Its bytes as they are checked in; `None` where there is no git, no commit, or no such file."""
    return await text_at(path, "HEAD")


async def text_at(path: Path, revision: str) -> bytes | None:
    """Its bytes at a revision; `None` where there is no git, no such revision, or no such file."""
    if revision.startswith("-"):
        return None
    command = ("git", *_OPTIONS, "cat-file", "blob", f"{revision}:./{path.name}")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=path.parent,
            env={**environment, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _PATIENCE_S)
    except (TimeoutError, asyncio.CancelledError) as error:
        process.kill()
        await process.wait()
        if isinstance(error, asyncio.CancelledError):
            raise
        return None
    return output if process.returncode == 0 else None
