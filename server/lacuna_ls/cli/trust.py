"""`lacuna-ls trust PATH`: let the server run the code of a folder, or no longer."""

import argparse
import sys
from pathlib import Path

from lacuna_ls.adapters.trust_store import TrustStore
from lacuna_ls.domain.errors import StoreError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="PATH", type=Path, help="the folder of a project")
    parser.add_argument("--withdraw", action="store_true", help="trust it no longer")


def run(args: argparse.Namespace) -> int:
    folder = args.folder.resolve()
    if not folder.is_dir() and not args.withdraw:
        print(f"{folder} is not a folder", file=sys.stderr)
        return 2
    try:
        if args.withdraw:
            TrustStore().withdraw(folder)
        else:
            TrustStore().grant(folder)
    except StoreError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{folder} is {'no longer ' if args.withdraw else ''}trusted")
    return 0
