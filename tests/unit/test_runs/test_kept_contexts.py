import zlib
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.test_runs.contexts import Contexts, Dependency, FileContext, TestContext
from lacuna_ls.test_runs.kept_contexts import from_bytes, to_bytes

names = st.text(max_size=5)
dependencies = st.builds(Dependency, names, names, names)


@st.composite
def contexts(draw: st.DrawFn) -> Contexts:
    made = Contexts()
    for each in draw(st.lists(dependencies, max_size=6)):
        made.number(each)
    numbers = st.lists(st.integers(0, max(len(made.dependencies) - 1, 0)), unique=True)
    for file in draw(st.lists(names, max_size=3)):
        tests = {
            test: TestContext(
                array("I", sorted(draw(numbers)) if made.dependencies else []), draw(names)
            )
            for test in draw(st.lists(names, max_size=3))
        }
        made.files[file] = FileContext(draw(names), tests)
    return made


def spelled(of: Contexts) -> object:
    """With dependencies in place of their numbers."""
    return {
        file: (
            known.world,
            {
                test: ({of.dependencies[n] for n in each.dependencies}, each.unproven)
                for test, each in known.tests.items()
            },
        )
        for file, known in of.files.items()
    }


@given(contexts())
def test_what_is_kept_comes_back(made):
    assert spelled(from_bytes(to_bytes(made))) == spelled(made)


def test_what_no_test_depends_on_any_more_is_not_kept():
    made = Contexts()
    numbers = [made.number(Dependency(name, "", "0")) for name in ("old.py", "new.py")]
    made.files["t.py"] = FileContext("w", {"t.py::t": TestContext(array("I", numbers[1:]))})
    assert [each.path for each in from_bytes(to_bytes(made)).dependencies] == ["new.py"]


@given(contexts(), st.data())
def test_what_was_cut_short_is_refused(made, data):
    kept = to_bytes(made)
    with pytest.raises(ValueError, match="damaged"):
        from_bytes(kept[: data.draw(st.integers(0, len(kept) - 1))])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"[[], []]",
        b'[[["a", "b"]], {}]',
        b'[[], {"t.py": ["w", {"t.py::t": [[0], ""]}]}]',
        b'[[], {"t.py": ["w", {"t.py::t": [[-1], ""]}]}]',
        b'[[], {"t.py": ["w", {"t.py::t": ["x", ""]}]}]',
        b'[[], {"t.py": [[], 1]}]',
        b"[" * 100_000,
    ],
)
def test_what_is_of_another_form_is_refused(text):
    with pytest.raises(ValueError, match="damaged"):
        from_bytes(zlib.compress(text))


@given(st.binary(max_size=30))
def test_bytes_of_any_kind_are_refused(data):
    for kept in (data, zlib.compress(data)):
        with pytest.raises(ValueError, match="damaged"):
            from_bytes(kept)
