"""What a client waits for before the server's first answer."""

import subprocess
import sys

_CREATED = """
import sys
from lacuna_ls.cli import serve
from lacuna_ls.lsp import transport
from lacuna_ls.lsp.lifecycle import create_server

create_server(lambda server: None)
print("\\n".join(sys.modules))
"""


def test_nothing_heavy_is_imported_before_the_client_is_there():
    finished = subprocess.run(
        [sys.executable, "-I", "-c", _CREATED], capture_output=True, text=True, check=True
    )
    imported = set(finished.stdout.split())
    assert "lacuna_ls.lsp.protocol" in imported
    heavy = {"numpy", "tree_sitter", "rich", "pathspec", "lacuna_ls.completion", "lacuna_ls.syntax"}
    assert imported & heavy == set()
