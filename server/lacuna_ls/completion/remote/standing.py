"""Whether an endpoint is worth asking now, and how long an answer is worth waiting for.

A circuit breaker: after a failure it is left alone for a while, twice as long each time, or as long
as it asks for itself. And patience: an endpoint that has not answered yet is not waited for at all,
one that does is waited for about as long as it usually takes, and one that is late is asked on but not
waited for until it answers again. Pure: the time is told.
"""

from dataclasses import dataclass, replace

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_LONGEST_ASKED_S = 3600.0
_LEAST_PATIENCE_S, _MOST_PATIENCE_S = 0.3, 1.5
_FIRST_LATENCY_S = 0.4
_NEWEST = 0.3
_THOUGHT_S = 1.0
LEAST_DEBOUNCE_S, MOST_DEBOUNCE_S = 0.075, 0.3


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an endpoint so far. `problem` is a sentence, empty while there is none."""

    latency_s: float | None = None
    is_late: bool = False
    failures: int = 0
    closed_until_s: float = 0.0
    problem: str = ""

    def may_ask(self, now_s: float) -> bool:
        return now_s >= self.closed_until_s

    @property
    def patience_s(self) -> float:
        """How long a request that the user sees waits for it."""
        if self.latency_s is None or self.is_late or self.failures:
            return 0.0
        return min(max(2 * self.latency_s, _LEAST_PATIENCE_S), _MOST_PATIENCE_S)

    def answered(self, elapsed_s: float) -> "Standing":
        if self.latency_s is None:
            # The first answer takes longer: how to ask is found out with it.
            return Standing(min(elapsed_s, _FIRST_LATENCY_S))
        before = self.latency_s
        latency_s = before + _NEWEST * (elapsed_s - before)
        return Standing(latency_s, is_late=elapsed_s > _MOST_PATIENCE_S)

    def late(self) -> "Standing":
        return replace(self, is_late=True)

    def failed(self, now_s: float, problem: str, asked_s: float | None = None) -> "Standing":
        """`asked_s` is how long the endpoint itself asks to be left alone."""
        pause_s = min(_FIRST_PAUSE_S * 2**self.failures, _LONGEST_PAUSE_S)
        if asked_s is not None:
            pause_s = min(max(asked_s, pause_s), _LONGEST_ASKED_S)
        return replace(
            self,
            failures=min(self.failures + 1, 10),
            closed_until_s=now_s + pause_s,
            problem=problem,
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast somebody types, from the times of their requests."""

    gap_s: float = 0.25
    last_s: float | None = None

    def asked(self, now_s: float) -> "Pace":
        """Pauses for thought say nothing of the pace."""
        gap_s = now_s - self.last_s if self.last_s is not None else _THOUGHT_S
        if not 0 <= gap_s < _THOUGHT_S:
            return replace(self, last_s=now_s)
        return Pace(self.gap_s + _NEWEST * (gap_s - self.gap_s), now_s)

    @property
    def debounce_s(self) -> float:
        """How long to wait for the next keystroke before an endpoint is asked."""
        return min(max(0.8 * self.gap_s, LEAST_DEBOUNCE_S), MOST_DEBOUNCE_S)
