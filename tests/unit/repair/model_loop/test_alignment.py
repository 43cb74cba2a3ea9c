from difflib import SequenceMatcher

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.repair.model_loop.alignment import hunks

lines = st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=8)


@given(lines, lines)
def test_hunks_turn_the_old_into_the_new_and_change_no_more_than_another_way(
    old: list[bytes], new: list[bytes]
):
    made: list[bytes] = []
    at = changed = 0
    for hunk in hunks(old, new):
        changed += max(hunk.old_end - hunk.old_start, hunk.new_end - hunk.new_start)
        made += [*old[at : hunk.old_start], *new[hunk.new_start : hunk.new_end]]
        at = hunk.old_end
    assert [*made, *old[at:]] == new
    ways = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    assert changed <= sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in ways if tag != "equal")


def test_two_swapped_lines_are_two_changes():
    found = list(hunks([b"x", b"a", b"y", b"b", b"z"], [b"x", b"b", b"y", b"a", b"z"]))
    assert len(found) == 2
