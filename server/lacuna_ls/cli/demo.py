"""`lacuna-ls demo`: the main job end to end, by the real server over stdio and a real client.

Without `--workspace` it works on a copy of the small project beside this file, which has the bugs
that a person makes. No network is used and nothing but the copy is trusted or written.
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lacuna_ls.lsp.client import Client, ServerError

WORKSPACE = Path(__file__).parent / "demo_workspace"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workspace",
        metavar="PATH",
        type=Path,
        help="your own project: run the tests of some of its files, show fixes, change nothing",
    )
    parser.add_argument(
        "--trust", action="store_true", help="this time, let the tests of --workspace run"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the steps there as data")


def run(args: argparse.Namespace) -> int:
    """0: every step happened. 1: one did not. 2: it could not start. 130: interrupted."""
    from lacuna_ls.cli import demo_project

    begun = time.monotonic()
    try:
        if args.workspace is not None:
            status, report = demo_project.run_there(args.workspace, trust=args.trust)
        else:
            status, report = _show_copy()
    except KeyboardInterrupt:
        return 130
    report["elapsed_s"] = round(time.monotonic() - begun, 2)
    if args.json is not None:
        try:
            args.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            print(f"the steps cannot be written to {args.json}: {error.strerror}", file=sys.stderr)
            return 2
    return status


def _show_copy() -> tuple[int, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="lacuna-demo-") as folder:
        root = Path(folder).resolve() / "orchard"
        shutil.copytree(WORKSPACE, root, ignore=shutil.ignore_patterns("__pycache__"))
        return asyncio.run(_show(root))


async def _show(root: Path) -> tuple[int, dict[str, Any]]:
    from lacuna_ls.cli.demo_screen import console, heading, show
    from lacuna_ls.cli.demo_steps import COMMAND, ENVIRONMENT, SETTINGS, STEPS, Stage, Step

    screen = console()
    begun = time.monotonic()
    report: dict[str, Any] = {}
    screen.print("The order book of a small fruit farm, copied to a temporary folder.")
    log = root.parent / "server.log"
    command = (*COMMAND, "--log-file", str(log))
    async with await Client.start(
        command, environment=ENVIRONMENT, stderr=subprocess.DEVNULL
    ) as client:
        client.configuration = SETTINGS
        await client.initialize(root, options={"trustedFolders": [str(root)], **SETTINGS})
        stage = Stage(client, root)
        for name, perform in STEPS.items():
            try:
                step = await perform(stage)
            except (ServerError, TimeoutError) as error:
                step = Step(ok=False, outcome=str(error) or "the server did not answer in time")
            report[name] = {"ok": step.ok, "outcome": step.outcome, **step.details}
            screen.print()
            show(screen, heading(name, step.outcome, ok=step.ok), *step.body)
    missing = [name for name, step in report.items() if not step["ok"]]
    screen.print()
    if missing:
        screen.print(f"Did not happen: {', '.join(missing)}. The end of the server's log:")
        screen.print(*log.read_text("utf-8", "replace").splitlines()[-20:], sep="\n", markup=False)
    screen.print(
        f"{len(report) - len(missing)} of {len(report)} steps in {time.monotonic() - begun:.1f} s"
    )
    return (1 if missing else 0), report
