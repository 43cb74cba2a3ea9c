"""A change that an engine proposes, before and after it is verified."""

from dataclasses import dataclass

from lacuna_ls.domain.text import TextEdit


@dataclass(frozen=True, slots=True)
class Candidate:
    """Edits to one version of one document, and what they do in the imperative ("compare with <=")."""

    summary: str
    edits: tuple[TextEdit, ...]
