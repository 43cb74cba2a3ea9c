"""`lacuna-ls check PATH...`: what a save would show, for scripts and continuous integration."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from lacuna_ls.cli.check_paths import Given
    from lacuna_ls.cli.check_report import Checked
    from lacuna_ls.lsp.save_run import SaveTools

INTERRUPTED = 130
_STDOUT = "-"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help="source or test files, or folders, of which all source files that git does not ignore",
    )
    parser.add_argument(
        "--trust", action="store_true", help="this time, let the tests of these projects run"
    )
    parser.add_argument(
        "--fix", action="store_true", help="search fixes for what fails, and show them as patches"
    )
    parser.add_argument(
        "--write", action="store_true", help="with --fix: write the best fix of each file"
    )
    parser.add_argument(
        "--speed",
        action="store_true",
        help="search rewrites that are faster, and show them as patches",
    )
    parser.add_argument(
        "--against",
        metavar="REV",
        help="with --speed: time the functions that changed since this revision, instead",
    )
    parser.add_argument(
        "--picture", metavar="FILE", help="with --speed: time against size, as SVG, to FILE"
    )
    parser.add_argument(
        "--interpreter",
        metavar="PYTHON",
        default="",
        help="the Python to run the tests with; else it is found, as in an editor",
    )
    for form in ("json", "sarif"):
        parser.add_argument(
            f"--{form}",
            metavar="FILE",
            nargs="?",
            const=_STDOUT,
            help=f"the findings as {form.upper()}, to standard output in place of text, or to FILE",
        )
    parser.set_defaults(usage=parser.error)


def run(args: argparse.Namespace) -> int:
    """0: nothing fails. 1: something does. 2: it could not run. 130: interrupted."""
    from lacuna_ls.cli.check_paths import given_files

    _check_arguments(args)
    given = given_files(args.paths, Path.cwd())
    refusals = given.wrong or _untrusted(args, given)
    if not refusals and not given.files:
        refusals = ("there is no source file in what was given",)
    if refusals:
        print(*refusals, sep="\n", file=sys.stderr)
        return 2
    try:
        return asyncio.run(_check_or_end(args, given))
    except KeyboardInterrupt:
        return INTERRUPTED


async def _check_or_end(args: argparse.Namespace, given: "Given") -> int:
    """What an interrupt has cut short is no result, even if the last run came to its end."""
    status = await _check(args, given)
    task = asyncio.current_task()
    return INTERRUPTED if task is not None and task.cancelling() else status


def _check_arguments(args: argparse.Namespace) -> None:
    """End with a usage message where an argument makes no sense; a report never hits a source."""
    if args.write and not args.fix:
        args.usage("--write needs --fix")
    if (args.against or args.picture) and not args.speed:
        args.usage("--against and --picture need --speed")
    if args.picture and Path(args.picture).suffix != ".svg":
        args.usage("--picture writes to a file named *.svg")
    if args.json == args.sarif == _STDOUT:
        args.usage("--json and --sarif cannot both go to standard output")
    for form in ("json", "sarif"):
        file = getattr(args, form)
        if file not in (None, _STDOUT) and Path(file).suffix not in (".json", ".sarif"):
            args.usage(
                f"--{form} writes to a file named *.json or *.sarif, which {file} is not; "
                f"put --{form} behind the paths for standard output"
            )


def _untrusted(args: argparse.Namespace, given: "Given") -> tuple[str, ...]:
    from lacuna_ls.adapters.trust_store import TrustStore

    store = TrustStore()
    return tuple(
        f"{root} is not trusted, and its tests are code: add --trust for this time, "
        f"or run: lacuna-ls trust {root}"
        for root in given.roots
        if not args.trust and not store.trusted(root)
    )


async def _check(args: argparse.Namespace, given: "Given") -> int:
    from lacuna_ls.bootstrap import tools_for
    from lacuna_ls.cli.check_text import console, show_summary
    from lacuna_ls.domain.errors import LacunaError

    to_stdout = _STDOUT not in (args.json, args.sarif)
    screen = console(stderr=not to_stdout)
    trusted = given.roots if args.trust else ()
    async with tools_for(given.roots, trusted, args.interpreter) as tools:
        try:
            checked = await _checked(given, tools, screen, quiet=not to_stdout)
            if args.fix and checked.reds:
                checked = await _fixed(args, given, checked, tools, screen, quiet=not to_stdout)
            if args.speed and not checked.reds:
                checked = await _timed(args, checked, tools, screen, quiet=not to_stdout)
        except LacunaError as error:
            print(error, file=sys.stderr)
            return 2
    for sentence in checked.wrong:
        print(sentence, file=sys.stderr)
    show_summary(screen, checked)
    return _reported(args, checked)


async def _checked(
    given: "Given", tools: "SaveTools", screen: "Console", *, quiet: bool
) -> "Checked":
    """Run the tests; what is red is printed as it comes unless `quiet`."""
    from lacuna_ls.cli.check_report import Checked, not_run
    from lacuna_ls.cli.check_run import FileRun, Red, reds, run_all, select
    from lacuna_ls.cli.check_text import show_red

    begun = time.monotonic()
    selected = await select(given.files, tools)
    by_path = {subject.path: subject for subject in selected.subjects}
    checked = Checked(Path.cwd(), selected.subjects, (), (), selected.wrong, 0.0)
    tested: list[FileRun] = []
    found: list[Red] = []

    def heard(file: FileRun) -> None:
        tested.append(file)
        for red in reds(file, by_path):
            found.append(red)
            if not quiet:
                show_red(screen, red, checked)

    with _status(f"Testing {len(selected.subjects)} files"):
        await run_all(selected.subjects, tools, heard)
    return replace(
        checked,
        tested=tuple(tested),
        reds=tuple(found),
        wrong=(*checked.wrong, *not_run(tested)),
        elapsed_s=time.monotonic() - begun,
    )


async def _fixed(
    args: argparse.Namespace,
    given: "Given",
    checked: "Checked",
    tools: "SaveTools",
    screen: "Console",
    *,
    quiet: bool,
) -> "Checked":
    """With the fixes that were found; where some were written, the findings are those after it."""
    from lacuna_ls.cli.check_fixes import proposals, write
    from lacuna_ls.cli.check_text import show_fix
    from lacuna_ls.settings import Settings

    with _status("Searching fixes"):
        wall_s = Settings().actions_time_budget_s
        fixes = await proposals(checked.subjects, checked.tested, tools, wall_s)
    if args.write:
        fixes = tuple(write(each) if each.settled else each for each in fixes)
    for each in () if quiet else fixes:
        show_fix(screen, each, checked)
    if any(each.written for each in fixes):
        checked = await _checked(given, tools, screen, quiet=quiet)
    return replace(checked, fixes=fixes)


async def _timed(
    args: argparse.Namespace,
    checked: "Checked",
    tools: "SaveTools",
    screen: "Console",
    *,
    quiet: bool,
) -> "Checked":
    """With what there is to say of speed; only code whose tests pass is timed."""
    from lacuna_ls.cli.check_speed import against, faster, write_picture
    from lacuna_ls.cli.check_text import show_timing

    with _status("Timing"):
        timings = await (
            against(args.against, checked.subjects, tools)
            if args.against
            else faster(checked.subjects, tools)
        )
    for each in () if quiet else timings:
        show_timing(screen, each, checked)
    if args.picture:
        write_picture(Path(args.picture), timings)
    return replace(checked, timings=timings)


def _status(what: str) -> Any:
    """A line on a terminal's standard error while something takes its time."""
    from lacuna_ls.cli.check_text import console

    return console(stderr=True).status(what)


def _reported(args: argparse.Namespace, checked: "Checked") -> int:
    from lacuna_ls.cli.check_json import as_json
    from lacuna_ls.cli.check_sarif import as_sarif

    forms: dict[str, Callable[[Checked], dict[str, Any]]] = {"json": as_json, "sarif": as_sarif}
    for form, render in forms.items():
        file = getattr(args, form)
        if file is None:
            continue
        text = json.dumps(render(checked), indent=2) + "\n"
        if file == _STDOUT:
            sys.stdout.write(text)
            continue
        try:
            Path(file).write_text(text, encoding="utf-8")
        except OSError as error:
            print(f"the findings cannot be written to {file}: {error.strerror}", file=sys.stderr)
            return 2
    return checked.status
