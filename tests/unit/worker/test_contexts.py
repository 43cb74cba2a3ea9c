"""What is recorded of the code that tests execute, in real runs in this interpreter."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport
from real_runs import Trusting, outcomes, project, request

SHOP = """TABLE = {}


def register(name):
    TABLE[name] = 1


register("tea")


def price(n):
    return n * 3


def total(n):
    def add(m):
        return n + m

    return add(n)


class Cart:
    def size(self):
        return 0
"""


@pytest.fixture(autouse=True)
def _few_plugins(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


async def recorded(root: Path, test: str, only: tuple[str, ...] = (), **files: str) -> TestReport:
    named = {name.replace("__", "/").replace("_DOT_", "."): text for name, text in files.items()}
    project(root, {"shop.py": SHOP, "test_shop.py": test, **named})
    asked = replace(request(root, "test_shop.py"), contexts=True, only=only)
    report = await WorkerPool(Trusting()).run(asked)
    assert report.status is RunStatus.COMPLETED, report.output
    return report


def code(report: TestReport, test: str, file: str = "shop.py") -> set[str]:
    """The names of what ran in a file, for one test or (empty) for all of them."""
    test_id = f"test_shop.py::{test}" if test else ""
    return {
        each.name
        for execution in report.executions
        if execution.test_id == test_id
        for each in execution.code
        if each.path.name == file
    }


def opened(report: TestReport, test: str) -> set[str]:
    test_id = f"test_shop.py::{test}" if test else ""
    found = [e.opened for e in report.executions if e.test_id == test_id]
    return {path.name for paths in found for path in paths}


def doubts(report: TestReport) -> dict[str, str]:
    return {e.test_id.partition("::")[2]: e.unproven for e in report.executions if e.unproven}


async def test_each_test_has_the_functions_that_it_calls(tmp_path):
    test = (
        "import shop\n\ndef test_price():\n    assert shop.price(1) == 3\n\n"
        "def test_total():\n    assert shop.total(1) == 2\n\n"
        "def test_cart():\n    assert shop.Cart().size() == 0\n"
    )
    report = await recorded(tmp_path, test)
    assert code(report, "test_price") == {"price"}
    assert code(report, "test_total") == {"total", "add"}
    assert code(report, "test_cart") == {"size"}
    assert code(report, "test_cart", "test_shop.py") == {"test_cart"}


async def test_what_runs_when_a_file_is_imported_runs_for_all(tmp_path):
    report = await recorded(tmp_path, "import shop\n\ndef test_nothing():\n    pass\n")
    assert code(report, "") == {"<module>", "register", "Cart"}


async def test_places_are_those_of_the_first_decorator(tmp_path):
    test = "def same(f):\n    return f\n\n@same\n@same\ndef test_it():\n    pass\n"
    report = await recorded(tmp_path, test)
    (line,) = {c.line for e in report.executions for c in e.code if c.name == "test_it"}
    assert line == 3


@pytest.mark.parametrize("scope", ["session", "class"])
async def test_a_fixture_of_a_wide_scope_runs_for_all(scope, tmp_path):
    test = (
        "import pytest, shop\n\n"
        f"@pytest.fixture(scope='{scope}')\ndef wide():\n    yield shop.price(1)\n    shop.total(1)\n\n"
        "def test_a(wide):\n    pass\n\ndef test_b(wide):\n    pass\n"
    )
    report = await recorded(tmp_path, test)
    assert {"price"} <= code(report, "")
    if scope != "class":  # a fixture of that scope is made anew for each function
        assert {"total", "add"} <= code(report, "")


async def test_a_fixture_of_one_test_runs_for_that_test(tmp_path):
    test = (
        "import pytest, shop\n\n"
        "@pytest.fixture\ndef own():\n    yield shop.price(1)\n    shop.Cart().size()\n\n"
        "def test_a(own):\n    pass\n\ndef test_b():\n    shop.total(1)\n"
    )
    report = await recorded(tmp_path, test)
    assert code(report, "test_a") == {"price", "size"}
    assert code(report, "test_b") == {"total", "add"}
    assert not {"price", "size"} & code(report, "")


async def test_code_in_threads_belongs_to_the_test(tmp_path):
    test = (
        "import threading, shop\n\ndef test_a():\n    thread = threading.Thread(target=shop.price,"
        " args=(1,))\n    thread.start()\n    thread.join()\n"
    )
    assert code(await recorded(tmp_path, test), "test_a") == {"price"}


async def test_a_patched_or_made_up_way_to_a_function_is_one(tmp_path):
    test = (
        "import shop\n\ndef test_a(monkeypatch):\n"
        "    monkeypatch.setattr(shop, 'price', shop.total)\n    exec(\"getattr(shop, 'pri' + 'ce')(1)\")\n"
    )
    assert code(await recorded(tmp_path, test), "test_a") == {"total", "add"}


async def test_a_test_that_starts_a_process_is_not_proven(tmp_path):
    test = (
        "import multiprocessing, os, subprocess, sys\n\ndef test_none():\n    pass\n\n"
        "def test_run():\n    subprocess.run([sys.executable, '-c', ''], check=True)\n\n"
        "def test_system():\n    os.system('true')\n\n"
        "def test_fork():\n    pid = os.fork()\n    pid or os._exit(0)\n    os.waitpid(pid, 0)\n\n"
        "def test_spawn():\n    context = multiprocessing.get_context('spawn')\n"
        "    process = context.Process(target=int)\n    process.start()\n    process.join()\n"
    )
    names = ("test_run", "test_system", "test_fork", "test_spawn")
    assert doubts(await recorded(tmp_path, test)) == dict.fromkeys(names, "it starts a process")


async def test_a_test_whose_inputs_are_drawn_is_not_proven(tmp_path):
    test = (
        "from hypothesis import given, strategies as st\n\n"
        "@given(st.integers())\ndef test_a(n):\n    pass\n"
    )
    assert doubts(await recorded(tmp_path, test)) == {"test_a": "its inputs are drawn at random"}


@pytest.mark.skipif(hasattr(sys, "monitoring"), reason="tracers do not meet there")
async def test_a_test_that_traces_is_not_proven(tmp_path):
    test = "import sys\n\ndef test_a():\n    sys.settrace(None)\n\ndef test_b():\n    pass\n"
    assert doubts(await recorded(tmp_path, test))["test_a"] == "something else traces it"


async def test_a_file_that_is_read_belongs_to_the_test(tmp_path):
    test = (
        "from pathlib import Path\n\nHERE = Path(__file__).parent\n\n"
        "def test_a():\n    (HERE / 'rates.json').read_text()\n\n"
        "def test_b():\n    list(HERE.iterdir())\n\n"
        "def test_c(tmp_path):\n    (tmp_path / 'x').write_text('')\n\n"
        "def test_d():\n    Path(HERE / 'shop.py').read_text()\n"
    )
    report = await recorded(tmp_path, test, rates_DOT_json="{}")
    assert opened(report, "test_a") == {"rates.json"}
    assert opened(report, "test_b") == {tmp_path.name}
    assert opened(report, "test_c") == set()
    assert opened(report, "test_d") == {"shop.py"}
    assert opened(report, "") == set()


async def test_only_the_named_tests_run(tmp_path):
    test = "def test_a():\n    pass\n\ndef test_b():\n    assert 0\n"
    report = await recorded(tmp_path, test, only=("test_shop.py::test_a", "test_shop.py::gone"))
    assert outcomes(report) == {"test_a": Outcome.PASSED}


async def test_a_file_among_the_named_runs_whole(tmp_path):
    test = "def test_a():\n    pass\n\ndef test_b():\n    pass\n"
    report = await recorded(tmp_path, test, only=("test_shop.py",))
    assert len(outcomes(report)) == 2
