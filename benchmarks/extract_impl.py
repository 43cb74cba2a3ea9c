"""The extraction engine behind the interface of the extract-method judge."""

from lacuna_ls.domain.text import Span, apply_edits, decode, encode
from lacuna_ls.extraction.contract import Refusal
from lacuna_ls.extraction.engine import expression_at
from lacuna_ls.extraction.engine import extract as extract_span
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id


class Refused(Exception):  # noqa: N818 - the judge looks for this name
    """The engine refuses, with its reason."""


def extract(source: str, start: int, end: int, new_name: str, options: dict[str, object]) -> str:
    """The whole new source. Offsets are in characters.

    Raises:
        Refused: the engine refuses or has nothing to offer.
    """
    document = open_document("file:///case.py", 1, by_language_id("python"), encode(source))
    span = Span(len(encode(source[:start])), len(encode(source[:end])))
    if not len(span):
        span = expression_at(document, span.start) or span
    outcome = extract_span(document, span, new_name)
    if outcome is None or isinstance(outcome, Refusal):
        raise Refused(outcome.reason if outcome else "not applicable")
    return decode(apply_edits(document.data, outcome.edits))
