"""Variants of a function timed in a real worker."""

import sys
from pathlib import Path

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
            )
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


WRONG = (
    # On large inputs only.
    "def total(xs):\n    return sum(xs) + (len(xs) > 40)\n",
    # In what it leaves of its argument.
    "def total(xs):\n    t = sum(xs)\n    xs.sort(reverse=True)\n    return t\n",
    # At corners only: one element; none; the first twice; below zero.
    "def total(xs):\n    return sum(xs) if len(xs) > 1 else 0\n",
    "def total(xs):\n    return sum(xs) if xs else 0.0\n",
    "def total(xs):\n    return sum(xs) + (len(xs) > 1 and xs[0] == xs[-1])\n",
    "def total(xs):\n    return sum(x for x in xs if x != -1)\n",
)


async def test_variants_that_do_something_else_somewhere_are_found_out(tmp_path: Path) -> None:
    tests = "from adding import total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 6\n"
    timing = await timed(tmp_path, ORIGINAL, *WRONG, tests=tests)
    assert [each[-1].equal for each in timing.variants] == [False] * len(WRONG)


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


async def test_a_text_without_the_function_is_not_timed(tmp_path: Path) -> None:
    without = ("def total(xs:\n", "def other(xs):\n    return 1\n")
    timing = await timed(tmp_path, ORIGINAL, *without)
    assert timing.variants == ((), ())
