"""What the completion engine offers: text, its holes, and what is claimed about them."""

from dataclasses import dataclass

from lacuna_ls.domain.completion import Origin
from lacuna_ls.domain.text import Span


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """What a user may choose: the tolerated miss rate and the most tab stops in one suggestion.

    Both are snapped down to what was calibrated; the claim says which epsilon was used.
    """

    epsilon: float = 0.1
    max_holes: int = 4


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of the suggestion that the model doubts.

    `span` is in bytes of the suggestion's text; the model's guess stands there. `alternatives`
    are other guesses, best first, the one that stands there not among them.
    """

    span: Span
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of a suggestion's solid part.

    With a calibration: with probability at least 1 - `delta` over calibration, what the user would
    have written differs outside the holes in at most `epsilon` of the completions shown, for
    cursor positions like those of `population`. `listed` is the claim about lists: of the completions
    that have any, at least this share is what the user would have written once the right entries
    are chosen. Without a calibration `calibrated` is false, nothing is claimed, the rest is empty.
    """

    calibrated: bool
    epsilon: float | None = None
    delta: float | None = None
    n: int = 0
    population: str = ""
    listed: float | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Replace `replace` (document bytes) by `text`; `holes` are disjoint and in order.

    `origin` is where a long run of it stands word for word, if that is known.
    """

    replace: Span
    text: str
    holes: tuple[Hole, ...]
    claim: Claim
    origin: Origin | None = None
