"""Calibrations on disk: one versioned JSON file per key, replaced atomically.

A file that cannot be read in full, is of another version or speaks of another key is treated as
absent, with a line in the log: a threshold is never taken from damaged data. Where the user has
none of their own, the one that ships with the package serves, if its key is the one asked for.
"""

import contextlib
import json
import logging
import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from lacuna_ls.domain.calibration import CalibratedCell, Calibration, Labels
from lacuna_ls.domain.errors import StoreError
from lacuna_ls.holes.drift import refuted

logger = logging.getLogger(__name__)

FORMAT_VERSION = 2
SHIPPED = "shipped_calibration.json"


class FileCalibrationStore:
    """The port `CalibrationStore` over a folder.

    Args:
        folder: Where the user's calibrations are; by default below the user's data directory.
        shipped: Gives the text of the calibration that ships, `None` for none.
    """

    def __init__(
        self, folder: Path | None = None, shipped: Callable[[], str | None] | None = None
    ) -> None:
        self.folder = folder or user_data_path("lacuna-ls") / "calibrations"
        self._read_shipped = shipped or read_shipped
        self._shipped: Calibration | None = None
        self._shipped_read = False
        self._known_labels: dict[str, tuple[Labels, ...]] = {}
        self._loaded: dict[str, tuple[tuple[int, int], Calibration | None]] = {}

    def load(self, key: str) -> Calibration | None:
        if self.refuted(key):
            return None
        own = self._load_own(key)
        if own is not None:
            return own
        shipped = self._load_shipped()
        return shipped if shipped is not None and shipped.key == key else None

    def save(self, calibration: Calibration) -> None:
        self._write(self._path(calibration.key), to_json(calibration))
        with contextlib.suppress(OSError):
            self._labels_path(calibration.key).unlink(missing_ok=True)
        self._known_labels.pop(calibration.key, None)

    def labels(self, key: str, epsilon: float) -> Labels:
        known = (labels for labels in self._labels(key) if labels.epsilon == epsilon)
        return next(known, Labels(epsilon))

    def keep_labels(self, key: str, labels: Labels) -> None:
        others = (known for known in self._labels(key) if known.epsilon != labels.epsilon)
        kept = (*others, labels)
        self._write(self._labels_path(key), json.dumps([asdict(each) for each in kept]) + "\n")
        self._known_labels[key] = kept

    def refuted(self, key: str) -> bool:
        """Labels of this user's own files speak against a claim under this key."""
        return any(map(refuted, self._labels(key)))

    def _labels(self, key: str) -> tuple[Labels, ...]:
        if key not in self._known_labels:
            self._known_labels[key] = _read_labels(self._labels_path(key))
        return self._known_labels[key]

    def _write(self, path: Path, text: str) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(path, text)
        except OSError as error:
            raise StoreError(
                f"the calibration could not be written ({error.strerror}); the one before it is "
                "intact. Free some space or make the user data directory writable, and try again"
            ) from error

    def _load_own(self, key: str) -> Calibration | None:
        path = self._path(key)
        try:
            stat = path.stat()
        except OSError:
            return None
        signature = (stat.st_mtime_ns, stat.st_size)
        known = self._loaded.get(key)
        if known is not None and known[0] == signature:
            return known[1]
        calibration = _read(path, key)
        self._loaded[key] = (signature, calibration)
        return calibration

    def _load_shipped(self) -> Calibration | None:
        if not self._shipped_read:
            self._shipped_read = True
            text = self._read_shipped()
            try:
                self._shipped = from_json(text) if text is not None else None
            except StoreError as error:
                logger.warning("the shipped calibration is not used: %s", error)
        return self._shipped

    def _path(self, key: str) -> Path:
        return self.folder / f"{_checked(key)}.json"

    def _labels_path(self, key: str) -> Path:
        return self.folder / f"{_checked(key)}.labels"


def to_json(calibration: Calibration) -> str:
    return json.dumps({"version": FORMAT_VERSION, **asdict(calibration)}, indent=1) + "\n"


def from_json(text: str) -> Calibration:
    """The calibration in `text`.

    Raises:
        StoreError: it is damaged, of another version, or says what no calibration can say.
    """
    try:
        fields = json.loads(text)
        if fields.pop("version") != FORMAT_VERSION:
            raise StoreError("a calibration is of another version of its format")
        cells = tuple(CalibratedCell(**cell) for cell in fields.pop("cells"))
        calibration = Calibration(cells=cells, **fields)
        sound = _sound(calibration)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StoreError("a calibration is damaged and is not used; calibrate again") from error
    if not sound:
        raise StoreError("a calibration holds impossible figures and is not used; calibrate again")
    return calibration


def read_shipped() -> str | None:
    """The text of the calibration inside the package, `None` if this build has none."""
    try:
        return files("lacuna_ls.holes").joinpath(SHIPPED).read_text(encoding="utf-8")
    except OSError:
        return None


def _read(path: Path, key: str) -> Calibration | None:
    try:
        calibration = from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, StoreError) as error:
        logger.warning("the calibration %s is not used: %s", path.name, error)
        return None
    if calibration.key != key:
        logger.warning("the calibration %s is not used: it speaks of another key", path.name)
        return None
    return calibration


def _checked(key: str) -> str:
    if not key.isalnum():
        raise ValueError(f"not a calibration key: {key!r}")
    return key


def _read_labels(path: Path) -> tuple[Labels, ...]:
    """None from a damaged file: they are counted anew."""
    try:
        found = tuple(Labels(**each) for each in json.loads(path.read_text(encoding="utf-8")))
        sound = all(map(_sound_labels, found))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        logger.warning("the labels %s are damaged and are counted anew", path.name)
        return ()
    return found


def _sound_labels(labels: Labels) -> bool:
    return (
        0 < labels.epsilon < 1
        and 0 <= labels.misses <= labels.n
        and isinstance(labels.n, int)
        and isinstance(labels.misses, int)
        and labels.evidence >= 0
    )


def _sound(calibration: Calibration) -> bool:
    texts: tuple[Any, ...] = (calibration.key, calibration.population)
    return (
        all(isinstance(text, str) for text in texts)
        and 0 < calibration.delta < 1
        and all(_sound_cell(cell) for cell in calibration.cells)
    )


def _sound_cell(cell: CalibratedCell) -> bool:
    whole: tuple[Any, ...] = (cell.max_holes, cell.n, cell.misses, cell.lists, cell.found)
    group: Any = cell.group
    return (
        all(isinstance(number, int) for number in whole)
        and isinstance(group, str)
        and 0 < cell.epsilon < 1
        and cell.max_holes >= 1
        and 0 <= cell.misses <= cell.n
        and 0 <= cell.found <= cell.lists <= cell.n
        and 0 <= cell.found_at_least <= 1
        and (cell.threshold is None or (cell.threshold >= 0 and math.isfinite(cell.threshold)))
    )


def _replace(path: Path, text: str) -> None:
    """Write beside, force to disk, rename: at any moment the old file or the new one is there."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)  # noqa: PTH105 - the name mkstemp gave is a string
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
