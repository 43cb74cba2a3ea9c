"""The open documents: the one mutable thing, written only by the protocol's text synchronisation."""

from collections.abc import Iterator

from lacuna_ls.syntax.document import Document


class DocumentStore:
    """Maps a URI to the newest snapshot. Readers keep the snapshot they got."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._opened: dict[str, Document] = {}

    def put(self, document: Document) -> None:
        self._documents[document.uri] = document
        self._opened.setdefault(document.uri, document)

    def get(self, uri: str) -> Document | None:
        return self._documents.get(uri)

    def opened(self, uri: str) -> Document | None:
        """The snapshot with which an open document was opened."""
        return self._opened.get(uri)

    def close(self, uri: str) -> None:
        self._documents.pop(uri, None)
        self._opened.pop(uri, None)

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._documents.values()))
