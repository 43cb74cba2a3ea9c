"""Where calibrations are kept."""

from typing import Protocol

from lacuna_ls.domain.calibration import Calibration, Labels


class CalibrationStore(Protocol):
    def load(self, key: str) -> Calibration | None:
        """The newest calibration for exactly this key; `None` if none, or labels refute it."""
        ...

    def labels(self, key: str, epsilon: float) -> Labels:
        """What is known of completions shown under this key and epsilon."""
        ...

    def keep_labels(self, key: str, labels: Labels) -> None:
        """Replace those of the same epsilon.

        Raises:
            StoreError: they could not be written.
        """
        ...

    def save(self, calibration: Calibration) -> None:
        """Replace the calibration of its key, atomically, and forget labels of the one before.

        Raises:
            StoreError: it could not be written; what was there before is intact.
        """
        ...
