"""One sample of the calibration of an endpoint's model: a cursor in a file, and what stood there.

Cursors are drawn as for the model in the package, but as several lines may be offered, what has not
been written yet is all that would be shown of it: the statement of the cursor, with the block that it
is in or opens. Half of the files are drawn as if nothing stood below that. Where an editor has closed
the brackets around the cursor, it is the rest within them, as it is for one line.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from lacuna_ls.completion import sample
from lacuna_ls.completion.remote.engine import propose
from lacuna_ls.completion.remote.extent import extent_of
from lacuna_ls.completion.sample import Draw, Sample, outcomes
from lacuna_ls.domain.text import Source, decode, encode
from lacuna_ls.holes.calibration import Group
from lacuna_ls.ports.language_model import Excerpt, LanguageModel
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import Language

Context = Callable[[Document, int, Path], Awaitable[tuple[Excerpt, ...]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked, what the project says besides, and who gives numbers where there are none."""

    model: LanguageModel
    context: Context
    scorer: LanguageModel | None


def draw(data: bytes, random: Random, group: Group) -> Draw | None:
    """A cursor of one file, `None` if it has no line for one."""
    drawn = sample.draw(data, random, group)
    if drawn is None:
        return None
    behind = drawn.data[drawn.offset :].partition(b"\n")[0]
    if behind.strip():
        return drawn
    written = decode(data[drawn.offset :])
    before = decode(data[: drawn.offset]).rpartition("\n")[2]
    truth = written[: extent_of(written, before, "").end].rstrip()
    below = data[drawn.offset + len(encode(truth)) :]
    tail = below if random.random() < 0.5 else Source.of(data).line_end()
    return Draw(data[: drawn.offset] + tail, drawn.offset, truth)


async def take(drawn: Draw, language: Language, asked: Asked, path: Path) -> Sample | None:
    """What users are shown at a drawn cursor, and what becomes of it; `None` without numbers.

    Raises:
        ModelError: the model could not answer.
    """
    document = open_document("", 0, language, drawn.data)
    context = await asked.context(document, drawn.offset, path)
    proposal = await propose(
        document, drawn.offset, asked.model, path, context=context, scorer=asked.scorer
    )
    if proposal is None or not proposal.scored:
        return None
    return Sample(proposal, outcomes(proposal, drawn.truth))
