"""Which folders the user trusts, in a file of the user's own and never in the workspace."""

import json
import logging
import os
import tempfile
from pathlib import Path

import platformdirs

from lacuna_ls.domain.errors import StoreError

log = logging.getLogger(__name__)

_FILE = "trust.json"


class TrustStore:
    """The `TrustStore` port over one JSON file.

    The file is read anew for each question, so that several servers and `lacuna-ls trust` agree.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is where the file lies; the user's data folder by default."""
        self._folder = folder or platformdirs.user_data_path("lacuna-ls")

    def trusted(self, path: Path) -> bool:
        real = path.resolve()
        return any(real.is_relative_to(folder) for folder in self._recorded())

    def grant(self, folder: Path) -> None:
        """Trust a folder and all below it.

        Raises:
            StoreError: it could not be recorded.
        """
        self._record(self._recorded() | {folder.resolve()})

    def withdraw(self, folder: Path) -> None:
        """Trust a folder, and those below it, no longer.

        Raises:
            StoreError: it could not be recorded.
        """
        real = folder.resolve()
        self._record({each for each in self._recorded() if not each.is_relative_to(real)})

    def _recorded(self) -> set[Path]:
        """Nothing is trusted on the word of a file that is not as this store writes it."""
        path = self._folder / _FILE
        try:
            folders = json.loads(path.read_bytes())["trusted"]
        except FileNotFoundError:
            return set()
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            log.warning("no folder is trusted, %s cannot be read: %s", path, error)
            return set()
        if not isinstance(folders, list) or not all(_is_folder_name(f) for f in folders):
            log.warning("no folder is trusted, %s holds something else than folders", path)
            return set()
        return {Path(folder) for folder in folders}

    def _record(self, folders: set[Path]) -> None:
        text = json.dumps({"trusted": sorted(str(folder) for folder in folders)}, indent=2)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(
                "w", dir=self._folder, prefix=_FILE, delete=False, encoding="ascii"
            ) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(self._folder / _FILE)
        except OSError as error:
            raise StoreError(
                f"trust could not be recorded in {self._folder}: {error.strerror}"
            ) from error


def _is_folder_name(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value and Path(value).is_absolute()
