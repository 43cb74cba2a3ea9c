"""Variants of a function timed in a real worker."""

import sys
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.timing import LARGEST, Timing
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.ports.code_timer import TimeRequest

from real_runs import Trusting

ORIGINAL = """\
def total(xs):
    t = 0
    for x in xs:
        t += x
    return t
"""
TESTS = """\
from adding import total


def test_total():
    assert total([1, 2, 3]) == 6
    assert total([]) == 0
"""


async def timed(folder: Path, original: str, *variants: str, tests: str = TESTS) -> Timing:
    (folder / "adding.py").write_text(original)
    (folder / "test_adding.py").write_text(tests)
    pool = WorkerPool(Trusting())
    try:
        request = TestRequest(folder, Path(sys.executable), ("test_adding.py",))
        texts = tuple(text.encode() for text in (original, *variants))
        return await pool.time(
            TimeRequest(
                request,
                folder / "adding.py",
                "total",
                texts,
                rounds=2,
                rounds_below=1,
                large_s=0.0005,
            )  # fmt: skip
        )
    finally:
        await pool.close()


async def test_original_and_variant_are_timed_in_pairs_on_small_and_large_inputs(
    tmp_path: Path,
) -> None:
    timing = await timed(tmp_path, ORIGINAL, "def total(xs):\n    return sum(xs)\n")
    (found,) = timing.variants
    assert {each.level for each in found} == set(range(LARGEST + 1))
    assert all(len(each.original_ns) == len(each.variant_ns) > 0 for each in found)
    assert max(each.size for each in found) >= 100
    assert not timing.waits


async def test_a_variant_that_differs_on_large_inputs_only_is_found_out(tmp_path: Path) -> None:
    wrong = "def total(xs):\n    return sum(xs) + (len(xs) > 40)\n"
    timing = await timed(tmp_path, ORIGINAL, wrong)
    (found,) = timing.variants
    assert [each.equal for each in found] == [False]


async def test_a_variant_that_changes_its_argument_is_found_out(tmp_path: Path) -> None:
    wrong = "def total(xs):\n    t = sum(xs)\n    xs.sort(reverse=True)\n    return t\n"
    timing = await timed(tmp_path, ORIGINAL, wrong)
    assert not timing.variants[0][-1].equal


async def test_what_is_remembered_across_calls_is_no_speed(tmp_path: Path) -> None:
    slow = (
        "import functools\n\n\ndef total(xs):\n    return work(len(xs))\n\n\n"
        "{}def work(n):\n    return sum([i * i for i in range(50 * n)])\n"
    )
    cached = slow.format("@functools.cache\n")
    timing = await timed(tmp_path, slow.format(""), cached, tests=TESTS.replace("6", "834275"))
    large = [each for each in timing.variants[0] if each.level == LARGEST]
    assert large
    for each in large:
        assert min(each.variant_ns) > max(each.original_ns) / 10


async def test_a_function_that_does_not_do_the_same_twice_is_not_timed(tmp_path: Path) -> None:
    counting = "calls = []\n\n\ndef total(xs):\n    calls.append(1)\n    return len(calls)\n"
    tests = "from adding import total\n\n\ndef test_total():\n    assert total([1])\n"
    timing = await timed(tmp_path, counting, counting + "\n", tests=tests)
    assert timing.variants == ((),)


@pytest.mark.parametrize("text", ["def total(xs:\n", "def other(xs):\n    return 1\n"])
async def test_a_text_without_the_function_is_not_timed(tmp_path: Path, text: str) -> None:
    timing = await timed(tmp_path, ORIGINAL, text)
    assert timing.variants == ((),)
