"""`lacuna-ls calibrate [PATH]`: measure the holes on the user's own code.

One cursor of each kind is drawn in each file, the embedded model completes there with the rest of the
project as its workspace, or with `--endpoint` an endpoint's model, and what stands in the file is the
truth. Nothing of the project is run.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from lacuna_ls.adapters.calibration_store import FileCalibrationStore
    from lacuna_ls.cli.calibration_run import Measured

INTERRUPTED = 130


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", metavar="PATH", nargs="?", type=Path, default=Path(), help="default: here"
    )
    parser.add_argument(
        "--picture", metavar="FILE", type=Path, help="where to draw it (SVG; default: beside it)"
    )
    parser.add_argument(
        "--files",
        metavar="N",
        type=int,
        default=4000,
        help="at most so many (default: %(default)s)",
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="draws other cursors")
    parser.add_argument(
        "--endpoint",
        metavar="URL",
        nargs="?",
        const="",
        help="calibrate the model of this endpoint; without URL that of the editor's last setting",
    )
    parser.add_argument("--model", metavar="NAME", help="of the endpoint's models")
    parser.add_argument(
        "--key-variable", metavar="NAME", help="of the environment, where it holds the key"
    )


def run(args: argparse.Namespace) -> int:
    from lacuna_ls.adapters.calibration_store import FileCalibrationStore
    from lacuna_ls.domain.errors import LacunaError

    root = args.folder.resolve()
    if not root.is_dir():
        print(f"{root} is not a folder", file=sys.stderr)
        return 2
    store = FileCalibrationStore()
    measuring = _measuring(root, args)
    if measuring is None:
        return 2
    try:
        measured = asyncio.run(measuring)
        kept = [keep(store, one, args.picture) for one in measured]
    except LacunaError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; what was calibrated before is as it was", file=sys.stderr)
        return INTERRUPTED
    if not measured:
        print(f"there is no source file to calibrate on below {root}", file=sys.stderr)
    return 0 if any(kept) else 1


def _measuring(
    root: Path, args: argparse.Namespace
) -> "Coroutine[None, None, list[Measured]] | None":
    """Of the model that is meant; `None` if that cannot be, which is said."""
    from lacuna_ls.cli.calibration_run import measure

    if args.endpoint is None and args.model is None and args.key_variable is None:
        return measure(root, args.files, args.seed)

    from lacuna_ls.adapters.endpoint.address import host_of
    from lacuna_ls.adapters.trust_store import TrustStore
    from lacuna_ls.cli.calibration_endpoint import measure_endpoint
    from lacuna_ls.cli.endpoint_arguments import chosen_settings

    settings = chosen_settings(args, root)
    if settings is None:
        return None
    if not settings.model_endpoint:
        print("no endpoint is named: --endpoint URL names one", file=sys.stderr)
        return None
    if not TrustStore().trusted(root):
        print(
            f"{root} is not trusted, and nothing of it is sent; to trust it: lacuna-ls trust {root}",
            file=sys.stderr,
        )
        return None
    print(f"Code of {root.name} is sent to {host_of(settings.model_endpoint)}.", file=sys.stderr)
    return measure_endpoint(root, settings, args.files, args.seed)


def keep(store: "FileCalibrationStore", measured: "Measured", asked: Path | None) -> bool:
    """Store a calibration that can claim something, draw its picture, and say what it is worth."""
    from lacuna_ls.cli.calibration_picture import picture
    from lacuna_ls.cli.calibration_run import table, usable, wanting

    print("\n".join(table(measured)))
    if not usable(measured.calibration):
        print(wanting(measured))
        return False
    store.save(measured.calibration)
    file = asked or store.folder / f"{measured.calibration.key}.svg"
    title = f"{measured.root.name}, {measured.language}, {measured.holes} holes"
    try:
        file.write_text(picture(measured.points, title), encoding="utf-8")
    except OSError as error:
        print(f"the picture cannot be written to {file}: {error.strerror}", file=sys.stderr)
    else:
        print(f"drawn: {file}")
    return True
