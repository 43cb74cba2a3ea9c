"""The configuration that the documentation shows, as text: what users copy is what is tested.

A block is tested if the line above its fence is `<!-- tested: NAME -->`.
"""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs" / "editors"
_TESTED = re.compile(r"^<!-- tested: ([\w.-]+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets() -> dict[str, str]:
    """Every tested block of the pages, by its name.

    Raises:
        ValueError: two blocks have one name.
    """
    found: dict[str, str] = {}
    for page in sorted(DOCS.glob("*.md")):
        for name, text in _TESTED.findall(page.read_text("utf-8")):
            if name in found:
                raise ValueError(f"two blocks are called {name}")
            found[name] = text
    return found
