"""What variants of a function are seen to do, in real runs."""

import os
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
import pytest_asyncio

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.errors import UntrustedFolderError
from lacuna_ls.domain.observation import Behaviour, Ending, InputKind, Observation, ObservedInput
from lacuna_ls.ports.code_runner import ObserveRequest
from real_runs import Trusting, project, request

# One process for all: they share a folder, and the loop that it belongs to.
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Workspace:
    """A folder with a module and its tests, and the pool that runs them."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.pool = WorkerPool(Trusting())

    async def observed(
        self,
        function: str,
        original: str,
        *variants: str,
        test: str,
        mutated: int = 20,
        generated: int = 0,
        probes: tuple[str, ...] = (),
        then: str = "",
        doctests: tuple[str, ...] = (),
    ) -> Observation:
        project(self._root, {"it.py": original, "test_it.py": f"from it import *\n\n{test}"})
        texts = tuple(text.encode() for text in (original, *variants))
        targets = ("test_it.py", *doctests)
        tests = replace(request(self._root, *targets), doctests=doctests)
        path = self._root / "it.py"
        asked = ObserveRequest(
            tests,
            path,
            function,
            texts,
            mutated=mutated,
            generated=generated,
            probes=probes,
            then=then,
        )
        with patch.dict(os.environ):
            # It names the running test, and a process is kept for one environment.
            del os.environ["PYTEST_CURRENT_TEST"]
            return await self.pool.observe(asked)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def workspace(tmp_path_factory):
    made = Workspace(tmp_path_factory.mktemp("observed"))
    yield made
    await made.pool.close()


def of(observation: Observation, call: str) -> ObservedInput:
    return next(each for each in observation.inputs if each.call == call)


def behaviour(observation: Observation, call: str, variant: int = 0) -> Behaviour:
    return of(observation, call).behaviours[variant]


async def test_variants_get_what_the_tests_give_and_more_like_it(workspace):
    original = "def f(xs):\n    return sum(xs)\n"
    variant = "def f(xs):\n    return sum(xs[:3])\n"
    test = "def test_f():\n    assert f([1, 2]) == 3\n    assert f([4]) == 4\n"
    found = await workspace.observed("f", original, variant, test=test)
    captured = [each.call for each in found.inputs if each.kind is InputKind.CAPTURED]
    assert captured == ["f([1, 2])", "f([4])"]
    assert of(found, "f([1, 2])").test_id.endswith("test_f")
    longer = [i for i in found.inputs if i.behaviours[0].value != i.behaviours[1].value]
    assert longer
    assert all(each.kind in (InputKind.MUTATED, InputKind.EDGE) for each in longer)


async def test_calls_of_a_failing_test_are_seen_up_to_its_end(workspace):
    test = "def test_f():\n    assert f(1) == 1\n    assert f(2) == 5\n    assert f(3) == 3\n"
    found = await workspace.observed("f", "def f(x):\n    return x\n", test=test, mutated=0)
    assert [each.call for each in found.inputs] == ["f(1)", "f(2)"]


async def test_an_exception_is_told_with_its_message(workspace):
    original = "def f(xs):\n    return xs[0]\n"
    variant = 'def f(xs):\n    if not xs:\n        raise ValueError("no items")\n    return xs[0]\n'
    test = "def test_f():\n    assert f([1]) == 1\n    assert f([2, 3]) == 2\n    f([])\n"
    found = await workspace.observed("f", original, variant, test=test)
    assert behaviour(found, "f([])").exception == "IndexError"
    raised = behaviour(found, "f([])", 1)
    assert (raised.exception, raised.message) == ("ValueError", "no items")


async def test_a_change_of_an_argument_is_seen(workspace):
    original = "def f(xs):\n    return sorted(xs)\n"
    variant = "def f(xs):\n    xs.sort()\n    return xs\n"
    found = await workspace.observed(
        "f", original, variant, test="def test_f():\n    assert f([2, 1]) == [1, 2]\n"
    )
    kept, changed = of(found, "f([2, 1])").behaviours
    assert not kept.arguments_changed
    assert changed.arguments_changed
    assert kept.value != changed.value, "one of them returns its argument"
    assert kept.loose_value == changed.loose_value


async def test_a_loop_without_end_is_told_and_the_next_inputs_are_tried(workspace):
    original = "def f(n):\n    return n\n"
    variant = "def f(n):\n    while n == 2:\n        pass\n    return n\n"
    test = "def test_f():\n    assert [f(n) for n in (1, 2, 3)]\n"
    found = await workspace.observed("f", original, variant, test=test, mutated=0)
    endings = [each.behaviours[1].ending for each in found.inputs]
    assert endings == [Ending.RETURNED, Ending.RAN_ON, Ending.RETURNED]


async def test_a_variant_that_ends_its_process_is_told_and_the_next_inputs_are_tried(workspace):
    original = "import os\n\ndef f(n):\n    return n\n"
    variant = "import os\n\ndef f(n):\n    if n == 2:\n        os._exit(0)\n    return n\n"
    test = "def test_f():\n    assert [f(n) for n in (1, 2, 3)]\n"
    found = await workspace.observed("f", original, variant, test=test, mutated=0)
    endings = [each.behaviours[1].ending for each in found.inputs]
    assert endings == [Ending.RETURNED, Ending.EXITED, Ending.RETURNED]


async def test_a_method_is_called_on_what_the_test_has_made(workspace):
    original = (
        "class Stack:\n    def __init__(self):\n        self.items = []\n"
        "    def push(self, x):\n        self.items.append(x)\n        return len(self.items)\n"
    )
    variant = original.replace("append(x)", "insert(0, x)")
    test = (
        "def test_push():\n    stack = Stack()\n    assert stack.push(1) == 1\n    stack.push(2)\n"
    )
    found = await workspace.observed("Stack.push", original, variant, test=test, mutated=0)
    assert [each.call for each in found.inputs] == [
        "Stack(items=[]).push(1)",
        "Stack(items=[1]).push(2)",
    ]
    first, second = found.inputs
    assert first.behaviours[0] == first.behaviours[1]
    assert second.behaviours[0].arguments != second.behaviours[1].arguments


async def test_a_generator_stands_for_what_it_gives(workspace):
    original = "def f(n):\n    yield from range(n)\n"
    variant = "def f(n):\n    return list(range(n))\n"
    found = await workspace.observed(
        "f", original, variant, test="def test_f():\n    assert list(f(2)) == [0, 1]\n"
    )
    one, other = of(found, "f(2)").behaviours
    assert one.shown == other.shown == "[0, 1]"
    assert one.value != other.value


async def test_a_generator_without_end_is_taken_up_to_a_bound(workspace):
    original = "def f(n):\n    while True:\n        yield n\n        n += 1\n"
    test = "def test_f():\n    assert next(f(2)) == 2\n"
    found = await workspace.observed("f", original, test=test, mutated=0)
    assert behaviour(found, "f(2)").ending is Ending.RETURNED


async def test_an_async_function_runs_to_its_end(workspace):
    original = "import asyncio\n\nasync def f(n):\n    await asyncio.sleep(0)\n    return n + 1\n"
    test = "def test_f():\n    assert asyncio.run(f(2)) == 3\n"
    found = await workspace.observed("f", original, test=test, mutated=0)
    assert behaviour(found, "f(2)").shown == "3"


async def test_what_gives_something_else_each_time_is_not_steady(workspace):
    original = "import random\n\ndef f(n):\n    return random.random() + n\n"
    test = "def test_f():\n    assert f(1)\n"
    found = await workspace.observed("f", original, test=test)
    assert not any(each.steady for each in found.inputs)


async def test_a_call_in_the_documentation_is_an_input(workspace):
    original = 'def f(xs, k=1):\n    """First.\n\n    >>> f([9, 8], 2)\n    4\n    """\n    return xs[0] // k\n'
    found = await workspace.observed("f", original, test="def test_f():\n    assert f([3]) == 3\n")
    assert of(found, "f([9, 8], 2)").kind is InputKind.DOCUMENTED


async def test_annotations_give_inputs_where_no_test_calls_the_function(workspace):
    original = "def f(xs: list[int], k: int = 2) -> int:\n    return sum(xs) * k\n"
    test = "def test_it(): ...\n"
    found = await workspace.observed("f", original, test=test, generated=20)
    assert {each.kind for each in found.inputs} == {InputKind.GENERATED}
    assert len(found.inputs) > 5


async def test_generated_inputs_keep_to_what_the_tests_show(workspace):
    original = "def f(n: int) -> int:\n    return n\n"
    test = "def test_f():\n    for n in (0, 3, 5, 8):\n        assert f(n) == n\n"
    found = await workspace.observed("f", original, test=test, mutated=0, generated=60)
    assert all(int(each.behaviours[0].shown) >= 0 for each in found.inputs)
    assert InputKind.GENERATED in {each.kind for each in found.inputs}


async def test_what_is_asked_for_is_tried_as_far_as_it_keeps_to_what_the_tests_show(workspace):
    original = "def f(n):\n    return n + 1\n"
    test = "def test_f():\n    for n in (0, 3, 5, 8):\n        assert f(n) == n + 1\n"
    probes = ("f(2)", "f(-1)", "f(x)", "f('a')")
    found = await workspace.observed("f", original, test=test, probes=probes)
    probed = [each for each in found.inputs if each.kind is InputKind.PROBED]
    assert [(each.code, each.behaviours[0].shown) for each in probed] == [("f(2)", "3")]


async def test_what_a_call_returns_is_given_to_another_function(workspace):
    original = "def pack(n):\n    return [n]\n\n\ndef unpack(xs):\n    return xs[0]\n"
    test = "def test_pack():\n    assert pack(3) == [3]\n"
    found = await workspace.observed("pack", original, test=test, mutated=0, then="unpack")
    assert found.inputs[0].behaviours[0].then == found.inputs[0].first


async def test_a_variant_that_cannot_be_loaded_raises_in_each_call(workspace):
    original = "def f(n):\n    return n\n"
    test = "def test_f():\n    assert f(1) == 1\n"
    broken = "def f(n):\n    return n\n\nraise KeyError('no')\n"
    found = await workspace.observed("f", original, broken, test=test, mutated=0)
    assert behaviour(found, "f(1)", 1).exception == "KeyError"


async def test_a_function_that_no_test_calls_says_so(workspace):
    found = await workspace.observed("f", "def f(n):\n    return n\n", test="def test_it(): ...\n")
    assert not found.inputs
    assert "no test calls the function" in found.detail


async def test_what_a_call_prints_is_seen(workspace):
    original = "def f(n):\n    print(n)\n"
    variant = "def f(n):\n    print(n, n)\n"
    found = await workspace.observed("f", original, variant, test="def test_f():\n    f(1)\n")
    one, other = of(found, "f(1)").behaviours
    assert one.printed
    assert one.printed != other.printed


async def test_a_recursive_function_is_captured_once_for_each_call_of_a_test(workspace):
    original = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
    test = "def test_f():\n    assert f(9) == 34\n"
    found = await workspace.observed("f", original, test=test, mutated=0)
    assert [each.call for each in found.inputs] == ["f(9)"]


async def test_nothing_runs_in_a_folder_that_is_not_trusted(tmp_path):
    class Nobody(Trusting):
        def trusted(self, path: Path) -> bool:
            return False

    asked = ObserveRequest(request(tmp_path, "test_it.py"), tmp_path / "it.py", "f", (b"",))
    with pytest.raises(UntrustedFolderError):
        await WorkerPool(Nobody()).observe(asked)


async def test_tests_after_those_that_have_shown_enough_do_not_run(workspace):
    test = (
        "def test_one():\n    for n in range(40):\n        assert f(n) == n\n\n"
        "def test_two():\n    for n in range(40, 80):\n        assert f(n) == n\n\n"
        "def test_that_ends_its_process():\n    import os\n    os._exit(0)\n"
    )
    found = await workspace.observed("f", "def f(x):\n    return x\n", test=test)
    assert len(found.inputs) == 64


async def test_calls_are_seen_where_the_examples_of_the_file_run_too(workspace):
    original = 'def f(x):\n    """\n    >>> f(1)\n    1\n    """\n    return x\n'
    test = "def test_f():\n    assert f(2) == 2\n"
    found = await workspace.observed("f", original, test=test, doctests=("it.py",), mutated=0)
    assert [each.call for each in found.inputs] == ["f(2)", "f(1)"]
