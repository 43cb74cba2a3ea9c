"""Random functions, random selections: what is offered runs exactly as before.

Run with inputs, the original and the result must log the same and end the same way.
"""

import random

import pytest

from lacuna_ls.domain.text import Span, apply_edits
from lacuna_ls.extraction.contract import Refusal
from lacuna_ls.extraction.engine import Extraction, extract, extract_with_duplicates
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import Node, preorder
from random_programs import Program, run, valid

PYTHON = by_language_id("python")
EXPRESSIONS = (
    *("binary_operator", "boolean_operator", "call", "conditional_expression"),
    *("list", "named_expression", "parenthesized_expression"),
)


def selections(root: Node, rng: random.Random) -> list[Span]:
    spans = []
    for block in preorder(root):
        if block.type == "block":
            statements = block.named_children
            first = rng.randrange(len(statements))
            last = min(first + rng.choice((0, 0, 1, 2, 3)), len(statements) - 1)
            spans.append(Span(statements[first].start_byte, statements[last].end_byte))
        elif block.type in EXPRESSIONS:
            spans.append(Span(block.start_byte, block.end_byte))
    return rng.sample(spans, min(4, len(spans)))


def differences(seed: int) -> tuple[int, str | None]:
    """How many selections of one program were extracted, and the first that changed anything."""
    rng = random.Random(seed)
    code = Program(rng).text()
    if not valid(code):
        return 0, None
    document = open_document("file:///program.py", 1, PYTHON, code.encode())
    assert document.tree is not None
    extracted = 0
    for span in selections(document.tree.root_node, rng):
        outcome = extract(document, span)
        assert isinstance(outcome, Refusal | Extraction)
        for done in (outcome, extract_with_duplicates(document, span)):
            if not isinstance(done, Extraction):
                continue
            extracted += 1
            difference = difference_of(code, apply_edits(document.data, done.edits).decode())
            if difference is not None:
                return extracted, f"seed {seed}: {difference}"
    return extracted, None


def difference_of(code: str, result: str) -> str | None:
    if not valid(result):
        return f"invalid syntax\n{code}\n{result}"
    for a, b in ((0, 1), (2, 0), (1, 1)):
        before, after = run(code, a, b), run(result, a, b)
        if before != after:
            return f"{before}\n{after}\n{code}\n{result}"
    return None


@pytest.mark.parametrize("start", [0, 1000])
def test_an_extraction_from_a_random_program_changes_nothing(start: int) -> None:
    total = 0
    for seed in range(start, start + 100):
        extracted, difference = differences(seed)
        assert difference is None, difference
        total += extracted
    assert total > 20, "the generator makes programs that nothing can be extracted from"
