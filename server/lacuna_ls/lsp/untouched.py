"""Files that are nobody's to write here: no completion and no actions, said once in the client's log.

Stubs, what a program wrote, what somebody else wrote and was copied in, and what is too large to be
answered for at every key.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from lacuna_ls.lsp.uris import home_of
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.generated import is_generated

if TYPE_CHECKING:
    from lacuna_ls.lsp.server import LacunaServer

MOST_BYTES = 2_000_000
# Folders of installed code, wherever they are.
_INSTALLED = frozenset(("site-packages", "dist-packages", "node_modules"))
# Names that a folder of copied code has inside a workspace.
_COPIED = frozenset(
    (
        *("vendor", "vendored", "_vendor", "_vendored", "third_party", "thirdparty"),
        *("extern", "external", ".venv", "venv", ".tox", ".nox"),
    )
)


class Untouched:
    """One per server: what was said is not said again."""

    def __init__(self, server: "LacunaServer") -> None:
        self._server = server
        self._said: set[str] = set()

    def leaves(self, document: Document) -> bool:
        """Whether the document is left alone."""
        why = self._reason(document)
        if why and document.uri not in self._said:
            self._said.add(document.uri)
            name = document.uri.rpartition("/")[2]
            self._server.note(f"{name}: no completion and no actions: {why}.")
        return bool(why)

    def _reason(self, document: Document) -> str:
        if len(document.data) > MOST_BYTES:
            return "it is larger than 2 MB"
        path = home_of(document.uri)
        if path is not None and path.suffix == ".pyi":
            return "it is a stub"
        if path is not None and self._is_somebody_elses(path):
            return "it is installed or copied code"
        return "a program wrote it, as its head says" if is_generated(document.data) else ""

    def _is_somebody_elses(self, path: Path) -> bool:
        if not _INSTALLED.isdisjoint(path.parts):
            return True
        root = self._server.root_of(path)
        return root is not None and not _COPIED.isdisjoint(path.relative_to(root).parts[:-1])
