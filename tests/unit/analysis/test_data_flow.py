"""Liveness and boundness at a marked line of a function."""

import pytest

from lacuna_ls.analysis.control_flow import EXIT, Graph, control_flow
from lacuna_ls.analysis.data_flow import flow_of, live_in, perhaps_bound, reachable, surely_bound
from lacuna_ls.analysis.python import unit_of
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import by_language_id


def function(body: str) -> tuple[Unit, Graph, int]:
    """The function `f(a)` with `body`, its graph, and the step of `here()`."""
    code = "def f(a):\n" + "".join(f"  {line}\n" for line in body.splitlines())
    language = by_language_id("python")
    assert language is not None
    unit = unit_of(parse(code.encode(), language).root_node.named_children[0])
    assert unit is not None
    graph = control_flow(unit.block)
    here = code.index("here()")
    return unit, graph, next(i for i, s in enumerate(graph.steps) if s.span.start == here and i > 2)


def names_at_here(body: str, problem: str) -> set[str]:
    unit, graph, here = function(body)
    flow = flow_of(graph, unit.bindings().bound)
    if problem == "live":
        return set(flow.sets.members(live_in(flow)[here]))
    solve = surely_bound if problem == "sure" else perhaps_bound
    return set(flow.sets.members(solve(flow, flow.sets.bits(unit.parameters))[here]))


@pytest.mark.parametrize(
    ("body", "live"),
    [
        ("x = 1\nhere()\nuse(x)", {"x"}),
        ("x = 1\nhere()\nx = 2\nuse(x)", set()),
        ("x = 0\nwhile a:\n  use(x)\n  here()", {"a", "x"}),
        ("x = 0\nfor i in a:\n  here()\n  x = 1\n  use(x)", set()),
        ("x = 0\ntry:\n  here()\n  x = g()\nexcept E:\n  use(x)", {"x"}),
        ("x = 0\ntry:\n  here()\nfinally:\n  use(x)", {"x"}),
        ("x = 0\nhere()\ng = lambda: x", {"x"}),
        ("x = 0\nhere()\nif a and (x := 1):\n  pass\nuse(x)", {"a", "x"}),
        ("x = 0\nhere()\nreturn\nuse(x)", set()),
    ],
)
def test_a_name_is_live_if_some_path_reads_it_first(body: str, live: set[str]) -> None:
    assert names_at_here(body, "live") == live


@pytest.mark.parametrize(
    ("body", "sure"),
    [
        ("if a:\n  x = 1\nhere()", {"a"}),
        ("if a:\n  x = 1\nelse:\n  x = 2\nhere()", {"a", "x"}),
        ("if a:\n  x = 1\nelse:\n  raise E\nhere()", {"a", "x"}),
        ("for x in a:\n  y = 1\nhere()", {"a"}),
        ("while True:\n  x = 1\n  if x: break\nhere()", {"a", "x"}),
        ("try:\n  x = g()\nexcept E:\n  x = 1\nhere()", {"a", "x"}),
        ("try:\n  x = g()\nexcept E:\n  pass\nhere()", {"a"}),
        ("try:\n  x = g()\nfinally:\n  y = 1\nhere()", {"a", "x", "y"}),
        ("try:\n  x = g()\nexcept E as e:\n  x = 1\nhere()", {"a", "x"}),
        ("with g() as x:\n  y = 1\nhere()", {"a", "x", "y"}),
        ("with suppress(E):\n  y = 1\nhere()", {"a"}),
        ("match a:\n  case 1:\n    x = 1\n  case _:\n    x = 2\nhere()", {"a", "x"}),
        ("match a:\n  case [x]:\n    pass\n  case y if y:\n    pass\nhere()", {"a"}),
        ("x = 1\ndel x\nhere()", {"a"}),
        (
            "for i in a:\n  try:\n    break\n  finally:\n    x = 1\nelse:\n  x = 2\nhere()",
            {"a", "x"},
        ),
    ],
)
def test_a_name_is_bound_if_every_path_binds_it(body: str, sure: set[str]) -> None:
    assert names_at_here(body, "sure") == sure


def test_a_name_is_perhaps_bound_if_some_path_binds_it() -> None:
    assert names_at_here("if a:\n  x = 1\nhere()\ny = 1", "perhaps") == {"a", "x"}


def test_nothing_follows_a_loop_without_an_end() -> None:
    unit, graph, here = function("while True:\n  here()")
    flow = flow_of(graph, unit.bindings().bound)
    assert EXIT not in reachable(flow, [here])
