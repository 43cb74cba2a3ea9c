"""Finished fixes, kept for the version of the document that they were verified for."""

from collections.abc import Sequence
from dataclasses import dataclass

from lacuna_ls.domain.text import Span
from lacuna_ls.repair.fix import Fix


@dataclass(frozen=True, slots=True)
class Finished:
    """Fixes of one version, best first, and the places where the failing tests are shown."""

    version: int
    fixes: tuple[Fix, ...]
    shown_at: tuple[Span, ...]


class FinishedFixes:
    """Maps a URI to its finished fixes. Written by whoever runs searches, read by the menu."""

    def __init__(self) -> None:
        self._finished: dict[str, Finished] = {}

    def put(
        self, uri: str, version: int, fixes: Sequence[Fix], shown_at: Sequence[Span] = ()
    ) -> None:
        """Replace what is known of the document. `shown_at` are the findings' spans in it."""
        self._finished[uri] = Finished(version, tuple(fixes), tuple(shown_at))

    def show_at(self, uri: str, version: int, shown_at: Sequence[Span]) -> None:
        """The findings of this version are shown elsewhere by now."""
        finished = self.get(uri, version)
        if finished is not None:
            self.put(uri, version, finished.fixes, shown_at)

    def get(self, uri: str, version: int) -> Finished | None:
        """The fixes of exactly this version."""
        finished = self._finished.get(uri)
        return finished if finished is not None and finished.version == version else None

    def drop(self, uri: str, version: int | None = None) -> None:
        """Forget the document, or only if what is known is of this version."""
        finished = self._finished.get(uri)
        if finished is not None and version in (None, finished.version):
            del self._finished[uri]
