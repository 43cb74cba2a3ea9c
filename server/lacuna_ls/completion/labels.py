"""From a saved file to a label: was what was shown what the user has written?

The claim is about completions that are shown, accepted or not. One of those that a document was shown
since it was last saved is drawn, because those of one file are not independent. Its cursor is found
again by the text before it; where that is gone or ambiguous there is no label.
"""

from collections.abc import Callable
from random import Random

from lacuna_ls.completion import predictor
from lacuna_ls.completion.cache import CompletionCache, Entry
from lacuna_ls.completion.engine import holes_of
from lacuna_ls.completion.sample import Judge
from lacuna_ls.completion.suggestion import CompletionOptions
from lacuna_ls.domain.text import decode
from lacuna_ls.holes.calibration import usable_cell
from lacuna_ls.holes.drift import labelled
from lacuna_ls.holes.matcher import truth_extent
from lacuna_ls.ports.calibration_store import CalibrationStore
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import Language

_CONTEXT_BYTES = 200
_LONGEST_BYTES = 4000


def label_saved(
    document: Document,
    cache: CompletionCache,
    calibrations: CalibrationStore,
    options: CompletionOptions,
    random: Random,
    *,
    key_of: Callable[[str, Language], str] = predictor.key,
) -> None:
    """Note what a save says of one of the completions that the document was shown.

    `key_of` gives the key of their calibration.

    Raises:
        StoreError: the label could not be kept.
    """
    written = [
        (entry, truth)
        for entry in cache.taken(document.uri)
        if entry.proposal.scored and (truth := _written(entry, document)) is not None
    ]
    if not written or document.language is None:
        return
    entry, truth = random.choice(written)
    key = key_of(entry.proposal.completion.model_id, document.language)
    table = calibrations.load(key)
    group = entry.proposal.group
    cell = usable_cell(table, options.epsilon, options.max_holes, group) if table else None
    if cell is None:
        return
    holes = holes_of(entry.proposal, cell.threshold, cell.max_holes)
    missed = Judge(entry.proposal, truth).missed(holes)
    labels = calibrations.labels(key, cell.epsilon)
    calibrations.keep_labels(key, labelled(labels, missed=missed))


def _written(entry: Entry, document: Document) -> str | None:
    """The rest of the cursor's line now, to where it is closed.

    What stood behind the cursor before was not written since.
    """
    now = document.data
    before = entry.data[max(0, entry.offset - _CONTEXT_BYTES) : entry.offset]
    if now.startswith(entry.data[: entry.offset]):
        at = entry.offset
    elif now.count(before) == 1:
        at = now.index(before) + len(before)
    else:
        return None
    behind = decode(entry.data[entry.offset :].partition(b"\n")[0]).strip()
    line = decode(now[at:].partition(b"\n")[0]).rstrip()
    if behind and line.endswith(behind):
        return line.removesuffix(behind).rstrip()
    return truth_extent(decode(entry.proposal.text), decode(now[at : at + _LONGEST_BYTES])).rstrip()
