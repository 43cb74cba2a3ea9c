"""Is extract method faster than rope and jedi, and is its result ever broken?

Speed: one function in the middle of 200, 2,000 and 20,000 lines of the standard library, cold and
after an edit of one character inside it. rope and jedi are timed in the same run on the
same texts, in an environment of their own that this script makes in the user's cache folder (they
are no dependency of anything else). Each time is the median of some runs, in
processor time, because other work on the machine must not decide; cold is with a project
or document that has just been opened.

Safety: of every function of at least 300 files of installed packages and the standard library, a
random run of statements and a random expression. What is extracted must compile and keep every line
that was not selected, in order. A selection is counted only where its file compiles itself.

Behaviour: of some hundred functions and classes of those files, each by itself, the text before and
after runs on objects that record all that is done with them (`tools/extract_judge` beside the data
of the benchmarks; without it this part is skipped). Nothing of a file but these texts is run, and
all that they import or leave undefined is such an object.

What counts as cold, for all three: a document or project that has just been opened, in a process
that has extracted before. Imports and caches that outlive a file are warm for all; a file's own tree
is nobody's. Of ours all is timed from the bytes of the file to those of the result: lines, tree,
analysis, edits, and the compiler's check of them. Of rope it is the opening of a project without a
folder of its own, the parse, the refactoring and the new text; of jedi a script under a new path.
What counts as an edit: one character inside the function, in a document or project that was
extracted from before.
"""

import argparse
import ast
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import time
import venv
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, cast

from lacuna_ls.adapters.index_files import cache_folder
from lacuna_ls.domain.text import Span, TextEdit, apply_edits, decode
from lacuna_ls.extraction.contract import Refusal
from lacuna_ls.extraction.engine import Extraction, extract
from lacuna_ls.syntax.document import Document, edit_document, open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import Node, preorder

HERE = Path(__file__).resolve().parent
PEERS = ("rope==1.15.2", "jedi==0.20.1")
SIZES = {200: 15, 2_000: 5, 20_000: 1}
OUR_REPEATS = 51
PYTHON = by_language_id("python")
PROBE = '''
def probe(orders, rates, log):
    """Sums up orders by customer."""
    totals = {}
    late, skipped = [], 0
    for order in orders:
        if order.cancelled or not order.lines:
            skipped += 1
            continue
        rate = rates.get(order.currency, 1)
        amount = sum(line.price * line.count for line in order.lines) * rate
        if order.due < order.delivered:
            late.append((order.customer, amount))
        totals[order.customer] = totals.get(order.customer, 0) + amount
    log(len(totals), late, skipped)
    return totals, late
'''
SELECTED = PROBE[PROBE.index("    for order") : PROBE.index("    log(")]
MODULES = (
    *("argparse", "ast", "calendar", "difflib", "doctest", "fractions", "ftplib"),
    *("gettext", "imaplib", "inspect", "locale", "mailbox", "nntplib", "optparse", "pdb", "pickle"),
    *("pickletools", "pydoc", "shutil", "smtplib", "statistics", "subprocess", "tarfile"),
    *("tempfile", "textwrap", "threading", "trace", "traceback", "turtle", "typing", "uuid"),
    *("zipfile", "_pydecimal", "_pydatetime", "_pyio", "datetime", "dataclasses", "decimal"),
)
EXPRESSIONS = frozenset(
    ("call", "binary_operator", "boolean_operator", "comparison_operator", "subscript", "list")
)
FEWEST_LINES, MOST_BYTES = 30, 40_000
TRACEABLE = ("function_definition", "class_definition", "decorated_definition")
MOST_TRACED_BYTES = 6_000
DATA = Path(os.environ.get("LACUNA_BENCH_DATA", "../shared/data"))
TRACER = DATA.parent / "tools" / "extract_judge" / "tracer.py"


@dataclass(slots=True)
class Tally:
    files: int = 0
    selections: int = 0
    extracted: int = 0
    broken: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    elapsed_ms: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--files", type=int, default=320, help="how many files are drawn")
    parser.add_argument("--reasons", action="store_true", help="show why it refuses")
    parser.add_argument("--traced", type=int, default=300, help="how many texts are run")
    parser.add_argument("--skip-speed", action="store_true", help="safety only")
    arguments = parser.parse_args()
    figures: dict[str, float] = {} if arguments.skip_speed else speed()
    tally = safety(arguments.files)
    share = tally.extracted / tally.selections
    print(
        f"{tally.files} files, {tally.selections} selections: {tally.extracted} extracted ", end=""
    )
    print(f"({share:.0%}), {len(tally.broken)} broken, {len(tally.crashes)} crashes; ", end="")
    times = sorted(tally.elapsed_ms)
    print(f"median {statistics.median(times):.1f} ms, 99 % {times[len(times) * 99 // 100]:.1f} ms")
    for line in (*tally.broken, *tally.crashes):
        print("  ", line)
    if arguments.reasons:
        for reason, count in tally.reasons.most_common(25):
            print(f"{count:6} {reason}")
    figures |= {
        "files": tally.files,
        "selections": tally.selections,
        "extracted": tally.extracted,
        "refused": tally.selections - tally.extracted,
        "broken": len(tally.broken) + len(tally.crashes),
        "extract_ms_median": round(statistics.median(times), 2),
        "extract_ms_p99": round(times[len(times) * 99 // 100], 2),
    }
    differences = traced(arguments.traced)
    if differences is not None:
        figures |= {"traced": differences[0], "different": len(differences[1])}
        print(f"{differences[0]} texts run before and after: {len(differences[1])} differ")
        for line in differences[1]:
            print("  ", line)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.exit(bool(tally.broken or tally.crashes or (differences and differences[1])))


def speed() -> dict[str, float]:
    """Our times beside theirs, and how many times faster rope's and jedi's become ours."""
    jobs = [job(lines, repeats) for lines, repeats in SIZES.items()]
    ours = [our_times(item) for item in jobs]
    answer = subprocess.run(
        [peers_python(), HERE / "extract_peers.py"],
        input=json.dumps(jobs), capture_output=True, text=True, check=True,
    )  # fmt: skip
    theirs = cast("list[dict[str, dict[str, float | None]]]", json.loads(answer.stdout))
    figures: dict[str, float] = {}
    for lines, mine, peers in zip(SIZES, ours, theirs, strict=True):
        for kind, key in (("cold", str(lines)), ("edit", f"{lines}_edit")):
            figures[f"extract_ms_{key}"] = round(mine[kind], 2)
            words = [f"{lines:6} lines, {kind}: {mine[kind]:8.2f} ms"]
            for peer, times in peers.items():
                took = times[kind]
                if took is None:
                    words.append(f"{peer} failed")
                    continue
                figures[f"{peer}_ms_{key}"] = round(took, 1)
                figures[f"speedup_{peer}_{key}"] = round(took / mine[kind], 1)
                words.append(f"{peer} {took:.0f} ms ({took / mine[kind]:.0f}x)")
            print("; ".join(words), flush=True)
    return figures


def job(lines: int, repeats: int) -> dict[str, Any]:
    """A text of `lines` lines, an edit of it that moves nothing, and what is selected."""
    half = library_text((lines - PROBE.count("\n")) // 2)
    text = f"{half}{PROBE}{half}"
    start = text.index(SELECTED) + 4
    end = start + len(SELECTED.strip())
    first_line = text.count("\n", 0, start) + 1
    last_line = first_line + SELECTED.strip().count("\n")
    where = text.index("late, skipped = [], 0") + len("late, skipped = [], ")
    return {
        "repeats": repeats,
        "text": text,
        "edited": f"{text[:where]}7{text[where + 1 :]}",
        "edited_at": where,
        "start": start,
        "end": end,
        "first_line": first_line,
        "first_column": 4,
        "last_line": last_line,
        "last_column": len(SELECTED.strip().splitlines()[-1]),
    }


def library_text(lines: int) -> str:
    """Statements of the standard library's modules without their docstrings, in `lines` lines."""
    kept: list[str] = []
    for name in MODULES * 3:
        path = Path(ast.__file__).with_name(f"{name}.py")
        if not path.exists():
            continue
        source = path.read_text(encoding="utf-8")
        if not source.isascii():
            continue
        rows = source.splitlines()
        for statement in ast.parse(source).body[1:]:
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                continue
            decorators = getattr(statement, "decorator_list", [])
            first = min(s.lineno for s in (statement, *decorators))
            piece = rows[first - 1 : statement.end_lineno]
            if len(kept) + len(piece) + 1 <= lines:
                kept += (*piece, "")
        if len(kept) >= lines - 1:
            break
    return "\n".join(kept) + "\n" * (1 + lines - len(kept))


def our_times(item: dict[str, Any]) -> dict[str, float]:
    times: dict[str, list[float]] = {"cold": [], "edit": []}
    data, span = item["text"].encode(), Span(item["start"], item["end"])
    edit = TextEdit(Span(item["edited_at"], item["edited_at"] + 1), b"7")
    for _ in range(OUR_REPEATS):
        began = time.process_time()
        document = open_document("file:///sample.py", 1, PYTHON, data)
        extracted(document, span)
        times["cold"].append(1e3 * (time.process_time() - began))
        began = time.process_time()
        extracted(edit_document(document, 2, (edit,)), span)
        times["edit"].append(1e3 * (time.process_time() - began))
    return {kind: statistics.median(found) for kind, found in times.items()}


def extracted(document: Document, span: Span) -> None:
    outcome = extract(document, span, "probe_part")
    assert isinstance(outcome, Extraction), outcome
    assert b"def probe_part(" in apply_edits(document.data, outcome.edits)


def peers_python() -> Path:
    """The interpreter of the environment that holds the peers, made when it is missing."""
    folder = cache_folder() / f"peers-{'-'.join(PEERS)}-{sysconfig.get_python_version()}"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ready = folder / "ready"
    if not ready.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        ready.touch()
    return python


def safety(most: int) -> Tally:
    tally = Tally()
    for path in drawn_files(most):
        document = open_document(path.as_uri(), 1, PYTHON, path.read_bytes())
        if document.tree is None or document.tree.root_node.has_error:
            continue
        tally.files += 1
        rng = Random(path.name)
        for span in selections(document.tree.root_node, rng):
            tally.selections += 1
            attempt(tally, document, span)
    return tally


def drawn_files(most: int) -> Iterator[Path]:
    """Files of installed packages and of the standard library that the interpreter accepts."""
    roots = (Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib")))
    found = []
    for root in roots:
        paths = sorted(p for p in root.rglob("*.py") if is_sample(p.relative_to(root)))
        found.append(Random(7).sample(paths, min(len(paths), most)))
    count = 0
    for path in (path for pair in zip(*found, strict=False) for path in pair):
        data = path.read_bytes()
        if len(data) > MOST_BYTES or data.count(b"\n") < FEWEST_LINES or not compiles(data):
            continue
        yield path
        count += 1
        if count == most:
            return


def is_sample(path: Path) -> bool:
    """Neither another package's tree seen twice, nor test data that is wrong on purpose."""
    return not {"site-packages", "__pycache__", "data", "bad_coding"} & set(path.parts)


def compiles(data: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            data.decode("utf-8")
            compile(data, "<sample>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def selections(root: Node, rng: Random) -> Iterator[Span]:
    """For each function a run of one to five statements of one of its suites, and an expression."""
    for function in preorder(root):
        if function.type != "function_definition":
            continue
        inside = list(preorder(function))
        suite = rng.choice([n for n in inside if n.type == "block"])
        statements = [c for c in suite.named_children if c.type != "comment"]
        first = rng.randrange(len(statements))
        last = min(first + rng.randrange(5), len(statements) - 1)
        yield Span(statements[first].start_byte, statements[last].end_byte)
        expressions = [n for n in inside if n.type in EXPRESSIONS]
        if expressions:
            chosen = rng.choice(expressions)
            yield Span(chosen.start_byte, chosen.end_byte)


def attempt(tally: Tally, document: Document, span: Span) -> None:
    began = time.process_time()
    try:
        outcome = extract(document, span)
    except Exception as error:  # noqa: BLE001 - what is being counted
        tally.crashes.append(f"{document.uri} {span}: {error!r}")
        return
    tally.elapsed_ms.append(1e3 * (time.process_time() - began))
    if not isinstance(outcome, Extraction):
        tally.reasons[general(outcome)] += 1
        return
    tally.extracted += 1
    result = apply_edits(document.data, outcome.edits)
    if not compiles(result):
        tally.broken.append(f"{document.uri} {span}: does not compile")
    elif not keeps_lines(document, outcome, result):
        tally.broken.append(f"{document.uri} {span}: loses lines outside the selection")


def traced(most: int) -> tuple[int, list[str]] | None:
    """How many texts were run before and after an extraction, and which of them differ."""
    if not TRACER.exists():
        print("behaviour skipped: no tracer beside the data of the benchmarks")
        return None
    sys.path.insert(0, str(TRACER.parent))
    judge = import_module("judge").judge
    compared, different = 0, list[str]()
    for name, text, span in traceable():
        document = open_document(name, 1, PYTHON, text)
        outcome = extract(document, span)
        if not isinstance(outcome, Extraction):
            continue
        start, end = (len(decode(text[:at])) for at in (span.start, span.end))
        source, result = decode(text), decode(apply_edits(text, outcome.edits))
        case = {"source": source, "start": start, "end": end, "selection": source[start:end]}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of coroutines that nobody awaits
            found = judge(case, result)
        if not found.get("exercised"):
            continue
        compared += 1
        if found.get("verdict") not in ("same", "timeout"):
            different.append(f"{name} {span}: {found.get('verdict')} {found.get('detail')}")
        if compared == most:
            break
    return compared, different


def traceable() -> Iterator[tuple[str, bytes, Span]]:
    """Functions and classes of the drawn files, each as a text of its own, with selections."""
    for path in drawn_files(400):
        document = open_document(path.as_uri(), 1, PYTHON, path.read_bytes())
        if document.tree is None or document.tree.root_node.has_error:
            continue
        rng = Random(path.name)
        nodes = [n for n in document.tree.root_node.named_children if n.type in TRACEABLE]
        for node in rng.sample(nodes, min(len(nodes), 2)):
            text = document.data[node.start_byte : node.end_byte] + b"\n"
            if len(text) > MOST_TRACED_BYTES or not compiles(text):
                continue
            part = open_document(path.as_uri(), 1, PYTHON, text)
            spans = list(selections(part.tree.root_node, rng)) if part.tree else []
            for span in rng.sample(spans, min(len(spans), 2)):
                yield f"{path.as_uri()}#{node.start_point.row + 1}", text, span


def general(outcome: Refusal | None) -> str:
    """The reason without what is particular to the place."""
    if outcome is None:
        return "not applicable"
    words = outcome.reason.split()
    return " ".join("#" if w.strip(",.)").isdigit() or w[:1] == "`" else w for w in words)


def keeps_lines(document: Document, outcome: Extraction, result: bytes) -> bool:
    """Whether the result holds every line that was not selected, byte for byte and in order."""
    source, span = document.source, outcome.span
    moved = range(source.line_at(span.start), source.line_at(span.end) + 1)
    lines = document.data.splitlines(keepends=True)
    if len(lines) > len(source.line_starts):
        return True
    remaining = iter(result.splitlines(keepends=True))
    return all(
        any(line == other for other in remaining)
        for number, line in enumerate(lines)
        if number not in moved and line.strip()
    )


if __name__ == "__main__":
    main()
