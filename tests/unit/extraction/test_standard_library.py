"""Random statements and expressions of the standard library: extracted or refused, never broken."""

import ast
import random
import warnings
from pathlib import Path

import pytest

from lacuna_ls.domain.text import Span, apply_edits
from lacuna_ls.extraction.contract import Refusal
from lacuna_ls.extraction.engine import extract
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import Node, preorder

MODULES = (
    "ast",
    "argparse",
    "asyncio.tasks",
    "contextlib",
    "dataclasses",
    "json.decoder",
    "logging.handlers",
    "shutil",
    "tarfile",
    "textwrap",
    "unittest.case",
    "zipfile",
)
EXPRESSIONS = ("call", "binary_operator", "boolean_operator", "comparison_operator", "attribute")
FOLDER = Path(ast.__file__).parent


def source_of(module: str) -> Document:
    path = FOLDER.joinpath(*module.split("."))
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    return open_document(file.as_uri(), 1, by_language_id("python"), file.read_bytes())


def selections(root: Node, rng: random.Random) -> list[Span]:
    spans = []
    for node in preorder(root):
        if node.type in ("block", "module") and node.is_named:
            statements = [c for c in node.named_children if c.type != "comment"]
            first = rng.randrange(len(statements))
            last = min(first + rng.randrange(4), len(statements) - 1)
            spans.append(Span(statements[first].start_byte, statements[last].end_byte))
        elif node.type in EXPRESSIONS:
            spans.append(Span(node.start_byte, node.end_byte))
    return rng.sample(spans, min(25, len(spans)))


def refuse_or_compile(document: Document, span: Span) -> bool:
    """Whether it was extracted; the result compiles and keeps what is outside the selection."""
    outcome = extract(document, span)
    if outcome is None or isinstance(outcome, Refusal):
        return False
    result = apply_edits(document.data, outcome.edits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(result, "<result>", "exec", dont_inherit=True)
    assert all(not edit.span or outcome.span.contains(edit.span) for edit in outcome.edits)
    return True


@pytest.mark.parametrize("module", MODULES)
def test_random_selections_are_extracted_or_refused(module: str) -> None:
    document = source_of(module)
    assert document.tree is not None
    spans = selections(document.tree.root_node, random.Random(module))
    extracted = [span for span in spans if refuse_or_compile(document, span)]
    assert extracted


def test_any_range_of_bytes_is_answered() -> None:
    document = source_of("textwrap")
    rng = random.Random(5)
    for _ in range(300):
        start = rng.randrange(len(document.data))
        refuse_or_compile(
            document, Span(start, min(start + rng.randrange(400), len(document.data)))
        )
