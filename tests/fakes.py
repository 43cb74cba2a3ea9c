"""Fakes for the ports."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zlib import crc32

from lacuna_ls.domain.calibration import Calibration, Labels
from lacuna_ls.domain.completion import Completion, FinishReason, Token
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.observation import Observation
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.ports.code_runner import Candidates, ObserveRequest, Overlay, TestRequest
from lacuna_ls.ports.language_model import Capabilities, Chunk, CompletionRequest, Message


@dataclass
class FakeClock:
    """Every reading is `step_s` later than the one before."""

    step_s: float = 0.0
    now_s: float = 0.0

    def monotonic_s(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@dataclass
class FakeRunner:
    """A `CodeRunner` that runs nothing: `script` says what a request would have shown.

    It is given the request with the candidate's overlay last; `requests` and `screened` record
    what was asked. `behaviour` says the same of what would have been observed: nothing by default.
    """

    script: Callable[[TestRequest], TestReport]
    requests: list[TestRequest] = field(default_factory=list)
    screened: list[Overlay] = field(default_factory=list)
    tier: str = "fake"
    behaviour: Callable[[ObserveRequest], Observation] = lambda _: Observation(())
    observed: list[ObserveRequest] = field(default_factory=list)

    async def run(self, request: TestRequest) -> TestReport:
        self.requests.append(request)
        report = self.script(request)
        return replace(report, confined=self.tier) if request.overlays else report

    async def screen(
        self, request: TestRequest, candidates: Candidates
    ) -> AsyncIterator[TestReport]:
        async for candidate in _each(candidates):
            self.screened.append(candidate)
            yield self.script(
                TestRequest(
                    request.root,
                    request.interpreter,
                    request.targets,
                    request.arguments,
                    (*request.overlays, candidate),
                    limits=request.limits,
                )
            )

    async def observe(self, request: ObserveRequest) -> Observation:
        self.observed.append(request)
        return self.behaviour(request)


async def _each(candidates: Candidates) -> AsyncIterator[Overlay]:
    if isinstance(candidates, Sequence):
        for candidate in candidates:
            yield candidate
        return
    async for candidate in candidates:
        yield candidate


def said(*pieces: str | tuple[str, float], end: float | None = -0.01) -> Completion:
    """What a model said: tokens with their log-probabilities (-0.01 where none stands)."""
    pairs = [(p, -0.01) if isinstance(p, str) else p for p in pieces]
    tokens: list[Token] = []
    start = 0
    for text, logprob in pairs:
        stop = start + len(encode(text))
        tokens.append(Token(Span(start, stop), logprob))
        start = stop
    finish = FinishReason.STOP if end is not None else FinishReason.LENGTH
    return Completion("".join(text for text, _ in pairs), tuple(tokens), end, finish, "fake")


@dataclass
class FakeModel:
    """A `LanguageModel` that says what its script says; `requests` records what it was asked."""

    script: Callable[[CompletionRequest], Sequence[Completion]]
    capabilities: Capabilities = Capabilities(
        "fake", fill_in_middle=True, logprobs=True, chat=False
    )
    requests: list[CompletionRequest] = field(default_factory=list)

    async def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
        self.requests.append(request)
        for index, answer in enumerate(self.script(request)):
            yield Chunk(index, answer.text, answer.tokens, answer.finish, answer.end_logprob)

    async def score(self, request: CompletionRequest, text: str) -> Completion:
        raise ModelError("the fake model does not score")

    async def chat(
        self, messages: tuple[Message, ...], *, max_tokens: int, temperature: float, n: int
    ) -> tuple[str, ...]:
        raise ModelError("the fake model does not chat")


@dataclass
class FakeCalibrations:
    """A `CalibrationStore` in memory; `asked` records the keys that were looked up."""

    kept: dict[str, Calibration] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    labelled: dict[tuple[str, float], Labels] = field(default_factory=dict)

    def load(self, key: str) -> Calibration | None:
        self.asked.append(key)
        return self.kept.get(key)

    def save(self, calibration: Calibration) -> None:
        self.kept[calibration.key] = calibration

    def labels(self, key: str, epsilon: float) -> Labels:
        return self.labelled.get((key, epsilon), Labels(epsilon))

    def keep_labels(self, key: str, labels: Labels) -> None:
        self.labelled[key, labels.epsilon] = labels


@dataclass
class FakeFiles:
    """A `Files` over contents in memory; a file's signature changes with its content."""

    contents: dict[Path, bytes] = field(default_factory=dict)
    reads: list[Path] = field(default_factory=list)
    changed_ns: dict[Path, int] = field(default_factory=dict)

    def read(self, path: Path) -> bytes | None:
        self.reads.append(path)
        return self.contents.get(path)

    def signature(self, path: Path) -> tuple[int, int] | None:
        data = self.contents.get(path)
        return None if data is None else (crc32(data), len(data))

    def changed_at_ns(self, path: Path) -> int | None:
        return self.changed_ns.get(path, 0) if path in self.contents else None

    def source_files(self, root: Path, suffixes: frozenset[str]) -> Iterator[Path]:
        return (p for p in sorted(self.contents) if root in p.parents and p.suffix in suffixes)
