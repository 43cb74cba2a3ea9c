"""Our own faults, one tree.

A user's broken code is data and "not applicable" is `None`; an exception here means that
Lacuna, or something it depends on, could not do its work. Messages say what happened, to what,
and what the user can do; they carry no traceback and no path outside the workspace.
"""


class LacunaError(Exception):
    """Root of every error that Lacuna raises."""


class ModelError(LacunaError):
    """A language model could not answer."""


class ModelBusyError(ModelError):
    """A language model asks to be left alone for `wait_s` seconds."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class RunnerError(LacunaError):
    """Tests could not be started or their results could not be read."""


class StoreError(LacunaError):
    """A file that Lacuna keeps for itself could not be read or written."""


class OutsideWorkspaceError(LacunaError):
    """A path lies outside the workspace's roots."""


class UntrustedFolderError(LacunaError):
    """Code was to be run in a folder that the user has not trusted."""
