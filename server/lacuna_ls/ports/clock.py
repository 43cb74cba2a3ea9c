"""Time, passed in so that engines and their tests are deterministic."""

from typing import Protocol


class Clock(Protocol):
    def monotonic_s(self) -> float: ...
