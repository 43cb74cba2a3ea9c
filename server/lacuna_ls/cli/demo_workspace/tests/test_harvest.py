from orchard.harvest import best_sellers, fruit_sold
from orchard.orders import parse_orders

ORDERS = parse_orders(
    """
    2026-03-02 Kaya: 12 apple, 3 pear
    2026-03-02 Bo: 2 fig, 5 apple
    2026-03-03 Ines: 6 pear
    """
)


def test_pieces_are_counted_over_all_orders():
    assert fruit_sold(ORDERS) == {"apple": 17, "pear": 9, "fig": 2}


def test_the_best_seller_comes_first():
    assert best_sellers(ORDERS, 2) == ["1. apple (17)", "2. pear (9)"]


def test_no_more_fruits_are_listed_than_were_sold():
    assert len(best_sellers(ORDERS, 10)) == 3


def test_nothing_sold_is_an_empty_list():
    assert best_sellers([], 3) == []
