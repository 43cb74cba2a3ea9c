import unittest

from prices import receipt, total


class TotalTest(unittest.TestCase):
    def test_a_few_pieces_cost_what_they_cost(self):
        self.assertEqual(total(30, 5), 150)

    def test_a_full_box_is_cheaper(self):
        self.assertEqual(total(30, 12), 324)

    def test_more_than_a_box_is_cheaper_too(self):
        self.assertEqual(total(30, 20), 540)


class ReceiptTest(unittest.TestCase):
    def test_a_small_order_pays_for_delivery(self):
        self.assertIn("delivery         4.90", receipt({"pear": 50}, {"pear": 2}))

    def test_peaches_cost_more_to_deliver(self):
        self.assertIn("delivery         6.40", receipt({"peach": 80}, {"peach": 3}))

    def test_a_large_order_is_delivered_free(self):
        self.assertIn("delivery         0.00", receipt({"apple": 60}, {"apple": 120}))
