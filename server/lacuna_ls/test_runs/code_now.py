"""What the files of a workspace say now, unit by unit; a file is read again only when it changed."""

from collections.abc import Callable, Mapping
from pathlib import Path

from lacuna_ls.ports.files import Files
from lacuna_ls.syntax.languages import Language
from lacuna_ls.test_runs.units import LOADING, Units, text_digest, units

TEXT = "*"
"""The unit of a file that is read as data: all of it. Of a folder that is listed: its entries."""

_GONE = "-"


class CodeNow:
    """One per workspace root and language; not safe in two threads at once."""

    def __init__(self, root: Path, language: Language, files: Files) -> None:
        self._root = root
        self._language = language
        self._files = files
        self._texts: dict[Path, tuple[tuple[int, int] | None, str]] = {}
        self._units: dict[str, Units] = {}
        self._digests: dict[str, Mapping[str, str]] = {}

    def digests(self, path: Path) -> Callable[[str], str]:
        """From units of a file to their digests: equal digests, the unit is the same.

        A unit that is not there has one, too.
        """
        text = self._text(path)
        if text == _GONE:
            return lambda unit: _GONE

        def digest(unit: str) -> str:
            if unit == TEXT:
                return text
            found = self._digests.get(text) or self._parsed(path, text).digests
            return found.get(unit, _GONE)

        return digest

    def signatures(self) -> dict[Path, tuple[int, int] | None]:
        """Of the files as they were last looked at."""
        return {path: signature for path, (signature, _) in self._texts.items()}

    def unit_at(self, path: Path, line: int) -> str:
        """The unit of the code object that starts on a zero-based line."""
        text = self._text(path)
        return LOADING if text == _GONE else self._parsed(path, text).at(line)

    def _text(self, path: Path) -> str:
        signature = self._files.signature(path)
        known = self._texts.get(path)
        if known is not None and known[0] == signature:
            return known[1]
        data = self._files.read(path) if signature is not None else None
        if data is not None:
            text = text_digest(data)
        else:
            text = _GONE if signature is None else f"{signature[0]}:{signature[1]}"
        self._texts[path] = signature, text
        return text

    def _parsed(self, path: Path, text: str) -> Units:
        found = self._units.get(text)
        if found is None:
            data = self._files.read(path)
            found = Units({LOADING: text}, ()) if data is None else units(data, self._language)
            self._units[text] = found
            self._digests[text] = found.digests
        return found
