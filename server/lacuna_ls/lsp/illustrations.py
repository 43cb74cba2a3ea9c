"""Examples in documentation that no machine has ever run are no tests, and are not shown as red."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lacuna_ls.lsp.save_run import Run, Save, SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.test_runs.examples import examples, is_new, without
from lacuna_ls.test_runs.pytest_config import read_pytest_config

_DOCTESTS = "--doctest-modules"


class Illustrations:
    """Knows which examples have passed, by root; `note` is told how many are left out."""

    def __init__(self, server: LacunaServer, tools: SaveTools, note: Callable[[str], None]) -> None:
        self._server = server
        self._tools = tools
        self._note = note
        self._passed: defaultdict[Path, set[str]] = defaultdict(set)

    async def left_out(self, save: Save, run: Run) -> Run:
        """The run without failing examples that are none of the project's tests and never passed.

        A save of the text as it was opened is a wish to see what there is, examples included.
        """
        doctests = run.request.doctests
        config = read_pytest_config(save.root, self._tools.files)
        if not doctests or _DOCTESTS in (*config.addopts, *run.request.arguments):
            return run
        found = examples(run.report, doctests)
        passed = self._passed[save.root]
        passed.update(each.test_id for each in found if not each.red)
        doubted = [each for each in found if each.red and each.test_id not in passed]
        opened = self._server.documents.opened(save.document.uri)
        if not doubted or opened is None or opened.data == save.document.data:
            return run
        overlay = Overlay(save.path, opened.data)
        before = replace(run.request, targets=doctests, overlays=(overlay,))
        report = await self._tools.runner.run(before)
        passed.update(r.test_id for r in examples(report, doctests) if not r.red)
        illustrations = {
            each.test_id
            for each in doubted
            if each.test_id not in passed
            and not is_new(each, save.path, save.document.data, opened.data)
        }
        if illustrations:
            self._note(
                f"{save.path.name}: {len(illustrations)} examples are taken for illustrations, "
                "because they have never passed"
            )
        request, report = without(run.request, run.report, illustrations)
        return Run(request, report, run.clean)
