"""The user's own record of what became of completions: numbers by day, in a file of theirs.

It is written now and then and at the end, and read by `lacuna-ls stats`. Nothing of it is sent to
anybody, and it holds nothing of any text.
"""

import json
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from lacuna_ls.domain.record import Tally

log = logging.getLogger(__name__)

_FILE = "completions.json"
_MOST_DAYS = 400
_VERSION = 1


class LocalRecord:
    """Adds up in memory; `write` adds that to the file, so that several servers share it."""

    def __init__(
        self,
        folder: Path | None = None,
        today: Callable[[], str] = lambda: datetime.now(UTC).astimezone().date().isoformat(),
    ) -> None:
        """`folder` is where the file lies; the user's data folder by default."""
        self._path = (folder or platformdirs.user_data_path("lacuna-ls")) / _FILE
        self._today = today
        self._pending: dict[str, Tally] = {}

    def add(self, tally: Tally) -> None:
        day = self._today()
        self._pending[day] = self._pending.get(day, Tally()) + tally

    def days(self) -> dict[str, Tally]:
        """What the file holds, by day; nothing if it cannot be read."""
        try:
            found = json.loads(self._path.read_bytes())
            days = found["days"] if found["version"] == _VERSION else {}
            return {day: _tally(counts) for day, counts in days.items() if isinstance(day, str)}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            log.warning("the record of completions cannot be read: %s", type(error).__name__)
            return {}

    def write(self) -> None:
        """Add what came since the last time. What cannot be written is tried again later."""
        if not self._pending:
            return
        days = self.days()
        for day, tally in self._pending.items():
            days[day] = days.get(day, Tally()) + tally
        newest = dict(sorted(days.items())[-_MOST_DAYS:])
        text = json.dumps(
            {"version": _VERSION, "days": {day: asdict(tally) for day, tally in newest.items()}},
            indent=1,
        )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(
                "w", dir=self._path.parent, prefix=_FILE, delete=False, encoding="ascii"
            ) as file:
                file.write(text)
            os.replace(file.name, self._path)  # noqa: PTH105 - the name is a string
        except OSError as error:
            log.info("the record of completions is not written: %s", error.strerror)
        else:
            self._pending.clear()


def _tally(counts: object) -> Tally:
    """Anything but counts is not counted."""
    if not isinstance(counts, dict):
        return Tally()
    names = [field.name for field in fields(Tally)]
    whole = {name: counts.get(name, 0) for name in names}
    fine = all(isinstance(value, int) and value >= 0 for value in whole.values())
    return Tally(**whole) if fine else Tally()
