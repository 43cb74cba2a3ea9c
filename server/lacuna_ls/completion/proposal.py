"""What is known about a completion before anybody asks for an epsilon."""

from dataclasses import dataclass

from lacuna_ls.completion.postprocess import Shown
from lacuna_ls.domain.completion import Completion
from lacuna_ls.holes.calibration import Group
from lacuna_ls.holes.frontier import Frontier
from lacuna_ls.holes.partial_program import PartialProgram
from lacuna_ls.syntax.document import Document


@dataclass(frozen=True, slots=True)
class Proposal:
    """A completion with its frontier: any epsilon renders from here without another model call.

    `text` is what is shown of the cursor's line, a beginning of it unless it `ends` the line, and
    `block` is what is shown below it. `others` are further samples of the model, whole. `near` is the
    part of the document that was parsed, without the completion, and `offset` the cursor in it;
    `group` is the cursor's. `scored` is false where the log-probabilities are not the model's own;
    then no calibration applies.
    """

    text: bytes
    near: Document
    offset: int
    completion: Completion
    shown: Shown
    others: tuple[str, ...]
    program: PartialProgram
    frontier: Frontier
    scored: bool
    block: bytes = b""
    group: Group = Group.MID_LINE
    ends: bool = True
