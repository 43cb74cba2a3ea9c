"""How often the garbage collector stops the server."""

import gc

import pytest

from lacuna_ls.lsp.pauses import exempt_what_is_loaded, keep_seldom


@pytest.fixture(autouse=True)
def _as_it_was():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def full_collections() -> int:
    return int(gc.get_stats()[2]["collections"])


def test_the_candidates_of_a_search_are_made_without_a_full_collection():
    gc.collect()
    keep_seldom()
    before = full_collections()
    made = [[number] for number in range(500_000)]
    assert full_collections() == before
    assert len(made) == 500_000


def test_cycles_of_young_objects_are_still_freed():
    keep_seldom()
    for _ in range(20_000):
        cycle: list[object] = []
        cycle.append(cycle)
    assert (
        len([each for each in gc.get_objects() if isinstance(each, list) and each[:1] == [each]])
        < 10_000
    )


def test_what_is_loaded_is_exempt():
    exempt_what_is_loaded()
    assert gc.get_freeze_count() > 0
