"""The exact frontier against an integer program (HiGHS), in answers and in time.

Random trees, and where `LACUNA_BENCH_DATA` (default `../shared/data`) has them all recorded
completions: for each tree a threshold is drawn, and the least removed weight must be the integer
program's. Costs are integers (thousandths of a nat) and the gap is zero, so equal means equal.
Then both are timed on trees of several sizes with 1, 2 and 4 holes: the frontier for all thresholds and
all numbers of holes, by its dense and by its sparse program (and which of them it runs), the solver for
one of each, the building of its model not counted. The least of several runs is taken, because other
work on the machine only ever adds. Large trees are several statements below one root.
"""

import argparse
import gzip
import json
import os
import re
import statistics
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from math import inf
from pathlib import Path
from random import Random

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from lacuna_ls.domain.completion import Completion, FinishReason, Token
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.holes.frontier import (
    Frontier,
    dense_frontier,
    frontier,
    prefers_sparse,
    sparse_frontier,
)
from lacuna_ls.holes.partial_program import PartialProgram, build
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import by_language_id

RANDOM_TREES = 1000
MOST_HOLES = 4
TIMED_NODES = 190
SIZES = (50, 190, 900, 4300)
TIMED_HOLES = (1, 2, 4)
# Beyond it the solver is not waited for.
MOST_SOLVED_NODES = 1000


@dataclass(frozen=True, slots=True)
class Case:
    """A tree in preorder with integer costs, and the question asked of it."""

    ends: tuple[int, ...]
    costs: tuple[int, ...]
    threshold: int
    holes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    recorded = list(recorded_cases())
    cases = [random_case(Random(seed)) for seed in range(RANDOM_TREES)] + recorded
    mismatches = sum(least_removed(case) != solved(case)[0] for case in cases)
    exact, greedy = removed_shares(recorded or cases)
    timed = list(islice(timed_cases(Random(190)), 15))
    ours_ms = statistics.median(frontier_ms(case, MOST_HOLES) for case in timed)
    theirs_ms = statistics.median(min(solved(case)[1] for _ in range(3)) for case in timed)
    figures = {
        "trees": len(cases),
        "mismatches": mismatches,
        "speedup_190_m4": round(theirs_ms / ours_ms, 1),
        "ms_190_m4": round(ours_ms, 3),
        "removed_exact": round(exact, 3),
        "removed_greedy": round(greedy, 3),
    }
    print("\n".join(f"{name:15s} {value}" for name, value in figures.items()))
    sizes = [size_figures(count, holes) for count in SIZES for holes in TIMED_HOLES]
    print("nodes  holes  runs  frontier ms  dense ms  sparse ms  solver ms  removed exact  greedy")
    for row in sizes:
        print("  ".join("-" if value is None else str(value) for value in row.values()))
    if arguments.json:
        text = json.dumps({**figures, "sizes": sizes}, indent=1) + "\n"
        arguments.json.write_text(text, encoding="utf-8")


def size_figures(count: int, holes: int) -> dict[str, float | str | None]:
    """Times for trees of about so many nodes; removed shares where both can be had."""
    source = list(timed_cases(Random(count)))
    pieces = max(1, round(count / TIMED_NODES))
    cases = [
        joined(
            [replace(case, holes=holes) for case in islice(cycle(source), start, start + pieces)]
        )
        if count >= TIMED_NODES
        else replace(random_case(Random(start), count), holes=holes)
        for start in range(2 if count > MOST_SOLVED_NODES else 5)
    ]
    solvable = count <= MOST_SOLVED_NODES
    exact, greedy = removed_shares(cases, holes) if solvable else (None, None)
    solver_ms = statistics.median(solved(case)[1] for case in cases) if solvable else None
    nodes = round(statistics.mean(len(case.ends) for case in cases))
    dense_ms, sparse_ms = (
        round(statistics.median(frontier_ms(case, holes, program) for case in cases), 2)
        for program in (dense_frontier, sparse_frontier)
    )
    sparse = prefers_sparse(nodes, holes)
    return {
        "nodes": nodes,
        "holes": holes,
        "runs": "sparse" if sparse else "dense",
        "frontier_ms": sparse_ms if sparse else dense_ms,
        "dense_ms": dense_ms,
        "sparse_ms": sparse_ms,
        "solver_ms": None if solver_ms is None else round(solver_ms, 1),
        "removed_exact": None if exact is None else round(exact, 3),
        "removed_greedy": None if greedy is None else round(greedy, 3),
    }


def joined(cases: Sequence[Case]) -> Case:
    """One tree with these below its root; the threshold is a quarter of all cost."""
    ends, costs = [0], [0]
    for case in cases:
        ends += [end + len(ends) for end in case.ends]
        costs += case.costs
    ends[0] = len(ends)
    return Case(tuple(ends), tuple(costs), sum(costs) // 4, cases[0].holes)


def random_case(random: Random, count: int | None = None) -> Case:
    ends = random_tree(random, count or random.randint(5, 80))
    costs = tuple(random.choice((0, 0, 1, 20, 300, random.randint(0, 3000))) for _ in ends)
    return Case(ends, costs, random.randint(0, sum(costs)), random.randint(1, MOST_HOLES))


def timed_cases(random: Random) -> Iterator[Case]:
    """Pieces of the standard library of `TIMED_NODES` nodes, give or take a few.

    Log-probabilities are drawn: most tokens are sure and a few are not, as in recorded ones.
    """
    source = Path(argparse.__file__).read_text(encoding="utf-8")
    means_nats = (0.01, 0.01, 0.05, 0.05, 0.5, 2.0)
    for body in re.split(r"\n(?=class |def |    def )", source):
        for lines in range(body.count("\n") + 1):
            text = textwrap.dedent("\n".join(body.split("\n")[: lines + 1]))
            pieces = re.findall(r"\s*\w+|\s*[^\w\s]", text)
            logprobs = [-random.expovariate(1 / random.choice(means_nats)) for _ in pieces]
            program = programmed("", completed(pieces, logprobs, -0.05))
            if program and TIMED_NODES - 10 <= len(program.ends) <= TIMED_NODES + 10:
                costs = tuple(round(1000 * cost) for cost in program.own_nll)
                yield Case(program.ends, costs, sum(costs) // 4, MOST_HOLES)
                break


def random_tree(random: Random, count: int) -> tuple[int, ...]:
    """Subtree ends of a tree whose depths are drawn in preorder."""
    depths = [0]
    while len(depths) < count:
        depths.append(random.randint(max(1, depths[-1] - 3), depths[-1] + 1))
    return tuple(
        next((j for j in range(i + 1, count) if depths[j] <= depth), count)
        for i, depth in enumerate(depths)
    )


def recorded_cases() -> Iterator[Case]:
    """Completions with the log-probabilities that models gave them."""
    folder = Path(os.environ.get("LACUNA_BENCH_DATA", "../shared/data")) / "completion"
    files = sorted(folder.glob("*.jsonl.gz"))
    if not files:
        print("recorded completions: skipped, LACUNA_BENCH_DATA has none")
    random = Random(0)
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                case = recorded_case(json.loads(line), random)
                if case is not None:
                    yield case


def recorded_case(row: dict[str, object], random: Random) -> Case | None:
    """The longest beginning of a completion, in tokens, that parses; `None` if none does."""
    texts, logprobs = row["tokens"], row["logprobs"]
    assert isinstance(texts, list)
    assert isinstance(logprobs, list)
    prefix = str(row.get("context", row.get("head", "")))
    end = row.get("eos_logprob")
    for count in range(len(texts), 0, -1):
        last = float(end) if isinstance(end, float) and count == len(texts) else 0.0
        program = programmed(prefix, completed(texts[:count], logprobs[:count], last))
        if program:
            costs = tuple(round(1000 * cost) for cost in program.own_nll)
            threshold = random.randint(0, sum(costs))
            return Case(program.ends, costs, threshold, random.randint(1, MOST_HOLES))
    return None


def programmed(prefix: str, completion: Completion) -> PartialProgram | None:
    """The partial program of a completion, `None` if it has errors."""
    python = by_language_id("python")
    assert python is not None
    head, text = encode(prefix), encode(completion.text)
    region = Span(len(head), len(head) + len(text))
    tree = parse(head + text, python)
    program = build(tree, region, python, completion, Span(0, len(text)))
    return None if inf in program.own_nll else program


def completed(texts: list[str], logprobs: list[float], end: float) -> Completion:
    tokens: list[Token] = []
    start = 0
    for text, logprob in zip(texts, logprobs, strict=True):
        stop = start + len(encode(text))
        tokens.append(Token(Span(start, stop), logprob))
        start = stop
    return Completion("".join(texts), tuple(tokens), end, FinishReason.STOP, "recorded")


def least_removed(case: Case) -> int:
    found = frontier(case.ends, case.costs, ones(case), MOST_HOLES)
    return found.select(case.threshold, case.holes).removed


def solved(case: Case) -> tuple[int, float]:
    """Least removed weight by HiGHS, and how long the solver took, in ms.

    x_i = 1 makes a hole of node i; along each path from the root to a leaf there is at most one.
    """
    count = len(case.ends)
    index = np.arange(count)
    ends = np.array(case.ends)
    leaves = index[ends == index + 1]
    paths = ((index[None, :] <= leaves[:, None]) & (leaves[:, None] < ends[None, :])).astype(float)
    sums = np.concatenate(([0], np.cumsum(case.costs)))
    covered = (sums[ends] - sums[:-1])[None, :].astype(float)
    constraints = [
        LinearConstraint(paths, -np.inf, 1),
        LinearConstraint(np.ones((1, count)), -np.inf, case.holes),
        LinearConstraint(covered, float(sums[-1] - case.threshold), np.inf),
    ]
    started = time.perf_counter()
    answer = milp(
        (ends - index).astype(float),
        integrality=np.ones(count),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options={"mip_rel_gap": 0.0},
    )
    elapsed_ms = (time.perf_counter() - started) * 1e3
    return round(answer.fun), elapsed_ms


def removed_shares(cases: list[Case], holes: int = MOST_HOLES) -> tuple[float, float]:
    """Mean share of nodes removed: exact, and by the greedy heuristic."""
    exact: list[float] = []
    greedy: list[float] = []
    for case in cases:
        found = frontier(case.ends, case.costs, ones(case), holes)
        chosen = found.select(case.threshold, holes)
        exact.append(chosen.removed / len(case.ends))
        removed = greedy_removed(case.ends, case.costs, case.threshold, holes)
        greedy.append(removed / len(case.ends))
    return statistics.mean(exact), statistics.mean(greedy)


def greedy_removed(
    ends: Sequence[int], costs: Sequence[float], threshold: float, holes: int
) -> int:
    """Take the subtree with the most cost a node until the rest is cheap enough.

    With the last hole the lowest subtree is taken that makes it so; one hole over everything
    always does.
    """
    solid = set(range(len(ends)))
    roots: list[int] = []
    kept = sum(costs)
    while solid and kept > threshold:
        choices = []
        for node in sorted(solid):
            below = [n for n in range(node, ends[node]) if n in solid]
            merged = [r for r in roots if not node <= r < ends[node]]
            gain = sum(costs[n] for n in below)
            enough = node == 0 or kept - gain <= threshold
            if len(merged) + 1 < holes or (len(merged) < holes and enough):
                choices.append((gain / len(below), -len(below), node, merged))
        _, _, node, merged = max(choices)
        roots = [*merged, node]
        solid -= set(range(node, ends[node]))
        kept = sum(costs[n] for n in solid)
    return len(ends) - len(solid)


def ones(case: Case) -> tuple[int, ...]:
    return (1,) * len(case.ends)


def frontier_ms(case: Case, holes: int, program: Callable[..., Frontier] = frontier) -> float:
    samples: list[float] = []
    for _ in range(9):
        started = time.perf_counter()
        program(case.ends, case.costs, ones(case), holes)
        samples.append((time.perf_counter() - started) * 1e3)
    return min(samples)


if __name__ == "__main__":
    main()
