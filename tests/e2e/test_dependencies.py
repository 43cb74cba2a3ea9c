"""Packages that a file imports are known to its ghost text, and nothing of them is run."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from e2e.real_server import connected

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.skipif(os.name == "nt", reason="a file that cannot be run stands for the Python"),
]

USES = "def main(name):\n    app = webkit.create_application(name)\n    return app\n\n\n" * 20
TYPED = "import webkit\n\n\ndef main(name):\n    app = webkit.create_ap"


def environment(folder: Path) -> Path:
    """An interpreter whose package would tell if it were imported, and that runs nothing itself."""
    package = folder / "lib" / "python3.12" / "site-packages" / "webkit"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"open({str(folder / 'imported')!r}, 'w')\n")
    (package / "examples_of_use.py").write_text("import webkit\n\n\n" + USES)
    python = folder / "bin" / "python3.12"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\ntouch {folder / 'run'}\n")
    python.chmod(0o755)
    return python


async def test_ghost_text_knows_what_a_file_imports(tmp_path):
    python = environment(tmp_path / "env")
    root = tmp_path / "work"
    root.mkdir()
    home = tmp_path / "home"
    async with connected(root, home, interpreter=str(python)) as editor:
        file = editor.open(root / "app.py", TYPED)
        items: list[Any] = []
        async with asyncio.timeout(60):
            while not items:
                items = await editor.complete(file, len(TYPED))
    assert items[0]["insertText"].startswith("plication(")
    assert len(list((home / "cache" / "lacuna-ls").glob("dependencies-*.index"))) == 1
    assert not (tmp_path / "env" / "imported").exists()
    assert not (tmp_path / "env" / "run").exists()
