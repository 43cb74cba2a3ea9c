"""A terminal of tmux: keys go in, what stands on the screen comes out."""

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from editors.session import LONGEST_S, Session

PATIENCE_S = float(os.environ.get("LACUNA_EDITOR_PATIENCE_S", "60"))
_POLL_S = 0.05


class NotSeenError(Exception):
    """The screen did not show something in time; the message has what it showed."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """One terminal with a program in it."""

    socket: Path

    def open(self, command: str, session: Session) -> None:
        variables = [f"{name}={value}" for name, value in session.environment.items()]
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "45"),
            *("-c", str(session.workspace), "env", "-i", *variables, "sh", "-c", command),
        )

    def type(self, *keys: str) -> None:
        """Keys by tmux's names; other text is typed as it is."""
        self._tmux("send-keys", *keys)

    def escape(self) -> None:
        """Escape and a moment: with a key right behind it, it would be that key with Alt."""
        self.type("Escape")
        time.sleep(2 * _POLL_S)

    def write(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p").stdout

    def wait(self, pattern: str, *, seen: bool = True, patience_s: float = PATIENCE_S) -> str:
        """The first match on the screen; with `seen` false, wait until there is none.

        Raises:
            NotSeenError: it did not come to that in time.
        """
        last = time.monotonic() + patience_s
        while time.monotonic() < last:
            match = re.search(pattern, self.screen(), re.MULTILINE)
            if (match is not None) == seen:
                return match[0] if match else ""
            time.sleep(_POLL_S)
        raise NotSeenError(f"not as expected: {pattern} in\n{self.screen()}")

    def wait_for_end(self) -> bool:
        """True if the program ended by itself."""
        last = time.monotonic() + LONGEST_S
        while time.monotonic() < last:
            if self._tmux("has-session").returncode != 0:
                return True
            time.sleep(_POLL_S)
        return False

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["tmux", "-S", str(self.socket), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)
