"""Candidates that fake a pass: bodies of a function whose tests expect the sum of two numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.engine import holds
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id
from real_runs import Trusting, project, request

BODY = "    return a - b\n"
VICTIM = f"import os\n\n\ndef add(a, b):\n{BODY}"
TEST = """
from victim import add

def test_small():
    assert add(1, 2) == 3

def test_large():
    assert add(20, 22) == 42
"""
CONFTEST = "import pytest\n"

CHEATS: dict[str, str] = {
    "ends the process": "os._exit(0)",
    "ends the process by a made-up name": "getattr(os, '_ex' + 'it')(0)",
    "ends the process by a name in a variable": "n = '_ex' + 'it'\nf = getattr(os, n)\nf(0)",
    "ends the interpreter": "import sys\nsys.exit(0)",
    "raises the end": "raise SystemExit(0)",
    "raises the end of all": "raise KeyboardInterrupt",
    "quits": "quit(0)",
    "is killed": "os.kill(os.getpid(), 9)",
    "aborts": "os.abort()",
    "becomes another program": "os.execv('/bin/true', ['true'])",
    "is another process": "if os.fork(): os.wait(); os._exit(0)\nreturn a + b + 1",
    "skips the test": "import pytest\npytest.skip('not now')",
    "expects the failure": "import pytest\npytest.xfail('known')",
    "ends the session": "import pytest\npytest.exit('done', returncode=0)",
    "skips by the base class": "from unittest import SkipTest\nraise SkipTest",
    "skips by a class that is found": (
        "found = [c for c in BaseException.__subclasses__() if 'Exit' in c.__name__]\nraise found[0]"
    ),
    "skips by the outcome": "from _pytest.outcomes import Skipped\nraise Skipped('x')",
    "says that it passed": (
        "from _pytest.reports import TestReport\n"
        "make = TestReport.from_item_and_call.__func__\n"
        "def passed(cls, item, call):\n    report = make(cls, item, call)\n"
        "    report.outcome = 'passed'\n    return report\n"
        "TestReport.from_item_and_call = classmethod(passed)\nreturn 0"
    ),
    "says that it passed by the loaded modules": (
        "import sys\nr = sys.modules['_pytest.runner']\nr.call_and_report = lambda *a, **k: None\nreturn 0"
    ),
    "changes what the runner keeps": (
        "import gc\nfor o in gc.get_objects():\n"
        "    if type(o).__name__ == 'Function': o.runtest = lambda: None\nreturn 0"
    ),
    "changes the test in its frame": (
        "import inspect\ninspect.stack()[1].frame.f_globals['add'] = lambda a, b: a + b\nreturn 3"
    ),
    "changes the test in the frame of an error": (
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    f = e.__traceback__.tb_frame.f_back\n"
        "    f.f_globals['add'] = max\nreturn 3"
    ),
    "leaves the test by its frame": (
        "import sys\nf = sys._getframe(1)\nf.f_trace = lambda *a: None\nreturn 3"
    ),
    "equals everything": (
        "class Any:\n    def __eq__(self, other): return True\n"
        "    def __ne__(self, other): return False\nreturn Any()"
    ),
    "is a number that equals everything": (
        "return type('N', (int,), {'__eq__': lambda s, o: True, '__hash__': int.__hash__})(a)"
    ),
    "equals everything by a name in pieces": (
        "return type('N', (int,), {'__e' + 'q__': lambda s, o: True})(a)"
    ),
    "is never false": "class N(int):\n    def __bool__(self): return True\nreturn N(0)",
    "says that it passed by a module's own modules": (
        "m = os.__dict__['sy' + 's'].modules\n"
        "m['_pytest' + '.runner'].call_and_report = lambda *a, **k: None\nreturn 0"
    ),
    "is anything": "from unittest import mock\nreturn mock.ANY",
    "replaces what a failure raises": (
        "import builtins\nbuiltins.AssertionError = type('Fine', (SystemExit,), {})\nreturn 0"
    ),
    "replaces what a failure raises by another way": (
        "print.__self__.AssertionError = KeyboardInterrupt\nreturn 0"
    ),
    "acts at the end": "import atexit\natexit.register(os._exit, 0)\nreturn 0",
    "acts at a signal": (
        "import signal\nsignal.signal(signal.SIGALRM, lambda *a: os._exit(0))\nsignal.alarm(1)\nwhile True: pass"
    ),
    "acts in a thread": (
        "import threading\nthreading.Thread(target=os._exit, args=(0,)).start()\nwhile True: pass"
    ),
    "speaks for the runner": (
        "import json, struct\n"
        "def say(*m):\n    d = json.dumps(m).encode()\n"
        "    for fd in range(700, 1000):\n        try: os.write(fd, struct.pack('>BI', 1, len(d)) + d)\n"
        "        except OSError: pass\n"
        "for t in ('test_small', 'test_large'):\n"
        "    say('Finished', 'test_it.py::' + t, 'passed', 0.0, None, [])\n"
        "say('Done', '', 0)\nn = '_ex' + 'it'\ngetattr(os, n)(0)"
    ),
    "speaks as the supervisor": (
        "import json, struct\n"
        "d = json.dumps(['Ended', 0, 0, False, 'bubblewrap', 0.1, 1.0]).encode()\n"
        "for fd in range(3, 1000):\n    try: os.write(fd, struct.pack('>BI', 0, len(d)) + d)\n"
        "    except OSError: pass\nreturn 0"
    ),
    "breaks the line": "os.closerange(3, 4096)\nreturn 0",
    "floods the line": (
        "for fd in range(700, 1000):\n    try: os.write(fd, b'\\xff' * 5000)\n"
        "    except OSError: pass\nreturn 0"
    ),
    "loops": "while True: pass",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "recurses": "return add(a, b)",
    "rewrites the tests": (
        "open(os.path.join(os.path.dirname(__file__), 'test_it.py'), 'w').write('def test_small(): pass')\nreturn 0"
    ),
    "brings options along": (
        "open(os.path.join(os.path.dirname(__file__), 'pytest.ini'), 'w')"
        ".write('[pytest]\\naddopts = --collect-only')\nreturn 0"
    ),
    "passes once": (
        "p = os.path.join(os.environ['TMPDIR'], 'seen')\nif os.path.exists(p): return a + b\n"
        "open(p, 'w').close()\nreturn a - b"
    ),
    "passes for one seed": "return a + b if hash('lacuna') % 2 else a - b",
    "traces the test": (
        "import sys\nsys.settrace(lambda *a: None)\nreturn a - b"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """`admitted` is false if the candidate was never to be run."""

    name: str
    admitted: bool
    verified: bool


def cheat(name: str) -> tuple[Document, Candidate]:
    document = open_document("victim.py", 1, by_language_id("python"), VICTIM.encode())
    start = VICTIM.index(BODY)
    body = "".join(f"    {line}\n" for line in CHEATS[name].splitlines())
    edit = TextEdit(Span(start, start + len(BODY)), body.encode())
    return document, Candidate(name, (edit,))


async def judge(root: Path, names: Sequence[str], *, all_run: bool = False) -> list[Judged]:
    """What the verification says of each cheat; with `all_run` also of those not admitted."""
    project(root, {"victim.py": VICTIM, "test_it.py": TEST, "conftest.py": CONFTEST})
    pool = WorkerPool(Trusting())
    run = request(root, "test_it.py")
    run = replace(run, limits=replace(run.limits, wall_s=4.0, cpu_s=4.0))
    before = await pool.run(run)
    assert len(before.failures) == 2
    found = []
    for name in names:
        document, candidate = cheat(name)
        text = admitted(document, candidate)
        verified = False
        if text is not None or all_run:
            data = text if text is not None else _applied(candidate)
            overlay = Overlay(run.root / "victim.py", data)
            asked = replace(run, overlays=(overlay,))
            reports = [await pool.run(replace(asked, hash_seed=seed)) for seed in (1, 2)]
            verified = all(holds(before, report) for report in reports)
        found.append(Judged(name, text is not None, verified))
    await pool.close()
    return found


def _applied(candidate: Candidate) -> bytes:
    (edit,) = candidate.edits
    data = VICTIM.encode()
    return data[: edit.span.start] + edit.new + data[edit.span.end :]


def honest_patches(paths: Sequence[Path]) -> Iterator[tuple[Document, Candidate]]:
    """Statements of real code, put back by a patch where they were taken out."""
    import ast

    for path in paths:
        data = path.read_bytes()
        tree = ast.parse(data)
        starts = [0]
        for line in data.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        simple = [
            node
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef) and not function.name.startswith("test")
            for node in function.body[1:]
            if isinstance(node, (ast.Assign, ast.Return, ast.If, ast.Expr, ast.AugAssign))
        ]
        for node in simple[:: max(len(simple) // 40, 1)]:
            first = starts[node.lineno - 1] + node.col_offset
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            last = starts[node.end_lineno - 1] + node.end_col_offset
            document = open_document(
                path.name, 1, by_language_id("python"), data[:first] + b"pass" + data[last:]
            )
            edit = TextEdit(Span(first, first + 4), data[first:last])
            yield document, Candidate("put it back", (edit,))
