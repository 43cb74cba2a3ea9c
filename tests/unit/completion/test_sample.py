"""Samples of a calibration: how cursors are drawn, and what counts as a miss."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeModel, said
from lacuna_ls.completion.engine import holes_of
from lacuna_ls.completion.sample import Draw, draw, take
from lacuna_ls.domain.completion import Alternative
from lacuna_ls.domain.text import decode, encode
from lacuna_ls.holes.calibration import HOLE_COUNTS, THRESHOLDS, Group
from lacuna_ls.syntax.languages import languages

PYTHON = next(known for known in languages() if known.name == "python")
CODE = b"def f(a, b):\n    return max(a, key=b)\n\n# why\nx = f(1, [2])\n"


def drawn_at(marked: str, truth: str) -> Draw:
    before, _, after = marked.partition("‸")
    return Draw(encode(before + after), len(encode(before)), truth)


async def sampled(marked: str, truth: str, *answers):
    model = FakeModel(lambda _: answers)
    return await take(drawn_at(marked, truth), PYTHON, model, Path("a.py"))


def draws(count=400, group=Group.MID_LINE):
    random = Random(3)
    return [found for _ in range(count) if (found := draw(CODE, random, group))]


def test_what_was_written_next_is_the_truth():
    lines = decode(CODE).splitlines()
    for found in draws():
        before, after = decode(found.data[: found.offset]), decode(found.data[found.offset :])
        line = lines[before.count("\n")]
        assert line.startswith(before.rpartition("\n")[2] + found.truth)
        assert not after.partition("\n")[0].strip(")]}")


STARTS = {0, CODE.index(b"return"), CODE.index(b"# why"), CODE.index(b"x =")}


def test_every_keystroke_within_a_line_is_drawn_equally_often():
    places = Counter(found.offset for found in draws(4000))
    typed = sum(len(line.strip()) - 1 for line in decode(CODE).splitlines() if line.strip())
    assert len(places) == typed
    assert not STARTS & places.keys()
    assert max(places.values()) < 3 * min(places.values())


def test_line_starts_stand_at_their_indentation():
    assert {found.offset for found in draws(400, Group.LINE_START)} == STARTS


def test_half_of_the_files_have_closing_brackets_behind_the_cursor():
    inside = [d for d in draws(2000) if d.data[: d.offset].endswith(b"f(1")]
    rests = Counter(decode(d.data[d.offset :]).partition("\n")[0] for d in inside)
    assert set(rests) == {"", ")"}
    truths = {d.truth for d in inside}
    assert truths == {", [2])", ", [2]"}


def test_half_of_the_files_have_nothing_below_the_cursor():
    first = [d for d in draws(2000) if d.offset < CODE.index(b"\n")]
    bare = sum(b"return" not in d.data for d in first)
    assert 0.35 < bare / len(first) < 0.65


def test_what_closes_the_brackets_of_a_line_belongs_to_its_truth():
    code = b"x = f(\n    a,\n)\ny = 1\n"
    found = [draw(code, Random(seed), Group.LINE_START) for seed in range(60)]
    first = [d for d in found if d and d.offset == 0]
    assert {d.truth for d in first} == {"x = f(\n    a,\n)"}
    assert {decode(d.data) for d in first} == {"\ny = 1\n", "\n"}


def test_an_empty_file_has_no_cursor():
    assert all(draw(b"\n   \n", Random(0), group) is None for group in Group)


@given(st.text(alphabet="ab ()[]{}'\"\n\r\t#é", max_size=40), st.integers(0, 99))
def test_a_draw_is_a_beginning_of_the_file_and_a_truth_that_follows(text, seed):
    data = encode(text)
    found = draw(data, Random(seed), Group.MID_LINE)
    if found is None:
        return
    assert data.startswith(found.data[: found.offset] + encode(found.truth))


async def test_the_truth_is_never_missed_where_it_is_what_was_said():
    taken = await sampled("x = ‸\n", "count(rows)", said("count", "(", "rows", ")"))
    assert taken is not None
    assert not any(any(row.missed) for row in taken.outcomes.values())


async def test_a_wrong_guess_misses_until_a_hole_covers_it():
    answer = said("count", "(", ("rows", -0.5), ")", end=-0.001)
    taken = await sampled("x = ‸\n", "count(cols)", answer)
    assert taken is not None
    row = taken.outcomes[1].missed
    # Holed at small thresholds; solid, and so missed, once the threshold is above its cost.
    assert not row[max(i for i, t in enumerate(THRESHOLDS) if t < 0.3)]
    assert row[-1]


async def test_going_on_after_the_end_is_a_miss_unless_one_hole_stands_for_all_of_it():
    taken = await sampled("x = ‸\n", "count(rows).first()", said("count", "(", "rows", ")"))
    assert taken is not None
    for threshold, missed in zip(THRESHOLDS, taken.outcomes[1].missed, strict=True):
        (hole,) = holes_of(taken.proposal, threshold, 1) or (None,)
        whole = hole is not None and len(taken.proposal.program.spans[hole]) == len("count(rows)")
        assert missed is not whole


async def test_removing_everything_never_misses():
    taken = await sampled("x = ‸\n", "other.thing[0]", said("count", "(", "rows", ")"))
    assert taken is not None
    assert not any(taken.outcomes[holes].missed[0] for holes in HOLE_COUNTS)


async def test_what_was_cut_after_the_model_is_matched_as_shown():
    taken = await sampled("x = f(‸)\n", "rows", said("rows", ")", ".b"))
    assert taken is not None
    assert decode(taken.proposal.text) == "rows"
    assert not any(taken.outcomes[4].missed)


IN_DOUBT_AFTER_A_NAME = said("rows", ".", "count", (".", -2.0), ("first", -2.0))


@pytest.mark.parametrize(
    "truth", ["rows.count", "rows.count + b", "rows.count(1)", "rows.count[0]"]
)
async def test_a_beginning_is_compared_as_far_as_it_goes(truth):
    taken = await sampled("x = ‸\n", truth, IN_DOUBT_AFTER_A_NAME)
    assert taken is not None
    assert not any(taken.outcomes[4].missed)


@pytest.mark.parametrize(
    "truth", ["rows.counted", "rows", "rows.first", "other.count", "rows .. x"]
)
async def test_a_beginning_that_was_not_written_is_a_miss(truth):
    taken = await sampled("x = ‸\n", truth, IN_DOUBT_AFTER_A_NAME)
    assert taken is not None
    assert taken.outcomes[4].missed[-1]


async def test_a_hole_holds_brackets_that_are_closed_some_lines_below():
    answer = said("count", ("(rows)", -0.7))
    taken = await sampled("x = ‸\n", "count(\n    rows,\n    cols,\n)", answer)
    assert taken is not None
    column = next(i for i, t in enumerate(THRESHOLDS) if t > 0.3)
    assert not taken.outcomes[1].missed[column]


@pytest.mark.parametrize(
    ("truth", "is_missed"),
    [("f([\n    rows,\n])", False), ("f([", False), ("f([rows])", True), ("f(\n    rows)", True)],
)
async def test_a_line_that_opens_a_bracket_is_compared_with_the_line_alone(truth, is_missed):
    taken = await sampled("x = ‸\n", truth, said("f", "(", "["))
    assert taken is not None
    assert decode(taken.proposal.text) == "f(["
    assert taken.outcomes[4].missed[-1] is is_missed


@pytest.mark.parametrize(("truth", "is_missed"), [("rows,", False), ("cols,", True)])
async def test_a_line_inside_open_brackets_is_compared_as_if_they_were_closed(truth, is_missed):
    taken = await sampled("x = f(\n    ‸", truth, said("rows", ","))
    assert taken is not None
    assert taken.outcomes[4].missed[-1] is is_missed


async def test_words_of_prose_are_compared_as_far_as_they_go():
    answer = said("the", " rows", (" of", -3.0))
    taken = await sampled("# all ‸\n", "the rows below", answer)
    assert taken is not None
    assert decode(taken.proposal.text) == "the rows"
    assert not any(taken.outcomes[4].missed)


LISTED = said("count", "(", ("rows", -0.7), ")", end=-0.001)
WITH_LISTS = replace(
    LISTED,
    tokens=tuple(
        replace(token, alternatives=(Alternative("cols", -0.9),)) if number == 2 else token
        for number, token in enumerate(LISTED.tokens)
    ),
)


@pytest.mark.parametrize(
    ("truth", "found"),
    [("count(rows)", True), ("count(cols)", True), ("count(names)", False), ("len(rows)", False)],
)
async def test_lists_hold_the_truth_if_choosing_from_them_gives_it(truth, found):
    taken = await sampled("x = ‸\n", truth, WITH_LISTS)
    assert taken is not None
    column = next(i for i, t in enumerate(THRESHOLDS) if t > 0.1)
    assert taken.outcomes[4].found[column] is found


async def test_where_no_hole_has_a_list_none_is_said_to_hold_the_truth():
    taken = await sampled("x = ‸\n", "count(rows)", LISTED)
    assert taken is not None
    assert set(taken.outcomes[4].found) == {None}


async def test_where_nothing_is_shown_there_is_no_sample():
    assert await sampled("x = ‸\n", "count", said(("a", -4.0))) is None


@pytest.mark.parametrize("truth", ["rows", "rows  # sorted"])
async def test_comments_and_layout_of_the_truth_do_not_count(truth):
    taken = await sampled("x = ‸\n", truth, said("rows"))
    assert taken is not None
    assert not any(taken.outcomes[4].missed)
