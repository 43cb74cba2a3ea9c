"""`lacuna-ls doctor`: what is used and why, and for each thing that is amiss what mends it."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lacuna_ls.cli.doctor_findings import Finding


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", metavar="PATH", type=Path, nargs="?", default=Path(), help="a file or folder"
    )
    parser.add_argument("--endpoint", metavar="URL", help="in place of the editor's last setting")
    parser.add_argument("--model", metavar="NAME", help="in place of the editor's last setting")
    parser.add_argument(
        "--key-variable", metavar="NAME", help="in place of the editor's last setting"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    """0 if nothing is amiss, 1 if something is, 2 if it could not be asked for."""
    from lacuna_ls.cli.check_paths import project_of
    from lacuna_ls.cli.doctor_findings import findings, this_server
    from lacuna_ls.cli.endpoint_arguments import chosen_settings

    target = args.path.resolve()
    if not target.exists():
        print(f"{args.path} is not there", file=sys.stderr)
        return 2
    settings = chosen_settings(args, target)
    if settings is None:
        return 2
    root, path = (target, None) if target.is_dir() else (project_of(target, target.parent), target)
    found = [*this_server(), *asyncio.run(findings(root, path, settings))]
    problems = sum(1 for finding in found if finding.problem)
    if args.json:
        print(json.dumps({"findings": [asdict(each) for each in found], "problems": problems}))
    else:
        _print(found, problems)
    return 1 if problems else 0


def _print(found: "list[Finding]", problems: int) -> None:
    section = ""
    for finding in found:
        if finding.section != section:
            section = finding.section
            print(f"{section}")
        print(f"  {'!' if finding.problem else ' '} {finding.name}: {finding.value}")
        if finding.problem:
            print(f"      {finding.problem}; to mend it: {finding.mend}")
    print("\nNothing is amiss." if not problems else f"\n{problems} to mend.")
