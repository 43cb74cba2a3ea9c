"""What a save sets off: the file's tests, their findings, and the quiet search for a fix.

A newer save of the same document kills the run that the older one started; runs in one workspace
root follow each other.

When the file's own tests have reported and no search is left, the other tests that the save can
affect run. A save that changed no code runs nothing: what is known stays, on the lines it went to.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import types

from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.domain.test_result import RunStatus, TestResult
from lacuna_ls.lsp.affected import AffectedTests, RunTests
from lacuna_ls.lsp.fix_search import FixSearches
from lacuna_ls.lsp.illustrations import Illustrations
from lacuna_ls.lsp.known_contexts import Conditions
from lacuna_ls.lsp.progress import progress
from lacuna_ls.lsp.readiness import Readiness
from lacuna_ls.lsp.recordings import Recordings
from lacuna_ls.lsp.save_run import Run, Save, SaveTools
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.ports.code_runner import Limits, TestRequest
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import Language
from lacuna_ls.test_runs.finding import Finding
from lacuna_ls.test_runs.plan import FileTests, only_of
from lacuna_ls.test_runs.results import findings, summary
from lacuna_ls.test_runs.same_code import moved_lines, moved_result
from lacuna_ls.test_runs.selection import Targets, targets_of
from lacuna_ls.test_runs.tested import reason
from lacuna_ls.test_runs.verdicts import Verdicts

log = logging.getLogger(__name__)

_IN_THE_BACKGROUND = Limits(niceness=10)
_NO_TESTS = "no tests of it were found"
_CUT_SHORT = (RunStatus.TIMED_OUT, RunStatus.CRASHED)


class Saves:
    """One per server. `saved` and `edited` are told of every save and edit."""

    def __init__(self, server: LacunaServer, tools: SaveTools) -> None:
        self._server = server
        self._tools = tools
        self._follows: dict[str, asyncio.Task[None]] = {}
        self._turns: defaultdict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)
        turn = self._turns.__getitem__
        self._searches = FixSearches(server, tools, self._started, self._note, turn)
        # Cancelled ones included, as long as their processes are not gone.
        self._tasks: set[asyncio.Task[None]] = set()
        self._verdicts: defaultdict[Path, Verdicts] = defaultdict(Verdicts)
        self._illustrations = Illustrations(server, tools, self._note)
        self._told: set[tuple[Path, str]] = set()
        self._affected = AffectedTests(tools.files, self._started, tools.contexts)
        self._tested: dict[str, tuple[Document, Run]] = {}
        self._recordings = Recordings(server, tools, self._started, turn, self._explained)
        self._readiness = Readiness(tools.expect, self._started) if tools.expect else None
        self._reasons: defaultdict[Path, dict[str, str]] = defaultdict(dict)
        self._written: dict[str, tuple[int, tuple[int, int] | None]] = {}

    @property
    def searches(self) -> FixSearches:
        return self._searches

    async def saved(self, document: Document) -> None:
        """Run what concerns `document`; returns when its diagnostics are out, or it is outdated."""
        save = self._located(document)
        if save is not None:
            self._written[document.uri] = (
                document.version,
                self._tools.files.signature(save.path),
            )
        await self.run_tests(document)

    async def run_tests(self, document: Document) -> None:
        """As `saved`, for what is on disk, whether the editor shows that or not."""
        older = self._follows.get(document.uri)
        if older is not None:
            older.cancel()
        task = self._started(self._follow(document))
        self._follows[document.uri] = task
        await asyncio.wait([task])
        if self._follows.get(document.uri) is task:
            del self._follows[document.uri]
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    def edited(self, uri: str) -> None:
        """The text of an open document changed."""
        self._searches.edited(uri)

    async def close(self) -> None:
        """End every run and search, processes included."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _started(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _follow(self, document: Document) -> None:
        save = self._located(document)
        if save is None or document.language is None:
            return
        self._forget_fixes(save.root)
        self._affected.interrupt(save.root)
        if self._readiness is not None:
            self._readiness.interrupt(save.root)
        if self._server.settings_in(save.root).tests_on_save == "off":
            return
        try:
            await self._test(save)
        except LacunaError as error:
            self._tell_once(save.root, str(error))
        for task in self._searches.resume(save.root):
            task.add_done_callback(_log_failure)

    async def _test(self, save: Save) -> None:
        tested = self._tested.get(save.document.uri)
        if await self._changed_no_code(save):
            self._affected.start(save.root, (), self._retest(save))
            return
        language = save.document.language
        if language is None or language.test_runner is None:
            self._note(f"{save.path.name}: {_NO_TESTS}")
            return
        own = targets_of(save.path, save.root, save.document, self._tools.files)
        # The first save, and one without a change, are a wish to see what there is; and what was
        # red is shown until it has run again.
        whole = tested is None or tested[0].data == save.document.data or not tested[1].report.green
        conditions = self._conditions(save, language)
        tests, chosen = await self._affected.first(save.path, own, conditions, whole=whole)
        if not (tests or own.paths or self._affected.knows(save.root)):
            self._note(f"{save.path.name}: {_NO_TESTS}")
            return
        if not await self._server.trust.ask(save.root):
            return
        run = None if tested is None else replace(tested[1], clean=tuple(self._clean(save)))
        if tests:
            run, tests = await self._run_first(save, own, tests)
            if run.report.status not in _CUT_SHORT:
                self._affected.done(save.root, tests)
        if run is not None:
            self._publish(save, run)
            self._start_search(save, run)
            if self._readiness is not None and run.report.green:
                self._readiness.after(run.request)
        later = await self._affected.start_later(
            chosen, tests, run.report if tests and run else None, self._retest(save)
        )
        if not tests:
            none = "no test executes what changed" if own.paths or later else _NO_TESTS
            self._note(f"{save.path.name}: {none}")
        if run is not None:
            # Not before: a save that the next one overtakes has not run what it can affect.
            self._tested[save.document.uri] = save.document, run

    async def _run_first(
        self, save: Save, own: Targets, tests: tuple[FileTests, ...]
    ) -> tuple[Run, tuple[FileTests, ...]]:
        """The first report, and what ran for it.

        A test that is red among a few may need those that were left out: then all run. So they do
        where none of the few is there any more.
        """
        files = tuple(each.file for each in tests)
        doctests = tuple(file for file in own.doctests if file in files)
        request = self._request(save, Targets(files, doctests))
        run = await self._run(save, request, only_of(tests))
        none = run.report.status is RunStatus.NO_TESTS
        if (run.report.failures or none) and only_of(tests):
            tests = tuple(FileTests(file) for file in files)
            self._summarise(save, run)
            run = await self._run(save, request)
        self._summarise(save, run)
        run = await self._illustrations.left_out(save, run)
        self._verdicts[save.root].record(save.path, files, run.report, only_of(tests))
        self._explain(save, tests, run)
        return run, tests

    def _request(self, save: Save, targets: Targets) -> TestRequest:
        return TestRequest(
            root=save.root,
            interpreter=self._tools.interpreter(save.root, save.path),
            targets=targets.paths,
            doctests=targets.doctests,
            arguments=self._server.settings.tests_arguments,
        )

    async def _changed_no_code(self, save: Save) -> bool:
        """Whether only comments and layout changed since the last run, whose results then hold.

        A save without any change is a wish to run the tests again.
        """
        before, run = self._tested.pop(save.document.uri, (None, None))
        if before is None or run is None or before.data == save.document.data:
            return False
        lines = await asyncio.to_thread(moved_lines, before, save.document)
        if lines is None:
            return False
        self._verdicts[save.root].moved(save.path, lines)
        results = tuple(moved_result(each, save.path, lines) for each in run.report.results)
        report = replace(run.report, results=results)
        run = Run(run.request, report, tuple(self._clean(save)))
        self._publish(save, run)
        self._start_search(save, run)
        self._tested[save.document.uri] = save.document, run
        return True

    def _conditions(self, save: Save, language: Language) -> Conditions:
        interpreter = self._tools.interpreter(save.root, save.path)
        arguments = self._server.settings.tests_arguments
        return Conditions(save.root, language, interpreter, arguments)

    def _retest(self, save: Save) -> RunTests:
        """What runs some of the tests that `save` can affect."""

        async def run_tests(tests: tuple[FileTests, ...]) -> bool:
            while searching := self._searches.running(save.root):
                await asyncio.wait(searching)
            assert save.document.language is not None
            conditions = self._conditions(save, save.document.language)
            request = self._request(save, Targets(tuple(each.file for each in tests)))
            request = replace(request, limits=_IN_THE_BACKGROUND)
            seen = self._affected.seen(conditions)
            watched = self._affected.watches(save.root, tests)
            run = await self._run(save, request, only_of(tests), watched=watched)
            if run.report.status in _CUT_SHORT and len(tests) > 1:
                self._summarise(save, run)
                return False
            recorded, only = run.report, only_of(tests)
            doubted = recorded.failures or recorded.status in _CUT_SHORT
            if (watched or only) and doubted:
                # Neither may be why a test is red: what being watched takes, nor what was left out.
                run, only = await self._run(save, request), ()
            self._verdicts[save.root].extend(save.path, run.report, only)
            self._explain(save, tests, run)
            self._publish(save, run)
            self._start_search(save, run)
            await self._affected.ran(tests, recorded, conditions, seen, watched=watched)
            self._summarise(save, run)
            return True

        return run_tests

    async def _run(
        self, save: Save, request: TestRequest, only: tuple[str, ...] = (), *, watched: bool = False
    ) -> Run:
        """What `request` says, of `only` these tests; of the run it is kept as if it were all."""
        async with self._turns[save.root]:
            clean = tuple(self._clean(save))
            async with progress(self._server, f"Testing {save.path.name}"):
                asked = replace(request, only=only, contexts=watched)
                report = await self._tools.runner.run(asked)
        return Run(request, report, clean)

    def _summarise(self, save: Save, run: Run) -> None:
        self._note(f"{save.path.name}: {summary(run.report)}")

    def _explain(self, save: Save, tests: tuple[FileTests, ...], run: Run) -> None:
        """Keep why these ran, by test or by file."""
        reasons = self._reasons[save.root]
        for each in tests:
            ran = set(each.only)
            for known in [r for r in reasons if r.startswith(f"{each.file}::")]:
                if not ran or known in ran:
                    del reasons[known]
            by_imports = reason(each.file, save.path.relative_to(save.root), run.request.doctests)
            reasons.update(each.why or {each.file: by_imports})

    def _publish(self, save: Save, run: Run) -> None:
        if run.report.status is RunStatus.NO_FRAMEWORK:
            self._tell_once(save.root, run.report.detail)
        for document, found in self._found(save, run):
            self._server.diagnostics.publish(document, found)
        self._observe(save, run)

    def _found(self, save: Save, run: Run) -> Iterator[tuple[Document, list[Finding]]]:
        verdicts = self._verdicts[save.root]
        unsaved = self._unsaved_note(save, run.clean)
        for each in run.clean:
            concerned = verdicts.concerned(each.path)
            report = verdicts.report(each.path)
            found = findings(report, each.document, each.path, concerned)
            yield each.document, [replace(f, message=f.message + unsaved) for f in found]

    def _observe(self, save: Save, run: Run) -> None:
        """Let hints, hovers and lenses have what the run says."""
        verdicts = self._verdicts[save.root]
        reasons = self._reasons[save.root]
        for each in run.clean:
            results = verdicts.report(each.path).results
            concerned = verdicts.concerned(each.path)
            self._server.observed.ran(each.document, each.path, results, concerned, reasons)
        self._server.observed.refresh_lenses()

    def _explained(self, save: Save, run: Run, known: tuple[TestResult, ...]) -> None:
        """The values of failing tests are known, which can tell better where they are shown.

        In a document that was edited since they are shown where they went: the next save tells.
        """
        self._verdicts[save.root].explained(known)
        for document, found in self._found(save, run):
            newest = self._server.documents.get(document.uri)
            if newest is None or newest.data != document.data:
                continue
            self._server.diagnostics.correct(document, found)
            shown = [finding.span for finding in self._server.diagnostics.shown(document.uri)]
            self._tools.finished.show_at(document.uri, document.version, shown)

    def _start_search(self, save: Save, run: Run) -> None:
        uri = save.document.uri
        self._searches.forget(uri)
        self._recordings.end(uri)
        if not run.report.failures:
            self._server.observed.refresh_hints()
            return
        reproduced = asyncio.Event()
        search = self._searches.start(save, run, None, reproduced.set)
        if search is None:
            reproduced.set()
        recording = self._recordings.start(save, run, reproduced)
        if recording is None:
            self._server.observed.refresh_hints()
        for task in (search, recording):
            if task is not None:
                task.add_done_callback(_log_failure)

    def _forget_fixes(self, root: Path) -> None:
        self._searches.end(root)
        self._recordings.end_in(root)
        for document in self._server.documents:
            located = self._located(document)
            if located is not None and located.root == root:
                self._tools.finished.drop(document.uri)
                self._server.observed.outdated(document.uri)

    def _located(self, document: Document) -> Save | None:
        path = path_of(document.uri)
        if path is None:
            return None
        path = path.resolve()
        root = self._server.root_of(path)
        return None if root is None else Save(document, path, root)

    def _beside(self, save: Save) -> Iterator[Save]:
        """The open documents of the save's root, the saved one as it was saved."""
        for document in self._server.documents:
            if document.uri == save.document.uri:
                yield save
            elif (other := self._located(document)) and other.root == save.root:
                yield other

    def _clean(self, save: Save) -> Iterator[Save]:
        for each in self._beside(save):
            # A file in another encoding is not what the editor sends, byte by byte; but what was
            # saved last, and has changed on neither side since, is what the editor shows.
            state = each.document.version, self._tools.files.signature(each.path)
            unchanged = self._written.get(each.document.uri) == state
            if unchanged or self._tools.files.read(each.path) == each.document.data:
                yield each

    def _unsaved_note(self, save: Save, clean: tuple[Save, ...]) -> str:
        """The tests ran on what is on disk; say so where an editor holds something else."""
        known = {each.path for each in clean}
        unsaved = sorted(each.path.name for each in self._beside(save) if each.path not in known)
        if not unsaved:
            return ""
        return f"\n(tests ran on the files on disk; unsaved: {', '.join(unsaved)})"

    def _note(self, message: str) -> None:
        """A line for those who look at the editor's log of this server."""
        params = types.LogMessageParams(type=types.MessageType.Info, message=message)
        self._server.window_log_message(params)

    def _tell_once(self, root: Path, message: str) -> None:
        if (root, message) not in self._told:
            self._told.add((root, message))
            self._server.tell(f"Lacuna, {root.name}: {message}", types.MessageType.Warning)


def _log_failure(task: Awaitable[None]) -> None:
    assert isinstance(task, asyncio.Task)
    if task.cancelled():
        return
    error = task.exception()
    if isinstance(error, LacunaError):
        log.warning("what followed a red save ended: %s", error)
    elif error is not None:
        log.error("what followed a red save failed", exc_info=error)
