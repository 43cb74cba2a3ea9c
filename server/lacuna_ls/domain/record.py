"""What became of completions, in numbers: nothing of their text."""

from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of suggestions, and characters of those accepted; `retained_chars` stood at a save."""

    shown: int = 0
    accepted: int = 0
    accepted_in_part: int = 0
    accepted_chars: int = 0
    retained_chars: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))
