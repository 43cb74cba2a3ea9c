from orchard.pricing import full_cases, line_total


def test_a_few_pieces_cost_their_price():
    assert line_total(50, 3) == 150


def test_one_piece_short_of_a_case_is_not_discounted():
    assert line_total(50, 11) == 550


def test_a_full_case_is_discounted():
    assert line_total(50, 12) == 540


def test_more_than_a_case_is_discounted():
    assert line_total(50, 20) == 900


def test_cases_are_counted_when_they_are_full():
    assert full_cases(11) == 0
    assert full_cases(12) == 1
    assert full_cases(30) == 2
