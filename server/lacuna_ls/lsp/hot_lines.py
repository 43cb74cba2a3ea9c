"""Where the time of slow functions goes: after a green run, for lenses.

The slowest test of a slow function runs once more in the background, with the function's calls recorded,
and the largest of them is called once more with its lines counted. No rewrite runs here.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace

from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.lsp.asked_searches import AskedSearches
from lacuna_ls.lsp.fix_search import NICENESS
from lacuna_ls.lsp.observed import Hot
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.ports.code_timer import TimedRunner, TimeRequest
from lacuna_ls.ports.trust import TrustStore
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.tested import Judged

log = logging.getLogger(__name__)

_SLOW_S = 0.3
_MOST_FUNCTIONS = 2
_WALL_S = 4.0


class HotLines(AskedSearches[None]):
    """One look at a document at a time, until it is edited."""

    def __init__(
        self, server: LacunaServer, tools: SaveTools, trust: TrustStore, runner: TimedRunner
    ) -> None:
        super().__init__(server)
        self._tools = tools
        self._trust = trust
        self._runner = runner

    def ran(self, document: Document) -> None:
        """The tests of a saved document have run."""
        known = self._server.observed.get(document.uri)
        wanted = self._server.settings_of(document.uri).speed_lenses == "slow"
        if not wanted or not self._server.client.code_lenses:
            return
        if known is None or known.document.data != document.data:
            return
        slow = list(slowest(self._server.observed.judged(document.uri)))
        if slow:
            self.begin(document, self._look(document, slow[:_MOST_FUNCTIONS]))

    async def _look(self, document: Document, slow: list[Judged]) -> None:
        path = path_of(document.uri)
        root = None if path is None else self._server.root_of(path.resolve())
        if path is None or root is None or not self._trust.trusted(root):
            return
        found: list[Hot] = []
        for each in slow:
            name = ".".join(each.definition.path)
            test = max(each.results, key=lambda result: result.duration_s)
            request = TestRequest(
                root,
                self._tools.interpreter(root, path.resolve()),
                (test.test_id,),
                arguments=self._server.settings.tests_arguments,
            )
            request = replace(request, limits=replace(request.limits, niceness=NICENESS))
            asked = TimeRequest(
                request, path.resolve(), name, (document.data,), rounds=1, wall_s=_WALL_S
            )
            try:
                timing = await self._runner.time(asked)
            except LacunaError as error:
                log.info("no lines of %s: %s", name, error)
                return
            if timing.lines:
                found.append(Hot(name, timing.lines))
        self._server.observed.profiled(document, tuple(found))


def slowest(judged: tuple[Judged, ...]) -> Iterator[Judged]:
    """Functions whose tests pass and one of which takes its time, the slowest first."""

    def longest_s(each: Judged) -> float:
        return max((result.duration_s for result in each.results), default=0.0)

    for each in sorted(judged, key=longest_s, reverse=True):
        passes = not any(result.red for result in each.results)
        if not each.is_test and passes and longest_s(each) >= _SLOW_S:
            yield each
