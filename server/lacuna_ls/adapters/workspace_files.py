"""Reading the workspace: what may be read, how much of it, and never outside its roots.

Ignore rules are those of git (`.gitignore` at every level, the last match wins). What can become
part of a prompt or of an index passes those of the AI tools, too (`.aiexclude`, `.cursorignore`,
`.copilotignore`, `.geminiignore`, where a `!` line takes nothing back), and files whose names say
that they hold secrets are left out whatever the rules say.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

MOST_BYTES = 2 << 20

_GIT_RULES = ".gitignore"
_AI_RULES = (".aiexclude", ".cursorignore", ".copilotignore", ".geminiignore")
_SECRET = re.compile(
    r"\.env.*|.*\.(?:pem|key|p12|pfx)|id_(?:rsa|dsa|ecdsa|ed25519).*|id_[^.]*|\.netrc|_netrc|credentials.*|\.npmrc|\.pypirc",
    re.IGNORECASE,
)
_NEVER_ENTERED = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox"}
)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one folder; both specifications match paths relative to `folder`."""

    folder: PurePosixPath
    git: GitIgnoreSpec
    ai: GitIgnoreSpec


class RunFiles:
    """The `Files` port over real folders, for runs of the user's own tests, which see every file."""

    _rule_files: tuple[str, ...] = ()

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = tuple(root.resolve() for root in roots)
        self._own_rules: tuple[_Rules, ...] = ()

    def read(self, path: Path) -> bytes | None:
        if not (self._inside(path) and path.is_file()):
            return None
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError:
            return None
        return data if len(data) <= MOST_BYTES else None

    def signature(self, path: Path) -> tuple[int, int] | None:
        if not self._inside(path):
            return None
        try:
            status = path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    def changed_at_ns(self, path: Path) -> int | None:
        if not self._inside(path):
            return None
        try:
            return path.stat().st_ctime_ns
        except OSError:
            return None

    def source_files(self, root: Path, suffixes: frozenset[str]) -> Iterator[Path]:
        """In the order of their paths. Links to folders are not followed."""
        return self._below(root.resolve(), PurePosixPath(), self._own_rules, suffixes)

    def _below(
        self,
        folder: Path,
        relative: PurePosixPath,
        inherited: tuple[_Rules, ...],
        suffixes: frozenset[str],
    ) -> Iterator[Path]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return
        rules = (*inherited, _rules_of(folder, relative, self._rule_files))
        for entry in entries:
            path, name = folder / entry.name, relative / entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NEVER_ENTERED and not _ignored(name, rules, is_folder=True):
                    yield from self._below(path, name, rules, suffixes)
            elif (
                path.suffix in suffixes
                and not self._withheld(entry.name)
                and not _ignored(name, rules, is_folder=False)
                and path.is_file()
                and self._inside(path)
            ):
                yield path

    def _inside(self, path: Path) -> bool:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):
            return False
        inside = any(real.is_relative_to(root) for root in self._roots)
        return inside and not self._withheld(real.name)

    def _withheld(self, name: str) -> bool:
        """Whether a file is left out by its name alone."""
        return False


class WorkspaceFiles(RunFiles):
    """Those of them that can become part of a prompt or of an index, and no secrets.

    `ignore` holds the user's own globs, git's syntax.
    """

    _rule_files = _AI_RULES

    def __init__(self, roots: Sequence[Path], ignore: Sequence[str] = ()) -> None:
        super().__init__(roots)
        nothing = GitIgnoreSpec.from_lines(())
        self._own_rules = (_Rules(PurePosixPath(), nothing, _without_negation(ignore)),)

    def shown(self, path: Path) -> bytes | None:
        """Contents of a file that may become part of a prompt; `None` for any other.

        A link is judged by where it stands and by where it leads.
        """
        return self.read(path.resolve()) if self.may_show(path) else None

    def may_show(self, path: Path) -> bool:
        """Whether a file's text may become part of a prompt, be it on disk yet or not."""
        return all(self._is_let_through(each) for each in {path.absolute(), path.resolve()})

    def _is_let_through(self, path: Path) -> bool:
        root = next((root for root in self._roots if path.is_relative_to(root)), None)
        if root is None or self._withheld(path.name):
            return False
        rules, folder, relative = self._own_rules, root, PurePosixPath()
        *folders, name = path.relative_to(root).parts
        for each in folders:
            rules = (*rules, _rules_of(folder, relative, self._rule_files))
            folder, relative = folder / each, relative / each
            if each in _NEVER_ENTERED or _ignored(relative, rules, is_folder=True):
                return False
        rules = (*rules, _rules_of(folder, relative, self._rule_files))
        return not _ignored(relative / name, rules, is_folder=False)

    def _withheld(self, name: str) -> bool:
        return is_secret(name)


def is_secret(name: str) -> bool:
    """Whether a file's name alone says that it is not to be read."""
    return _SECRET.fullmatch(name) is not None


def _rules_of(folder: Path, relative: PurePosixPath, ai_rules: Sequence[str]) -> _Rules:
    ai = [line for name in ai_rules for line in _lines(folder / name)]
    return _Rules(
        relative, GitIgnoreSpec.from_lines(_lines(folder / _GIT_RULES)), _without_negation(ai)
    )


def _without_negation(lines: Sequence[str]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(line for line in lines if not line.lstrip().startswith("!"))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _ignored(path: PurePosixPath, rules: Sequence[_Rules], *, is_folder: bool) -> bool:
    ignored = False
    for level in rules:
        name = path.relative_to(level.folder).as_posix() + ("/" if is_folder else "")
        if level.ai.match_file(name):
            return True
        verdict = level.git.check_file(name).include
        ignored = ignored if verdict is None else verdict
    return ignored
