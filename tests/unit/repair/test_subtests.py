"""Tests in parts: what a part holds, what stays whole, and that nothing gets lost."""

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.repair.subtests import in_parts


def parts_of(text: str, *tests: str) -> str:
    data = textwrap.dedent(text).lstrip().encode()
    found = in_parts(data, "test_a.py", [f"test_a.py::{test}" for test in tests])
    return "" if found is None else found.data.decode()


def same(text: str) -> str:
    return textwrap.dedent(text).lstrip()


def test_each_assertion_becomes_a_test_with_the_set_up_before_it() -> None:
    before = """
    import m

    def test_f():
        xs = [1]
        assert m.f(1) == 2
        y = 3  # kept
        assert m.f(y) == 4
    """
    after = """
    import m

    def test_f__1():
        xs = [1]
        assert m.f(1) == 2

    def test_f__2():
        xs = [1]
        y = 3  # kept
        assert m.f(y) == 4
    """
    assert parts_of(before, "test_f") == same(after)


def test_methods_of_a_test_case_and_their_assertions_are_split() -> None:
    before = """
    class TestF(TestCase):
        @slow
        def test_f(self):
            self.assertEqual(f(1), 2)
            with self.assertRaises(ValueError):
                f(0)
    """
    after = """
    class TestF(TestCase):
        @slow
        def test_f__1(self):
            self.assertEqual(f(1), 2)

        @slow
        def test_f__2(self):
            with self.assertRaises(ValueError):
                f(0)
    """
    assert parts_of(before, "TestF::test_f") == same(after)


def test_what_follows_the_last_assertion_is_a_part() -> None:
    before = """
    def test_f():
        assert f(1)
        f(2)
    """
    after = """
    def test_f__1():
        assert f(1)

    def test_f__2():
        f(2)
    """
    assert parts_of(before, "test_f") == same(after)


def test_a_parametrised_test_keeps_its_parameters() -> None:
    before = """
    @pytest.mark.parametrize("x", [1, 2])
    def test_f(x):
        for y in (1, 2):
            assert y
        assert x
    """
    after = """
    @pytest.mark.parametrize("x", [1, 2])
    def test_f__1(x):
        for y in (1, 2):
            assert y

    @pytest.mark.parametrize("x", [1, 2])
    def test_f__2(x):
        assert x
    """
    assert parts_of(before, "test_f[1]") == same(after)


def test_a_part_knows_the_lines_of_its_check() -> None:
    data = b"def test_f():\n    assert a\n    assert (\n        b\n    )\n"
    found = in_parts(data, "test_a.py", ["test_a.py::test_f"])
    assert found is not None
    parts = found.of_test["test_a.py::test_f"]
    assert [(part.test_id, part.lines) for part in parts] == [
        ("test_a.py::test_f__1", range(1, 2)),
        ("test_a.py::test_f__2", range(2, 5)),
    ]


def test_checks_that_share_what_they_change_stay_together() -> None:
    whole = (
        "s = Stack()\nassert s.pop() == 1\nassert s.pop() == 2",
        "xs = [2, 1]\nassert sort(xs) is None\nassert xs == [1, 2]",
        "xs = [2, 1]\nys = xs\nassert sort(xs) is None\nassert ys == [1, 2]",
        "with raises(E) as caught:\n    f()\nassert caught.value\nassert g()",
        "assert (y := f(1))\nassert y",
        "for x in f():\n    assert x\nassert x",
        "assert f(1)\nreturn\nassert f(2)",
        "assert a; assert b",
    )
    for body in whole:
        text = "def test_f():\n" + textwrap.indent(body, "    ") + "\n"
        assert parts_of(text, "test_f") == "", body


def test_an_object_of_the_module_counts_as_shared() -> None:
    assert (
        parts_of("S = Stack()\ndef test_f():\n    assert S.pop()\n    assert S.pop()\n", "test_f")
        == ""
    )


def test_literals_that_cannot_change_are_not_shared() -> None:
    text = "def test_f():\n    n = 3\n    assert f(n)\n    assert g(n)\n"
    assert "test_f__2" in parts_of(text, "test_f")


def test_a_name_that_is_taken_is_not_given_again() -> None:
    text = "def test_f():\n    assert 1\n    assert 2\ndef test_f__1():\n    assert 3\n"
    assert parts_of(text, "test_f") == ""


def test_only_the_tests_that_are_asked_for_are_split() -> None:
    text = "def test_f():\n    assert 1\n    assert 2\ndef test_g():\n    assert 3\n    assert 4\n"
    assert parts_of(text, "test_g").startswith("def test_f():\n    assert 1\n    assert 2\n")


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    in_parts(text.encode("utf-8", "surrogatepass"), "test_a.py", ["test_a.py::test_f"])


STATEMENTS = (
    "n = 2", "xs = [n]", "xs.append(1)", "n = pop(xs)", "assert n == 2", "assert xs", "assert pop(xs) == 1",
    "assert len(xs) == 2", "assert n < 3", "for x in xs:\n        assert x", "pass", "ys = xs", "assert ys.pop()",
    "assert not n", "pop([])", "assert pop([5]) == 5", '"""Text."""', "n += 1",
)  # fmt: skip


@given(st.lists(st.sampled_from(STATEMENTS), min_size=2, max_size=8))
def test_all_parts_pass_exactly_if_the_test_passes(body: list[str]) -> None:
    text = "def test_f(n=2, xs=()):\n" + "".join(f"    {line}\n" for line in body)
    found = in_parts(text.encode(), "test_a.py", ["test_a.py::test_f"])
    if found is not None:
        passes = _passes(text, "test_f")
        names = [
            part.test_id.removeprefix("test_a.py::") for part in found.of_test["test_a.py::test_f"]
        ]
        assert passes == all(_passes(found.data.decode(), name) for name in names)


def _passes(text: str, test: str) -> bool:
    names: dict[str, object] = {"pop": lambda xs: xs.pop()}
    exec(text, names)
    function = names[test]
    assert callable(function)
    try:
        function()
    except (AssertionError, LookupError, AttributeError, NameError, TypeError):
        return False
    return True
