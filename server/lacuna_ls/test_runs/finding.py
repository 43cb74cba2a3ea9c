"""What a test run says about one place in a file."""

from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.domain.text import Span


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains a finding. `line` is zero-based."""

    path: Path
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A failing test, shown at `span` (bytes) of the file it concerns."""

    span: Span
    message: str
    test_id: str
    related: tuple[Related, ...] = ()
