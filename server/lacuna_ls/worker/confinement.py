"""The confinement of a candidate: code that is not the user's, run with the user's tests.

Prepared once by the supervisor, entered by each fork before anything of the workspace is loaded.
What a candidate may read is what an interpreter needs to run the tests: itself, its packages,
the system's programs and libraries, and the workspace without its secrets and its history. It may
write in the run's scratch folder.
"""

import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
from typing import Iterator, List, NamedTuple, Optional

from . import guard, landlock, seccomp
from .sentinel import Sentinel, Totals
from .tiers import BUBBLEWRAP, LANDLOCK, NAMESPACES, NONE

# Taken out of the environment, where it would be passed on.
_NAMESPACES = os.environ.pop(NAMESPACES, "")
_sentinel = Sentinel()
_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store",
    "/run/current-system", "/etc/alternatives", "/etc/bash.bashrc", "/etc/ca-certificates",
    "/etc/fonts", "/etc/group", "/etc/host.conf", "/etc/hosts", "/etc/ld.so.cache",
    "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/locale.alias",
    "/etc/localtime", "/etc/magic", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/os-release",
    "/etc/passwd", "/etc/pki/tls", "/etc/protocols", "/etc/resolv.conf", "/etc/services",
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/timezone", "/proc/cpuinfo",
    "/proc/filesystems", "/proc/loadavg", "/proc/meminfo", "/proc/stat", "/proc/sys/kernel",
    "/proc/uptime", "/proc/version", "/sys/devices/system/cpu", "/dev/random", "/dev/urandom",
)  # fmt: skip
_DEVICES = ["/dev/null", "/dev/zero", "/dev/full"]
# Files that pytest reads in folders above the workspace.
_CONFIGURATION = (
    "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "pyproject.toml", "tox.ini",
    "setup.cfg", "setup.py", "conftest.py",
)  # fmt: skip
_SECRET_NAMES = (".git", ".hg", ".svn", ".netrc", ".npmrc", ".pypirc", ".ssh", ".aws", ".gnupg")
_SECRET_STARTS = (".env.", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "credentials")
_SECRET_ENDS = (".pem", ".key", ".p12", ".pfx", ".kdbx")
_SESSION = "session"
_MAX_PROCESSES = 256
_MAX_DISK_BYTES = 1 << 30
# A root with more entries than this is granted as a whole.
_MAX_ENTRIES = 4000
# CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: a user who is root owns no file in particular.
_KEPT_CAPABILITIES = 0b110
_CAPABILITIES_VERSION = 0x20080522


class Confinement(NamedTuple):
    """`tier` is what holds: `BUBBLEWRAP`, `LANDLOCK`, or `NONE` (limits only).

    `supervisor` is the process that has prepared it.
    """

    tier: str
    scratch: str
    rules: Optional[int]
    filter: bytes
    supervisor: int = 0

    def enter(self, memory_bytes: int) -> None:
        """Confine this process, a fork, and all it will start.

        Raises:
            OSError: the kernel refused; nothing may be run then.
        """
        for entry in list(os.scandir(self.scratch)):
            # What an earlier run has left is neither to be seen nor to take up room.
            if entry.is_dir(follow_symlinks=False) and entry.name != _SESSION:
                shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.name != _SESSION:
                os.unlink(entry.path)
        self._live_in("run")
        _sentinel.call()
        guard.limit_candidate(memory_bytes)
        if self.rules is None:
            return
        _drop_capabilities()
        landlock.enter(self.rules)
        os.close(self.rules)
        seccomp.give_up(self.filter or _filter(self.tier == BUBBLEWRAP, os.getpid()))

    def live_in_scratch(self) -> None:
        """For what several runs have in common: where it writes of its own accord."""
        self._live_in(_SESSION)

    def close(self) -> None:
        """When no more forks will enter. In a fork, which closes what it enters, it does nothing."""
        if self.rules is not None and os.getpid() == self.supervisor:
            os.close(self.rules)

    def _live_in(self, name: str) -> None:
        for variable, folder in (
            ("HOME", "home"), ("TMPDIR", "tmp"), ("COVERAGE_FILE", "coverage"),
            ("HYPOTHESIS_STORAGE_DIRECTORY", "hypothesis"),
        ):  # fmt: skip
            os.environ[variable] = os.path.join(self.scratch, name, folder)
        for variable in ("HOME", "TMPDIR"):
            os.makedirs(os.environ[variable], exist_ok=True)
        tempfile.tempdir = None


UNCONFINED = Confinement(NONE, "", None, b"")


def prepare(root: str, scratch: str, memory_bytes: int) -> Confinement:
    """What this system can hold for candidates of the workspace at `root`."""
    private = _NAMESPACES == BUBBLEWRAP
    os.makedirs(scratch, exist_ok=True)
    _sentinel.start(Totals(_MAX_PROCESSES, memory_bytes, _MAX_DISK_BYTES, os.path.dirname(scratch)))
    if not landlock.abi_version() or not seccomp.supported():
        return UNCONFINED._replace(scratch=scratch)
    writable = [scratch, *(["/dev/shm"] if private else [])]
    readable = [*_SYSTEM, *_interpreter(), *_above(root), *_entries(root)]
    if private:
        readable.append("/proc")
    grants = landlock.Grants(readable, [root], writable, _DEVICES, private)
    tier = BUBBLEWRAP if private else LANDLOCK
    # Where Landlock does not keep signals inside, the filter has to name the process it is in.
    code = _filter(private, None) if landlock.keeps_signals_inside() else b""
    return Confinement(tier, scratch, landlock.ruleset(grants), code, os.getpid())


def _filter(private: bool, only_signal: Optional[int]) -> bytes:
    return seccomp.assembled(seccomp.Rules(private, private, only_signal))


def _interpreter() -> Iterator[str]:
    """The interpreter and every place that it imports from, editable installs included."""
    yield from (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    # The environment may be one of several links to the interpreter.
    yield from (sys.executable, os.path.realpath(sys.executable))
    yield os.path.dirname(os.path.abspath(__file__))
    home = os.path.expanduser("~")
    for entry in sys.path:
        path = os.path.abspath(entry) if entry else ""
        if path and not _holds(path, home):
            yield path
            yield from (each for each in _linked(path) if not _holds(each, home))
    for name, module in list(sys.modules.items()):
        if name.startswith("__editable__"):
            yield from map(str, getattr(module, "MAPPING", {}).values())


def _linked(folder: str) -> Iterator[str]:
    """Packages that an installer has put there as links into a cache of its own."""
    if folder.endswith("-packages"):
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                if entry.is_symlink():
                    yield os.path.realpath(entry.path)


def _above(root: str) -> Iterator[str]:
    parent = os.path.dirname(root)
    while parent != os.path.dirname(parent):
        yield from (os.path.join(parent, name) for name in _CONFIGURATION)
        parent = os.path.dirname(parent)


def _entries(root: str) -> List[str]:
    """What lies at the top of the workspace, but for secrets and history.

    Landlock grants and cannot take away, so what is to be left out is not granted.
    """
    try:
        names = os.listdir(root)
    except OSError:
        return []
    if len(names) > _MAX_ENTRIES:
        return [root]
    home = os.path.expanduser("~")
    paths = [os.path.join(root, name) for name in names if not _is_secret(name)]
    # Where the workspace is the home folder or above it, hidden entries are not the project's.
    if _holds(root, home):
        return [path for path in paths if not os.path.basename(path).startswith(".")]
    return paths


def _is_secret(name: str) -> bool:
    lower = name.lower()
    return (
        lower in _SECRET_NAMES
        or lower == ".env"
        or lower.startswith(_SECRET_STARTS)
        or lower.endswith(_SECRET_ENDS)
    )


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _drop_capabilities() -> None:
    """Give up what root may do but others may not, the reading of files aside."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then their high halves
    if libc.capget(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    sets[0], sets[1], sets[2] = sets[0] & _KEPT_CAPABILITIES, sets[1] & _KEPT_CAPABILITIES, 0
    sets[3] = sets[4] = sets[5] = 0
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")
