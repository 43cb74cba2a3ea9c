"""Lines that stand through edits, against the text itself."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import Source, encode
from lacuna_ls.test_runs.standing import Standing

texts = st.text("ab\n\ré", max_size=20).map(lambda text: Source.of(encode(text)))


def stood(*versions: Source) -> Standing:
    standing = Standing.whole(versions[0])
    for before, after in pairwise(versions):
        standing = standing.edited(before, after)
    return standing


def source(text: str) -> Source:
    return Source.of(encode(text))


@given(st.lists(texts, min_size=1, max_size=5))
def test_a_line_that_stands_is_the_same_line(versions):
    first, newest = versions[0], versions[-1]
    standing = stood(*versions)
    for old in range(len(first.line_starts)):
        new = standing.line(old)
        if new is not None:
            assert first.text(first.line_span(old)) == newest.text(newest.line_span(new))
            assert standing.old_line(new) == old


@given(st.lists(texts, min_size=1, max_size=5))
def test_lines_that_stand_keep_their_order(versions):
    standing = stood(*versions)
    lines = [standing.line(old) for old in range(len(versions[0].line_starts))]
    kept = [line for line in lines if line is not None]
    assert kept == sorted(set(kept))


def test_lines_below_an_inserted_one_move_and_an_edited_one_is_gone_for_good():
    standing = stood(source("a\nb\nc"), source("new\na\nb\nc"), source("new\na\nB\nc"))
    assert [standing.line(old) for old in range(3)] == [1, None, 3]
    back = standing.edited(source("new\na\nB\nc"), source("new\na\nb\nc"))
    assert back.line(1) is None


def test_lines_around_a_change_stand():
    standing = stood(source("a\nb\nc\n"), source("a\nc\n"))
    assert [standing.line(old) for old in range(3)] == [0, None, 1]


def test_a_block_stands_only_if_nothing_came_in_between():
    standing = stood(source("a\nb\nc\nd"), source("a\nb\nx\nc\nd"))
    assert (standing.block(0, 1), standing.block(2, 3), standing.block(1, 2)) == (0, 3, None)
