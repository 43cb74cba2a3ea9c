"""Where calibrations are kept."""

from typing import Protocol

from lacuna_ls.domain.calibration import Calibration


class CalibrationStore(Protocol):
    def load(self, key: str) -> Calibration | None:
        """The newest calibration for exactly this key, `None` if there is none."""
        ...

    def save(self, calibration: Calibration) -> None:
        """Replace the calibration of its key, atomically.

        Raises:
            StoreError: it could not be written; what was there before is intact.
        """
        ...
