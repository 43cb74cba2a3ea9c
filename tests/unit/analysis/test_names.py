"""Which names Python code touches, and when."""

import pytest

from lacuna_ls.analysis.python import lowered, unit_of
from lacuna_ls.analysis.scopes import Access
from lacuna_ls.analysis.structure import steps_of
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import preorder


def accesses(code: str) -> list[Access]:
    language = by_language_id("python")
    assert language is not None
    block = lowered(parse(code.encode(), language).root_node.named_children)
    assert block is not None
    return [access for step in steps_of(block) for access in step.accesses]


def words(code: str) -> list[str]:
    return [f"{a.kind.name.lower()} {a.name}" for a in accesses(code)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = y", ["read y", "write x"]),
        ("x += y", ["read x", "read y", "write x"]),
        ("a.b = a[i] = x", ["read x", "read a", "read a", "read i"]),
        ("a, (b, *c) = d", ["read d", "write a", "write b", "write c"]),
        ("x: int", ["read int", "declare x"]),
        ("del x, y[0]", ["delete x", "read y"]),
        ("import a.b, c as d", ["write a", "write d"]),
        ("from m import a as b", ["write b"]),
        ("f(k=v)", ["read f", "read v"]),
        ("(y := x)", ["read x", "write y"]),
        ("f'{x:{w}} {y!r}'", ["read x", "read w", "read y"]),
        ("[i * k for i in xs if i]", ["read xs", "read k"]),
        ("[(y := i) for i in xs]", ["read xs", "write y"]),
        ("any(i > k for i in xs)", ["read any", "read xs", "read k"]),
        ("g = (i for i in xs if k)", ["read xs", "capture k", "write g"]),
        ("h = lambda a, b=c: a + d", ["read c", "capture d", "write h"]),
        ("with f(a) as b, c: pass", ["read f", "read a", "write b", "read c"]),
        ("for i in xs: use(i)", ["read xs", "write i", "read use", "read i"]),
        ("global a, b", ["global a", "global b"]),
        ("class A(B):\n  x = y\n  z = x", ["read B", "read y", "write A"]),
        ("class A:\n  def f(self): return y", ["capture y", "write A"]),
        ("type A[T] = list[T] | B", ["write A", "capture list", "capture B"]),
    ],
)
def test_accesses_come_in_the_order_of_evaluation(code: str, expected: list[str]) -> None:
    assert words(code) == expected


def test_a_nested_function_captures_what_it_does_not_own() -> None:
    code = "def g(a, b=c):\n  nonlocal n\n  n = a + d\n  e = 1\n  return e"
    assert words(code) == ["read c", "write g", "capture d", "capture_write n"]


def test_patterns_bind_captures_and_read_values() -> None:
    code = "match x:\n  case [a, K.v] | P(b=c):\n    pass\n  case {'k': d, **rest} if d:\n    pass"
    assert words(code) == [
        *("read x", "read K", "read P", "write a", "write c"),
        *("write d", "write rest", "read d"),
    ]


def test_what_may_be_skipped_is_not_certain() -> None:
    certain = {a.name: a.certain for a in accesses("a and (b := c)")}
    assert certain == {"a": True, "b": False, "c": False}


def test_a_sum_of_ten_thousand_terms_is_no_deeper_than_one() -> None:
    assert len(accesses("x = " + " + ".join(["y"] * 10_000))) == 10_001


def unit(code: str) -> Unit:
    language = by_language_id("python")
    assert language is not None
    nodes = list(preorder(parse(code.encode(), language).root_node))
    found = unit_of([n for n in nodes if n.type == "function_definition"][-1])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("head", "receiver"),
    [
        ("def f(self)", "self"),
        ("def f(this, x)", "this"),
        ("@property\n  def f(self)", "self"),
        ("@validator('x')\n  def f(cls, v)", None),
        ("@staticmethod\n  def f(a)", None),
        ("def f(*args)", None),
    ],
)
def test_the_receiver_is_the_parameter_that_reaches_the_class(
    head: str, receiver: str | None
) -> None:
    found = unit(f"class C:\n  {head}: pass\n").receiver
    assert (found.name if found else None) == receiver


@pytest.mark.parametrize(
    ("rest", "receiver"),
    [
        ("rules = f(1)", None),
        ("rules = [f(1)]", None),
        ("@f\n  def g(self): pass", None),
        ("size = property(f)", "self"),
        ("other = g.f(f=1)", "self"),
        ("def g(self): return f(self)", "self"),
    ],
)
def test_a_function_that_the_class_body_itself_calls_has_no_receiver(
    rest: str, receiver: str | None
) -> None:
    language = by_language_id("python")
    assert language is not None
    tree = parse(f"class C:\n  def f(self): pass\n  {rest}\n".encode(), language)
    function = next(n for n in preorder(tree.root_node) if n.type == "function_definition")
    found = unit_of(function)
    assert found is not None
    assert (found.receiver.name if found.receiver else None) == receiver


def test_a_class_method_reaches_its_class_by_a_class_method() -> None:
    found = unit("class C:\n  @classmethod\n  def f(cls): pass\n").receiver
    assert found is not None
    assert found.decorator == "classmethod"


def test_type_parameters_belong_to_the_function() -> None:
    assert unit("def f[T, *Ts](a: T): pass\n").parameters == ("a", "T", "Ts")
