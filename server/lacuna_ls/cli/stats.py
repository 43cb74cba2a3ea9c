"""`lacuna-ls stats`: what became of completions, from the record on this machine."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from lacuna_ls.adapters.local_record import LocalRecord
from lacuna_ls.domain.record import Tally


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=int, default=30, metavar="N", help="the last N days with any (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    days = dict(sorted(LocalRecord().days().items())[-max(args.days, 1) :])
    total = sum(days.values(), Tally())
    if args.json:
        print(json.dumps({"days": {d: asdict(t) for d, t in days.items()}, **_summary(total)}))
        return 0
    if not days:
        print("No completion has been shown yet.")
        return 0
    print(
        f"{'day':<12}{'shown':>8}{'accepted':>10}{'in part':>9}{'characters':>12}{'retained':>10}"
    )
    for day, tally in (*days.items(), ("all", total)):
        print(
            f"{day:<12}{tally.shown:>8}{tally.accepted:>10}{tally.accepted_in_part:>9}"
            f"{tally.accepted_chars:>12}{_share(tally.retained_chars, tally.accepted_chars):>10}"
        )
    print("\nThis record lies on this machine only, and holds no code.")
    return 0


def _summary(total: Tally) -> dict[str, Any]:
    return {"total": asdict(total)}


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"
