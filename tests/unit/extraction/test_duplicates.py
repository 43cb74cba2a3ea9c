"""The same statements elsewhere become calls of the same function."""

from lacuna_ls.domain.text import apply_edits
from lacuna_ls.extraction.engine import extract_with_duplicates
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from marked_text import read_marks


def everywhere(marked: str) -> str | None:
    data, span = read_marks(marked)
    document = open_document("file:///a.py", 1, by_language_id("python"), data)
    outcome = extract_with_duplicates(document, span, "part")
    if outcome is None:
        return None
    after = apply_edits(data, outcome.edits)
    assert after[outcome.rename_at :].startswith(b"part(")
    return after.decode()


def test_methods_of_one_class_share_a_method() -> None:
    assert (
        everywhere("""\
class Till:
    def pay(self, order):
        «total = sum(order.prices)
        self.log("total", total)»
        return total

    def refund(self, order):
        if order:
            total = sum(order.prices)
            self.log("total", total)  # again
            return -total
""")
        == """\
class Till:
    def pay(self, order):
        total = self.part(order)
        return total

    def part(self, order):
        total = sum(order.prices)
        self.log("total", total)
        return total

    def refund(self, order):
        if order:
            total = self.part(order)  # again
            return -total
"""
    )


def test_the_function_stands_above_the_first_that_uses_it() -> None:
    assert (
        everywhere("""\
def first(a):
    b = a.size + 1
    log("size", b)


first(box)


def second(a):
    «b = a.size + 1
    log("size", b)»
""")
        == """\
def part(a):
    b = a.size + 1
    log("size", b)


def first(a):
    part(a)


first(box)


def second(a):
    part(a)
"""
    )


def test_a_result_that_is_not_needed_is_assigned_as_before() -> None:
    after = everywhere(
        "def f(a):\n    «b = a.size + 1\n    log('size', b)»\n    return b\n\n\n"
        "def g(a):\n    b = a.size + 1\n    log('size', b)\n"
    )
    assert after is not None
    assert after.endswith("def g(a):\n    b = part(a)\n")


def test_a_name_that_means_something_else_there_is_no_duplicate() -> None:
    assert (
        everywhere(
            "def f(a):\n    «log(a.name, limit, size)»\n\n\n"
            "def g(a, limit):\n    log(a.name, limit, size)\n"
        )
        is None
    )


def test_other_classes_are_left_alone() -> None:
    code = "    def f(self, a):\n        {}self.log(a.name, a.size)\n"
    marked = code.format("«").replace("size)", "size)»")
    assert everywhere(f"class A:\n{marked}\n\nclass B:\n{code.format('')}") is None


def test_statements_on_the_way_are_not_mistaken_for_the_end_of_a_name() -> None:
    assert (
        everywhere(
            "def f(a):\n    «log(a.name, a.size, 1)»\n\n\ndef g(a):\n    x.log(a.name, a.size, 1)\n"
        )
        is None
    )


def test_the_same_expression_elsewhere_becomes_a_call_too() -> None:
    assert (
        everywhere("""\
def price(order, day):
    net = «order.price * order.count * (1 - order.rebate)»
    return net if day else -net


def tax(order):
    return 0.2 * (order.price * order.count * (1 - order.rebate)) + order.fee
""")
        == """\
def part(order):
    return order.price * order.count * (1 - order.rebate)


def price(order, day):
    net = part(order)
    return net if day else -net


def tax(order):
    return 0.2 * (part(order)) + order.fee
"""
    )


def test_an_expression_that_is_grouped_differently_there_is_no_duplicate() -> None:
    code = "order.price * order.count + order.fee"
    assert (
        everywhere(
            f"def f(order):\n    return «{code}»\n\n\ndef g(order):\n    return 2 * {code}\n"
        )
        is None
    )


def test_an_awaited_expression_is_bracketed_where_it_has_to_be() -> None:
    after = everywhere(
        "async def f(box):\n    first = «await box.opened(box.key, box.lid)»\n"
        "    return (await box.opened(box.key, box.lid)).size, first\n"
    )
    assert after is not None
    assert after.endswith("    first = await part(box)\n    return (await part(box)).size, first\n")


def test_an_expression_of_the_module_itself_is_replaced_once() -> None:
    code = "order.price * order.count + order.fee"
    assert everywhere(f"a = «{code}»\nb = {code}\n") is None
