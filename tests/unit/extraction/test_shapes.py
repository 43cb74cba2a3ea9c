"""Every shape of code that a selection may have, with what becomes of it.

`shapes/*.txt` hold the text before, the selection between `«` and `»`, and the text after, or the
reason of the refusal. `python tests/unit/extraction/test_shapes.py` writes what the engine makes of
them now; read the difference before you commit it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lacuna_ls.domain.text import Span, apply_edits
from lacuna_ls.extraction.contract import Refusal
from lacuna_ls.extraction.engine import extract
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

FOLDER = Path(__file__).with_name("shapes")
SHAPE, AFTER, REFUSED = "=== ", "--->\n", "refused: "


def shapes(path: Path) -> Iterator[tuple[str, str, str]]:
    """Title, text before, and text after of each shape of a file."""
    for section in path.read_text(encoding="utf-8").split(SHAPE)[1:]:
        title, _, rest = section.partition("\n")
        before, _, after = rest.partition(AFTER)
        yield title, before, after


def outcome(marked: str) -> str:
    data = marked.replace("«", "").replace("»", "").encode()
    start = len(marked[: marked.index("«")].encode())
    end = len(marked[: marked.index("»")].replace("«", "").encode())
    document = open_document("file:///shape.py", 1, by_language_id("python"), data)
    found = extract(document, Span(start, end), "part")
    if found is None:
        return "not applicable\n"
    if isinstance(found, Refusal):
        return f"{REFUSED}{found.reason}\n"
    return apply_edits(document.data, found.edits).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(before, after, id=f"{path.stem}: {title}")
        for path in sorted(FOLDER.glob("*.txt"))
        for title, before, after in shapes(path)
    ],
)
def test_the_shape_becomes_what_its_file_says(before: str, after: str) -> None:
    assert outcome(before) == after


def rewrite_all() -> None:
    for path in sorted(FOLDER.glob("*.txt")):
        sections = [
            f"{SHAPE}{t}\n{before}{AFTER}{outcome(before)}" for t, before, _ in shapes(path)
        ]
        path.write_text("".join(sections), encoding="utf-8")


if __name__ == "__main__":
    rewrite_all()
