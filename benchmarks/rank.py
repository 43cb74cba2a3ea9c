"""How often the best-ranked of many generated programs is right, by each rule of ranking.

    python benchmarks/rank.py --json FILE [--data FILE]

The data are recorded programs and tests of one model for 164 tasks, with who passes what and which
programs are right. A rule picks a set of programs; what counts is the share of right ones in it
(sets of the same score share the pick). Keys: `codet`, `b4`, `maxpass`, `random`, each the mean over
the tasks, and `n`.
"""

import argparse
import gzip
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lacuna_ls.verification.agreement import (
    ConsensusSet,
    Passing,
    by_b4,
    by_codet,
    by_pass_count,
)

DATA = Path(os.environ.get("LACUNA_BENCH_DATA", "../shared/data")) / "rank"
Rule = Callable[[Passing], Sequence[ConsensusSet]]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA / "matrix_codegen16b_humaneval.json.gz")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.data.is_file():
        print(f"skipped: no data at {options.data}")
        return 0
    with gzip.open(options.data, "rt", encoding="utf-8") as file:
        tasks = list(json.load(file).values())
    rules: dict[str, Rule] = {
        "codet": by_codet,
        "b4": by_b4,
        "maxpass": by_pass_count,
        "random": lambda matrix: [ConsensusSet(tuple(range(len(matrix.passed))), 0.0)],
    }
    shares = {name: [_share(task, rule) for task in tasks] for name, rule in rules.items()}
    result = {
        "n": len(tasks),
        **{name: round(sum(found) / len(found), 4) for name, found in shares.items()},
    }
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    return 0


def _share(task: dict[str, Any], rule: Rule) -> float:
    """Of right programs in the set that the rule puts first."""
    counts, right = task["freq"], task["gt"]
    if not counts:
        return 0.0
    passed = tuple(tuple(mark == "1" for mark in row) for row in task["M"])
    sets = rule(Passing(passed, tuple(counts), tuple(task["tfreq"])))
    best = [index for each in sets if each.score == sets[0].score for index in each.members]
    picked = sum(counts[index] for index in best)
    return float(sum(counts[index] * right[index] for index in best) / picked)


if __name__ == "__main__":
    sys.exit(main())
