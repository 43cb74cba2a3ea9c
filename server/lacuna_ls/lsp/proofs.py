"""Runs what a refactoring makes before it is applied: once it was chosen, where code may run.

Nothing runs while a menu is made. What was seen of an offer stands in its title the next time. In a
folder that is not trusted the runner refuses, and the offer is what its title says: not run.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence

from lacuna_ls.actions.provider import Offer
from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.domain.text import Source, Span, TextEdit, apply_edits
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.selection import targets_of
from lacuna_ls.verification.callables import qualified_name_at
from lacuna_ls.verification.evidence import Evidence
from lacuna_ls.verification.unchanged import Changed, Rewritten, unchanged

log = logging.getLogger(__name__)

# Whoever chose an entry of a menu waits for it.
_MOST_S = 5.0
_KEPT = 64

_Key = tuple[bytes, tuple[TextEdit, ...]]


class Proofs:
    """What was seen of rewritten files, by their text and the edits."""

    def __init__(self, server: LacunaServer, tools: SaveTools) -> None:
        self._server = server
        self._tools = tools
        self._found: OrderedDict[_Key, Evidence] = OrderedDict()

    def known(self, document: Document, edits: Sequence[TextEdit]) -> Evidence | None:
        """What was seen of the same edits to the same text, if they were tried before."""
        return self._found.get((document.data, tuple(edits)))

    async def objection(self, document: Document, offer: Offer) -> str | None:
        """Why the edits of an offer are not to be applied after all, in a sentence."""
        rewritten = self._rewritten(document, offer)
        if rewritten is None or self.known(document, offer.edits):
            return None
        try:
            async with asyncio.timeout(_MOST_S):
                found = await unchanged(rewritten, self._tools.runner)
        except (LacunaError, TimeoutError) as error:
            log.info("a refactoring was not run: %s", error or type(error).__name__)
            return None
        if isinstance(found, Changed):
            return found.reason
        self._found[document.data, offer.edits] = found
        if len(self._found) > _KEPT:
            self._found.popitem(last=False)
        return None

    def _rewritten(self, document: Document, offer: Offer) -> Rewritten | None:
        path, language, tree = path_of(document.uri), document.language, document.tree
        path = path.resolve() if path else None
        root = self._server.root_of(path) if path else None
        if path is None or root is None or language is None or tree is None or not offer.edits:
            return None
        after = apply_edits(document.data, offer.edits)
        last = max(edit.span.end for edit in offer.edits if len(edit.span))
        inside = Span(last - 1, last)
        functions = frozenset(language.function_nodes)
        targets = targets_of(path, root, document, self._tools.files)
        try:
            interpreter = self._tools.interpreter(root, path)
        except LacunaError:
            return None
        return Rewritten(
            TestRequest(
                root,
                interpreter,
                targets.paths or (path.relative_to(root).as_posix(),),
                self._server.settings.tests_arguments,
                doctests=targets.doctests,
            ),
            path,
            qualified_name_at(tree.root_node, inside, functions),
            Source.of(after).line_at(offer.rename_at or 0),
            document.data,
            after,
        )
