"""What becomes of a model's reply: the file with one function written otherwise, or a refusal."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.optimization.drafts import drafted
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.replies import Unusable

FILE = '''"""About."""

LIMIT = 3


class Shop:
    # By price.
    def cheap(self, prices):
        found = []
        for price in prices:
            if price < LIMIT:
                found.append(price)
        return found


def total(xs):
    t = 0
    for x in xs:
        t += x
    return t
'''


def made(reply: str, name: str = "total") -> str | Unusable:
    python = by_language_id("python")
    assert python is not None
    found = drafted(reply, FILE.encode(), name, python)
    return found if isinstance(found, Unusable) else found.decode()


def test_the_function_is_replaced_and_nothing_else() -> None:
    after = made("Faster:\n```python\ndef total(xs):\n    return sum(xs)\n```\nDone.")
    assert after == FILE[: FILE.index("def total")] + "def total(xs):\n    return sum(xs)\n"


def test_the_last_block_that_has_the_function_counts() -> None:
    old = FILE[FILE.index("def total") :]
    after = made(
        f"Before:\n```python\n{old}```\nAfter:\n```python\ndef total(xs):\n    return sum(xs)\n```\n```python\nprint(total([1]))\n```"
    )
    assert isinstance(after, str)
    assert after.endswith("    return sum(xs)\n")


def test_a_method_goes_to_its_margin_without_its_class() -> None:
    after = made(
        "```python\ndef cheap(self, prices):\n    return [p for p in prices if p < LIMIT]\n```",
        "Shop.cheap",
    )
    assert isinstance(after, str)
    assert (
        "    # By price.\n    def cheap(self, prices):\n        return [p for p in prices if p < LIMIT]\n"
        in after
    )


def test_documentation_that_was_forgotten_stays() -> None:
    before = FILE.replace(
        "def total(xs):\n", 'def total(xs):\n    """All.\n\n    Of them.\n    """\n'
    )
    python = by_language_id("python")
    assert python is not None
    reply = "```python\ndef total(xs):\n    return sum(xs)\n```"
    after = drafted(reply, before.encode(), "total", python)
    assert isinstance(after, bytes)
    expected = 'def total(xs):\n    """All.\n\n    Of them.\n    """\n    return sum(xs)\n'
    assert after.decode().endswith(expected)


def test_imports_and_own_functions_come_with_it() -> None:
    after = made(
        "```python\nfrom math import fsum\n\ndef add(xs):\n    return fsum(xs)\n\ndef total(xs):\n    return add(xs)\n```"
    )
    assert isinstance(after, str)
    assert '"""About."""\n\nfrom math import fsum\nLIMIT = 3\n' in after
    assert "def add(xs):\n    return fsum(xs)\n\n\ndef total(xs):\n    return add(xs)\n" in after


def test_what_would_outlive_a_call_is_left_behind() -> None:
    after = made(
        "```python\nknown = {}\n\n@cache\ndef help(x):\n    return x\n\n@cache\ndef total(xs):\n    return known[xs]\n```"
    )
    assert isinstance(after, str)
    assert "known = {}" not in after
    assert "cache" not in after
    assert "def help" not in after


def test_other_parameters_are_another_function() -> None:
    assert (
        made("```python\ndef total(values):\n    return sum(values)\n```")
        is Unusable.OTHER_PARAMETERS
    )


def test_a_module_that_nobody_has_is_refused() -> None:
    reply = "```python\nimport numpy\n\ndef total(xs):\n    return numpy.sum(xs)\n```"
    assert made(reply) is Unusable.FOREIGN_IMPORT


def test_a_misspelt_name_is_the_only_function_with_these_parameters() -> None:
    after = made("```python\ndef totals(xs):\n    return xs[0] + totals(xs[1:]) if xs else 0\n```")
    assert isinstance(after, str)
    assert after.endswith("def total(xs):\n    return xs[0] + total(xs[1:]) if xs else 0\n")


def test_what_is_only_run_as_a_program_does_not_count() -> None:
    main = 'if __name__ == "__main__":\n    import numpy\n    print(numpy.sum([1]))\n'
    after = made(f"```python\ndef total(xs):\n    return sum(xs)\n\n{main}```")
    assert isinstance(after, str)
    assert "numpy" not in after


def test_the_same_again_is_no_draft() -> None:
    assert made(f"```python\n{FILE[FILE.index('def total') :]}```") is Unusable.UNCHANGED


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text("def total(xs):\n return sum`python#\t'\"", max_size=80))
def test_any_reply_is_taken(reply: str) -> None:
    made(reply)
    made(f"```python\n{reply}\n```")
