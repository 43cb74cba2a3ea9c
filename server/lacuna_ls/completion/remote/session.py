"""Ghost text from an endpoint and from the embedded model together, so that typing never waits.

An answer that is known is shown without asking anybody, and so is the rest of what is typed along or
accepted in part. Else the endpoint is asked once the user pauses, the question before is given up, and
whoever has something in time is shown: the endpoint if it usually answers, the embedded model if not,
and at once if the endpoint has not answered yet, is late, or failed. What comes too late is kept for
when the cursor is there again, or has moved along it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from lacuna_ls.completion.cache import CompletionCache, Hit
from lacuna_ls.completion.labels import label_saved
from lacuna_ls.completion.proposal import Proposal
from lacuna_ls.completion.remote.engine import key, name_of, propose, suggestion
from lacuna_ls.completion.remote.standing import Pace, Standing
from lacuna_ls.completion.suggestion import CompletionOptions, Suggestion
from lacuna_ls.domain.calibration import Calibration
from lacuna_ls.domain.errors import ModelBusyError, ModelError
from lacuna_ls.ports.calibration_store import CalibrationStore
from lacuna_ls.ports.clock import Clock
from lacuna_ls.ports.language_model import Excerpt, LanguageModel
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import Language

log = logging.getLogger(__name__)

CONTEXT_S = 0.1
"""How long before its question the context of one is looked up: as long as that may take."""

Complete = Callable[[Document, int, CompletionOptions], Awaitable[tuple[Suggestion, ...]]]


@dataclass(frozen=True, slots=True)
class Tools:
    """What a session works with.

    `model` is the endpoint's, `None` where none may see this document. `embedded` completes without
    it, and `goes_on` is true where the user is typing along what it has shown. `context` gives what the project says of a cursor, in its own time limit. `scorer` gives
    numbers where the endpoint has none. `said` is told in a sentence when the standing changes,
    `changed` is called when another model completes, or its numbers have another source.
    `waits` is false where an answer holds up a popup: the endpoint's is for the next one then.
    """

    model: Callable[[Document], LanguageModel | None]
    embedded: Complete
    context: Callable[[Document, int], Awaitable[tuple[Excerpt, ...]]]
    path: Callable[[Document], Path | None]
    scorer: LanguageModel | None
    calibrations: CalibrationStore
    clock: Clock
    said: Callable[[str], None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    goes_on: Callable[[Document, int], bool] = lambda document, offset: False
    waits: Callable[[], bool] = lambda: True
    changed: Callable[[], None] = lambda: None


class RemoteCompletions:
    """Answers for all documents of one connection. At most one question is open at a time."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._cache = CompletionCache()
        self._unlabelled = CompletionCache()
        self._pace = Pace()
        self._asking: asyncio.Task[Proposal | None] | None = None
        self._asked: tuple[str, bytes, int] | None = None
        self._model: LanguageModel | None = None
        self._numbered = ""
        self.standing = Standing()

    async def complete(
        self, document: Document, offset: int, options: CompletionOptions
    ) -> tuple[Suggestion, ...]:
        """At most one suggestion; the endpoint's if there is one in time.

        Raises:
            ModelError: the embedded model could not answer.
        """
        model = self._tools.model(document)
        if model is None or not document.has_tree:
            return await self._tools.embedded(document, offset, options)
        self._chosen(model)
        # Every request is a key, also one that is answered without a question.
        self._pace = self._pace.asked(self._tools.clock.monotonic_s())
        hit = self._known(document, offset)
        if hit is not None:
            known = suggestion(
                hit.proposal, offset, self._tools.calibrations, options, typed=hit.typed
            )
            if hit.typed == 0:
                self._unlabelled.put(document, offset, hit.proposal)
            return (known,) if known is not None else ()
        if self._tools.goes_on(document, offset):
            # What is shown stays; a question that is open is still the right one.
            return await self._tools.embedded(document, offset, options)
        proposal = await self._in_time(document, offset, model)
        if proposal is None:
            return await self._tools.embedded(document, offset, options)
        found = suggestion(proposal, offset, self._tools.calibrations, options)
        self._unlabelled.put(document, offset, proposal)
        return (found,) if found is not None else ()

    def in_words(self) -> str:
        """The model that completes now; empty if it is the embedded one and no other is named."""
        if self._model is None:
            return ""
        name = self._model.capabilities.model_id
        if self.standing.problem:
            return f"built in; {name} fails: {self.standing.problem}"
        return f"built in; {name} is late" if self.standing.is_late else name

    def calibration(self, language: Language) -> Calibration | None:
        """What holds for the endpoint's completions now; `None` where it does not complete."""
        if self._model is None or not self.completes():
            return None
        name = self._numbered or name_of(self._model.capabilities)
        return self._tools.calibrations.load(key(name, language))

    def completes(self) -> bool:
        """Whether it is the endpoint that completes now."""
        return self._model is not None and not (self.standing.problem or self.standing.is_late)

    def prefetch(self, document: Document, offset: int) -> None:
        """Ask for what comes after an accepted suggestion, before anybody asks for it."""
        model = self._tools.model(document)
        if model is None:
            return
        self._chosen(model)
        if self._known(document, offset) is None and self._may_ask():
            self._ask(document, offset, model, debounce_s=0.0)

    def saved(self, document: Document, options: CompletionOptions, random: Random) -> None:
        """Hold one of the endpoint's completions that the document was shown against what it says.

        Raises:
            StoreError: that could not be kept.
        """
        calibrations = self._tools.calibrations
        label_saved(document, self._unlabelled, calibrations, options, random, key_of=key)

    async def close(self) -> None:
        """End the open question."""
        self._give_up()
        if self._asking is not None:
            await asyncio.gather(self._asking, return_exceptions=True)

    def _known(self, document: Document, offset: int) -> Hit | None:
        """An earlier answer of which something is left; behind all of it another one is wanted."""
        hit = self._cache.get(document, offset)
        return hit if hit is not None and hit.typed < len(hit.proposal.text) else None

    def _chosen(self, model: LanguageModel) -> None:
        if model is not self._model:
            # Another endpoint has another standing, and says other things.
            self._model, self.standing, self._cache = model, Standing(), CompletionCache()
            self._numbered = ""
            self._tools.changed()

    def _may_ask(self) -> bool:
        return self.standing.may_ask(self._tools.clock.monotonic_s())

    async def _in_time(
        self, document: Document, offset: int, model: LanguageModel
    ) -> Proposal | None:
        if not self._may_ask():
            self._give_up()
            return None
        debounce_s = self._pace.debounce_s
        patience_s = self.standing.patience_s if self._tools.waits() else 0.0
        task = self._ask(document, offset, model, debounce_s=debounce_s)
        if patience_s == 0:
            return None
        try:
            done, _ = await asyncio.wait({task}, timeout=debounce_s + patience_s)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            self._now(self.standing.late(), "does not answer in time")
            return None
        return None if task.cancelled() else task.result()

    def _ask(
        self, document: Document, offset: int, model: LanguageModel, *, debounce_s: float
    ) -> asyncio.Task[Proposal | None]:
        """The question for this place; the same one, if it is open already."""
        asked = document.uri, document.data, offset
        if self._asking is not None and not self._asking.done() and self._asked == asked:
            return self._asking
        self._give_up()
        self._asked = asked
        self._asking = asyncio.ensure_future(self._answer(document, offset, model, debounce_s))
        return self._asking

    def _give_up(self) -> None:
        if self._asking is not None:
            self._asking.cancel()

    async def _answer(
        self, document: Document, offset: int, model: LanguageModel, debounce_s: float
    ) -> Proposal | None:
        """What the endpoint proposes, kept as well; `None` if it has nothing, or no answer."""
        tools = self._tools
        context = await self._context_meanwhile(document, offset, debounce_s)
        start_s = tools.clock.monotonic_s()
        try:
            proposal = await propose(
                document,
                offset,
                model,
                tools.path(document),
                context=context,
                scorer=tools.scorer,
            )
        except ModelError as error:
            asked_s = error.wait_s if isinstance(error, ModelBusyError) else None
            failed = self.standing.failed(tools.clock.monotonic_s(), str(error), asked_s)
            self._now(failed, str(error))
            return None
        self._now(self.standing.answered(tools.clock.monotonic_s() - start_s), "")
        if proposal is not None:
            if self._numbered != proposal.completion.model_id:
                self._numbered = proposal.completion.model_id
                tools.changed()
            self._cache.put(document, offset, proposal)
        return proposal

    async def _context_meanwhile(
        self, document: Document, offset: int, debounce_s: float
    ) -> tuple[Excerpt, ...]:
        """Wait for the next key, and look the context up in the last part of that time.

        Not at once: who types fast would have it looked up with every key.
        """
        tools = self._tools
        idle_s = max(debounce_s - CONTEXT_S, debounce_s / 2)
        if idle_s:
            await tools.sleep(idle_s)
        looking = asyncio.ensure_future(tools.context(document, offset))
        try:
            if debounce_s:
                await tools.sleep(debounce_s - idle_s)
            return await looking
        finally:
            looking.cancel()

    def _now(self, standing: Standing, problem: str) -> None:
        """Another standing; said if it is another for the user, too."""
        before, self.standing = self.standing, standing
        worked = before.problem == "" and not before.is_late
        works = problem == "" and not standing.is_late
        if worked and not works:
            reason = problem or "is slow"
            self._tools.said(f"completions come from the embedded model: {reason}")
        elif works and not worked:
            self._tools.said("completions come from the endpoint again")
