"""What a workspace's modules keep: seen when it changes, and unknown where it cannot be seen."""

import sys
import types

import pytest

from lacuna_ls.worker.kept import Kept


@pytest.fixture
def module(tmp_path, monkeypatch):
    made = types.ModuleType("kept_shop")
    made.__file__ = str(tmp_path / "kept_shop.py")
    monkeypatch.setitem(sys.modules, "kept_shop", made)
    return made


def filled(module: types.ModuleType, text: str) -> dict[str, object]:
    exec(text, module.__dict__)
    return module.__dict__


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("xs = []", "xs.append(1)"),
        ("xs = {'a': [1]}", "xs['a'].append(2)"),
        ("def f(a, xs=[]): xs.append(a)", "f(1)"),
        ("def f(a, *, xs={}): xs[a] = 1", "f(1)"),
        ("def f(): f.calls = 1", "f()"),
        ("class A:\n    seen = set()\n    def f(self): self.seen.add(1)", "A().f()"),
        ("def made():\n    n = []\n    def f(): n.append(1)\n    return f\nf = made()", "f()"),
        ("import functools\n@functools.lru_cache\ndef f(a): return a", "f(1)"),
        ("LIMIT = 1", "LIMIT = 2"),
        ("LIMIT = 1", "MORE = 2"),
        ("def f(): pass", "def f(): pass"),
        (
            "xs = [[]]\nclass A:\n    all = xs\n    @staticmethod\n    def f(): A.all[0].append(1)",
            "A.f()",
        ),
    ],
)
def test_a_change_is_seen(module, tmp_path, text: str, change: str):
    names = filled(module, text)
    kept = Kept(str(tmp_path), [])
    before = kept.seen()
    assert before is not None
    assert kept.seen() == before
    exec(change, names)
    assert kept.seen() != before


@pytest.mark.parametrize(
    "text",
    [
        "class A: pass\na = A()",
        "a = iter([1])",
        "a = memoryview(b'')",
        "class A: pass\nxs = {1: A()}",
        "import threading\na = threading.Lock()",
    ],
)
def test_what_may_keep_anything_is_unknown(module, tmp_path, text: str):
    filled(module, text)
    assert Kept(str(tmp_path), []).seen() is None


def test_modules_outside_of_the_workspace_are_not_looked_at(module, tmp_path):
    filled(module, "class A: pass\na = A()")
    assert Kept(str(tmp_path / "elsewhere"), []).seen() is not None


def test_a_module_that_is_loaded_later_is_seen(module, tmp_path, monkeypatch):
    kept = Kept(str(tmp_path), [])
    before = kept.seen()
    late = types.ModuleType("kept_late")
    late.__file__ = str(tmp_path / "kept_late.py")
    filled(late, "xs = [1]")
    monkeypatch.setitem(sys.modules, "kept_late", late)
    assert kept.seen() != before
