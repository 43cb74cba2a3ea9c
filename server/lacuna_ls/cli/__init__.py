"""The command line: `lacuna-ls` alone speaks LSP; each sub-command is a module of this package.

A sub-command's module has `configure(parser)` and `run(args) -> int`, and is imported only when it
is asked for, so that the server starts fast.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

import lacuna_ls
from lacuna_ls.cli import serve

# What `lacuna-ls --help` says of each sub-command; the module has the name of the command.
COMMANDS = {
    "calibrate": "measure on a project's own files how often completions miss, and draw it",
    "check": "run the tests of files as a save would, for scripts and continuous integration",
    "demo": "show the main job end to end on a small project, in the terminal",
    "doctor": "say what is used and why, and what mends what is amiss",
    "model": "serve the embedded model to other programs; say where a completion comes from",
    "stats": "print what became of completions, from the record on this machine",
    "trust": "let Lacuna run the code of a folder, or no longer",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    command = next((word for word in given if word in COMMANDS), None)
    parser = argparse.ArgumentParser(
        prog="lacuna-ls",
        description="A language server: completions with holes, tests on save, verified fixes. "
        "Without a command it speaks the Language Server Protocol on standard input and output.",
    )
    parser.add_argument("--version", action="version", version=f"lacuna-ls {lacuna_ls.__version__}")
    serve.configure(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        if name == command:
            import_module(f"lacuna_ls.cli.{name}").configure(sub)
    args = parser.parse_args(given)
    if args.command is None:
        return serve.run(args)
    result: int = import_module(f"lacuna_ls.cli.{args.command}").run(args)
    return result
