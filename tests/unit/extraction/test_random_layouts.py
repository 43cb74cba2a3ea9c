"""Random programs in random layouts, in functions, classes and the module itself.

Statements share lines, suites stand behind their heads, comments at any margin, strings and calls go
over lines, with tabs and both line ends; selections begin and end anywhere.
"""

import random
import re
from itertools import pairwise

import pytest

from lacuna_ls.domain.text import Span, apply_edits
from lacuna_ls.extraction.engine import Extraction, extract, extract_with_duplicates
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import Node, preorder
from random_programs import Program, run, valid

COMPOUND = r"if|for|while|with|async|try|except|finally|else|match|case|def|class|global|nonlocal"
SIMPLE = re.compile(rf"( *)(?!(?:{COMPOUND})\b|@)(\S.*[^:])")
HEAD = re.compile(r" *(?:if|for|while|else|finally|try|with|def)\b.*:")
BOUND_TO_FUNCTIONS = re.compile(r"\b(?:return|yield|await|async|nonlocal|global)\b")


def laid_out(code: str, rng: random.Random) -> str:
    lines: list[str] = []
    for line in code.split("\n"):
        match = SIMPLE.fullmatch(line)
        if match is None:
            lines.append(line)
            continue
        before = SIMPLE.fullmatch(lines[-1]) if lines else None
        joins = before is not None and before[1] == match[1] and not re.search(r"[#\\]", lines[-1])
        if joins and rng.random() < 0.15:
            lines[-1] += rng.choice(("; ", " ;", ";")) + match[2]
        else:
            lines += statement(match[1], match[2], rng)
    text = "\n".join(on_one_line(lines, rng))
    if rng.random() < 0.12:
        text = re.sub("^(?: {4})+", lambda m: "\t" * (len(m[0]) // 4), text, flags=re.MULTILINE)
    return text.replace("\n", "\r\n") if rng.random() < 0.12 else text


def statement(pad: str, code: str, rng: random.Random) -> list[str]:
    """The lines of one simple statement."""
    plain = not re.search(r"yield|await|:=|[\"']", code)
    if code.startswith("log(") and rng.random() < 0.15:
        return [f"{pad}log(", f"{pad}{rng.choice(('   ', '        ', ''))}{code[4:]}"]
    if code.startswith("log(") and plain and rng.random() < 0.15:
        first = code[4:-1].split(",", maxsplit=1)[0]
        written = rng.choice(('"""x\n  y\n"""', f'f"{{{first}!r:>5}} {{(1, 2)[0]}}"'))
        return [f"{pad}log({written}, {code[4:]}"]
    if plain and " + " in code and rng.random() < 0.1:
        return [pad + code.replace(" + ", " + \\\n  ", 1)]
    return rng.choice(
        (
            *([[pad + code]] * 8),
            [f"{pad}{code}  # behind"],
            [f"{pad}# above", pad + code],
            ["# at the margin", pad + code],
            ["", f"{pad}{code}   "],
        )
    )


def on_one_line(lines: list[str], rng: random.Random) -> list[str]:
    """Suites of one statement stand behind their heads, here and there."""
    joined: list[str] = []
    for line in lines:
        alone = bool(joined and HEAD.fullmatch(joined[-1]) and SIMPLE.fullmatch(line))
        if alone and "\n" not in line and line.strip()[0] != "#" and rng.random() < 0.3:
            joined[-1] += rng.choice((" ", "  ")) + line.lstrip()
        else:
            joined.append(line)
    return joined


def outside_of_functions(code: str, head: str, indent: str) -> str | None:
    """The body of the host as statements of the module or a class; then the host is told of it."""
    body = [line[4:] for line in code.splitlines()[1:-1]]
    if any(BOUND_TO_FUNCTIONS.search(line) for line in body):
        return None
    lines = "".join(f"{indent}{line}\n" for line in ("a = 1", "b = 2", *body))
    return f"{head}{lines}\n\ndef host(x, y):\n    log(x, y)\n"


def programs(rng: random.Random) -> str | None:
    program = Program(rng)
    code = program.text()
    where = rng.choice(("function", "function", "module", "class"))
    if where == "function":
        return laid_out(code, rng)
    if program.method:
        return None
    head, indent = ("class Host:\n", "    ") if where == "class" else ("", "")
    moved = outside_of_functions(code, head, indent)
    return None if moved is None else laid_out(moved, rng)


def selections(root: Node, data: bytes, rng: random.Random) -> list[Span]:
    """From the beginning of some token to the end of another, and to the ends of lines around."""
    leaves = [n for n in preorder(root) if not n.child_count and n.start_byte < n.end_byte]
    spans = []
    for block in preorder(root):
        if block.type in ("block", "module") and block.named_children:
            first = rng.randrange(len(block.named_children))
            chosen = block.named_children[first : first + rng.randint(1, 4)]
            start, end = chosen[0].start_byte, chosen[-1].end_byte
            if rng.random() < 0.2:
                end = next((i for i in range(end, len(data)) if data[i] in b"\r\n"), len(data))
            spans.append(Span(start, end))
    for _ in range(4):
        at = rng.randrange(len(leaves))
        last = leaves[min(at + rng.randrange(12), len(leaves) - 1)]
        spans.append(Span(leaves[at].start_byte, max(last.end_byte, leaves[at].start_byte)))
    return rng.sample(spans, min(6, len(spans)))


def difference(code: str, span: Span) -> tuple[int, str | None]:
    """How many ways it was extracted, and what is not as before."""
    document = open_document("file:///p.py", 1, by_language_id("python"), code.encode())
    outcomes = (extract(document, span), extract_with_duplicates(document, span))
    done = [outcome for outcome in outcomes if isinstance(outcome, Extraction)]
    for outcome in done:
        result = apply_edits(document.data, outcome.edits).decode()
        if not valid(result):
            return len(done), f"invalid syntax\n{code}\n{result}"
        for a, b in pairwise((0, 1, 1, 2)):
            before, after = run(code, a, b), run(result, a, b)
            if before != after:
                return len(done), f"{before}\n{after}\n{code}\n{result}"
    return len(done), None


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("start", [0, 1000])
def test_an_extraction_from_a_random_layout_changes_nothing(start: int) -> None:
    total = 0
    for seed in range(start, start + 60):
        rng = random.Random(seed)
        code = programs(rng)
        if code is None or not valid(code):
            continue
        root = open_document("file:///p.py", 1, by_language_id("python"), code.encode()).tree
        assert root is not None
        for span in selections(root.root_node, code.encode(), rng):
            extracted, found = difference(code, span)
            assert found is None, f"seed {seed}, {span}: {found}"
            total += extracted
    assert total > 20, "the generator makes programs that nothing can be extracted from"
