from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeFiles
from lacuna_ls.syntax.imports import mentioned_modules
from lacuna_ls.syntax.languages import languages
from lacuna_ls.test_runs.import_graph import ImportGraph, refreshed

ROOT = Path("/w")
PYTHON = next(language for language in languages() if language.name == "python")


def files(**texts: str) -> FakeFiles:
    """Keys are paths with `__` for a slash and without suffix."""
    return FakeFiles({at(name): text.encode() for name, text in texts.items()})


def at(name: str) -> Path:
    return ROOT / (name.replace("__", "/").replace("/init", "/__init__") + ".py")


def graph(contents: FakeFiles) -> ImportGraph:
    return refreshed(ImportGraph(ROOT, PYTHON), contents)


def reached(contents: FakeFiles, name: str) -> dict[str, int]:
    found = graph(contents).dependents(at(name))
    return {path.relative_to(ROOT).as_posix(): distance for path, distance in found.items()}


@pytest.mark.parametrize(
    "text",
    [
        "import pkg.m",
        "import os, pkg . m as n",
        "from pkg import m",
        "from pkg.m import f",
        "from pkg.m import (\n    f as g,\n    h,\n)",
        "from pkg.m import *",
        "def test():\n    from pkg import m",
        "if True: import pkg.m",
        "m = importlib.import_module('pkg.m')",
        "@patch('pkg.m.f')\ndef test(): ...",
        "run([python, '-c', 'import pkg.m; pkg.m.main()'])",
        'pytester.makepyfile("""\n    from pkg import m\n""")',
        "run('python -m pkg.m --help')",
        "pytest_plugins = ['pkg.m']",
        "entry = 'pkg.m:main'",
    ],
)
def test_every_way_to_name_a_module_leads_to_it(text):
    contents = files(src__pkg__init="", src__pkg__m="", test_it=text)
    assert reached(contents, "src__pkg__m") == {"src/pkg/m.py": 0, "test_it.py": 1}


def test_imports_between_modules_lead_on():
    contents = files(pkg__init="", pkg__a="", pkg__b="from .a import f", t="import pkg.b")
    assert reached(contents, "pkg__a") == {"pkg/a.py": 0, "pkg/b.py": 1, "t.py": 2}


@pytest.mark.parametrize("text", ["from ..a import f", "from .. import a", "from ..a import *"])
def test_relative_imports_count_the_dots(text):
    contents = files(pkg__init="", pkg__a="", pkg__sub__init="", pkg__sub__b=text, pkg__sub__a="")
    assert reached(contents, "pkg__a") == {"pkg/a.py": 0, "pkg/sub/b.py": 1}
    assert reached(contents, "pkg__sub__a") == {"pkg/sub/a.py": 0}


def test_a_member_of_a_package_leads_to_what_the_package_re_exports():
    contents = files(pkg__init="from .a import f", pkg__a="", t="from pkg import f")
    assert reached(contents, "pkg__a") == {"pkg/a.py": 0, "pkg/__init__.py": 1, "t.py": 2}


def test_a_module_within_a_package_is_not_taken_for_one_of_the_standard_library():
    contents = files(pkg__init="", pkg__json="", t="import json")
    assert reached(contents, "pkg__json") == {"pkg/json.py": 0}


def test_files_that_import_each_other_do_not_lead_in_circles():
    contents = files(a="import b", b="import a")
    assert reached(contents, "a") == {"a.py": 0, "b.py": 1}


def test_only_what_changed_is_read_again():
    contents = files(a="", b="import a")
    before = graph(contents)
    contents.contents[at("c")] = b"import b"
    contents.reads.clear()
    after = refreshed(before, contents)
    assert contents.reads == [at("c")]
    assert at("c") in after.dependents(at("a"))


def test_a_file_that_went_away_is_forgotten():
    contents = files(a="", b="import a")
    before = graph(contents)
    del contents.contents[at("b")]
    assert refreshed(before, contents).dependents(at("a")) == {at("a"): 0}


def test_a_file_that_cannot_be_read_is_passed_over():
    contents = files(a="", b="import a")
    unreadable = FakeFiles(contents.contents)
    unreadable.read = lambda path: None if path == at("b") else contents.contents[path]  # type: ignore[method-assign]
    assert graph(unreadable).dependents(at("a")) == {at("a"): 0}


_NAMES = st.sampled_from(["a", "b", "pkg__init", "pkg__a", "pkg__c", "tests__test_a"])
_LINES = st.sampled_from(
    ["import a", "import b", "import pkg", "from pkg import a", "from . import c", "'pkg.c'", "("]
)
_TEXTS = st.lists(_LINES, max_size=3).map("\n".join)


@given(st.lists(st.dictionaries(_NAMES, _TEXTS, max_size=5), min_size=1, max_size=4))
def test_a_refreshed_graph_is_the_graph_of_what_is_there(states):
    kept = ImportGraph(ROOT, PYTHON)
    for state in states:
        contents = files(**state)
        kept = refreshed(kept, contents)
        fresh = graph(contents)
        assert replace(kept, modules=fresh.modules) == fresh


@given(st.binary(max_size=200))
def test_any_bytes_have_mentions(data):
    assert all(mentioned_modules(data, PYTHON))


def test_the_files_on_the_shortest_way_between_two_are_named():
    contents = files(
        price="", orders="import price", shop="import orders", test_shop="import shop, os"
    )
    found = graph(contents)
    way = found.between(at("test_shop"), found.dependents(at("price")))
    assert way == (at("shop"), at("orders"))


@pytest.mark.parametrize("start", ["orders", "price", "other"])
def test_there_is_nothing_between_neighbours_and_strangers(start):
    found = graph(files(price="", orders="import price", other=""))
    assert found.between(at(start), found.dependents(at("price"))) == ()


def test_what_a_file_may_import_is_what_it_can_reach_against_the_importers():
    found = graph(files(a="import b", b="import c", c="import b", d="import a"))
    assert found.dependencies([at("a")]) == {at("a"), at("b"), at("c")}
