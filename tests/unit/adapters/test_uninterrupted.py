"""Clearing up comes to its end, and a cancellation is passed on whenever it comes."""

import asyncio

import pytest

from lacuna_ls.adapters.uninterrupted import uninterrupted


@pytest.mark.parametrize("turns", range(8))
async def test_a_cancellation_is_passed_on_even_as_the_work_ends(turns):
    may_end, ended = asyncio.Event(), []

    async def work():
        await may_end.wait()
        ended.append(True)

    task = asyncio.ensure_future(uninterrupted(work()))
    await asyncio.sleep(0)
    may_end.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    if task.cancel():
        with pytest.raises(asyncio.CancelledError):
            await task
    assert ended == [True]


async def test_work_that_fails_says_so():
    async def work():
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        await uninterrupted(work())
