"""Code of a candidate in functions that are alive: the same answers as of a fresh import."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.worker.swap import Loaded

BEFORE = """\
import functools

LIMIT = 3


def deco(f):
    @functools.wraps(f)
    def around(*args):
        return f(*args)
    return around


def plain(a, b=1):
    return a + b


@deco
def decorated(a):
    return [x for x in range(a)]


@functools.lru_cache
def cached(a):
    return a * 2


class Box:
    size = 2

    def grow(self, by):
        return self.size + by

    @property
    def half(self):
        return self.size // 2

    @staticmethod
    def make():
        return Box()


def counter():
    n = 0
    def count():
        nonlocal n
        n += 1
        return n
    return count
"""
ASKED = (
    "plain(1)", "plain(5, 7)", "decorated(3)", "cached(4)", "Box().grow(3)", "Box().half",
    "Box.make().size", "[c() for c in [counter()] * 2]", "LIMIT",
)  # fmt: skip


def imported(path: Path, text: str):
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answers(module) -> list[object]:
    return [repr(eval(asked, dict(vars(module)))) for asked in ASKED]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return a + b", "return a + b"),
        ("return a + b", "return a - b"),
        ("return a + b", "if not a:\n        return 0\n    return a * b"),
        ("return [x for x in range(a)]", "return [x for x in range(a) if x]"),
        ("return [x for x in range(a)]", "return sorted((-x for x in range(a)), key=lambda x: -x)"),
        ("return a * 2", "return a * 3"),
        ("self.size + by", "self.size - by"),
        ("self.size // 2", "self.size // 1"),
        ("return Box()", "box = Box()\n        box.size = 9\n        return box"),
        ("n += 1", "n += 2"),
        ("        nonlocal n\n        n += 1\n        return n\n", "        return 1\n"),
        ("def plain(a, b=1)", "def plain(b, a=1)"),
        ("        return n\n", "        return n\n    n = 5\n"),
        ("return f(*args)", "return f(*args) or None"),
    ],
)
def test_a_changed_body_answers_as_after_a_fresh_import(tmp_path, old: str, new: str):
    after = BEFORE.replace(old, new)
    module = imported(tmp_path / "shop.py", BEFORE)
    kept = module.plain
    loaded = Loaded(str(tmp_path / "shop.py"), BEFORE.encode())
    assert loaded.swap(after.encode())
    assert answers(module) == answers(imported(tmp_path / "fresh.py", after))
    assert module.plain is kept
    loaded.restore()
    module.cached.cache_clear()
    assert answers(module) == answers(imported(tmp_path / "before.py", BEFORE))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("b=1", "b=2"),
        ("size = 2", "size = 3"),
        ("@deco\n", ""),
        ("import functools\n", "import functools\nimport os\n"),
        ("return a + b", "return a +"),
        ("return a + b\n", "return a - b\n\n\nprint()\n"),
    ],
)
def test_any_other_change_is_refused_and_leaves_all_as_it_was(tmp_path, old: str, new: str):
    after = BEFORE.replace(old, new)
    assert after != BEFORE
    module = imported(tmp_path / "shop.py", BEFORE)
    before = answers(module)
    loaded = Loaded(str(tmp_path / "shop.py"), BEFORE.encode())
    assert not loaded.swap(after.encode())
    assert answers(module) == before


def test_a_future_import_holds_for_what_is_swapped(tmp_path):
    text = "from __future__ import annotations\n\n\ndef f(a):\n    def g(x: nowhere): return a\n    return g(1)\n"
    module = imported(tmp_path / "shop.py", text)
    after = text.replace("return g(1)", "return g(1) + 1")
    assert Loaded(str(tmp_path / "shop.py"), text.encode()).swap(after.encode())
    assert module.f(1) == 2


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_text_is_swapped_in_full_or_not_at_all(tmp_path_factory, data: st.DataObject):
    lines = BEFORE.splitlines(True)
    # What ran while the file was loaded, such as a decorator, has done so with the old code.
    at = data.draw(st.integers(lines.index("def plain(a, b=1):\n"), len(lines) - 1))
    new = data.draw(
        st.sampled_from(["", "    return 7\n", "        return 8\n", "x = 1\n", "    \n"])
    )
    after = "".join([*lines[:at], new, *lines[at + data.draw(st.integers(0, 1)) :]])
    folder = tmp_path_factory.mktemp("swap")
    module = imported(folder / "shop.py", BEFORE)
    if not Loaded(str(folder / "shop.py"), BEFORE.encode()).swap(after.encode()):
        assert answers(module) == answers(imported(folder / "before.py", BEFORE))
        return
    fresh = imported(folder / "fresh.py", after)
    for asked in ASKED:
        assert outcome(asked, module) == outcome(asked, fresh)


def outcome(asked: str, module) -> str:
    try:
        return repr(eval(asked, dict(vars(module))))
    except Exception as error:  # noqa: BLE001 -- it is compared
        return type(error).__name__


STANDARD = """
import textwrap
from pathlib import Path

from lacuna_ls.worker.swap import Loaded

data = Path(textwrap.__file__).read_bytes()
text = data.replace(b"        return text\\n", b"        text = text\\n        return text\\n", 1)
assert text != data
assert Loaded(textwrap.__file__, data).swap(text)
assert textwrap.fill("a b", 1) == "a\\nb"
"""


def test_the_standard_library_can_be_swapped_where_it_is_loaded():
    # In a process of its own: what other tests have done to the library stays with them.
    subprocess.run([sys.executable, "-c", STANDARD], check=True)
