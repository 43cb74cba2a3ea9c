"""Linux's Landlock: a process that can write nowhere but in one folder, for good.

See landlock(7). Reading and running programs stay allowed; so do changes of modes and times,
which Landlock does not cover.
"""

import ctypes
import os
import sys

# The numbers of these calls are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ABI_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
# Remove folder and file, make character device ... symbolic link (bits 4 to 12).
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 13))
_REFER = 1 << 13
# No signals to processes outside, and no abstract sockets of theirs.
_SCOPE_ALL = 0b11
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi_version() -> int:
    """What the kernel offers; 0 where there is no Landlock or truncation is not covered yet."""
    if sys.platform != "linux":
        return 0
    version = int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ABI_VERSION))
    return version if version >= 3 else 0


def confine(folder: str) -> None:
    """Allow this process, and all it will start, to write only in `folder`.

    Raises:
        OSError: the kernel refused.
    """
    version = abi_version()
    handled = _WRITE_FILE | _TRUNCATE | _CHANGE_FOLDER | _REFER
    attributes = _RulesetAttributes(handled, 0, _SCOPE_ALL if version >= 6 else 0)
    # Older kernels know the structure by its first fields only.
    size = 24 if version >= 6 else 8
    ruleset = _call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    try:
        _allow(ruleset, folder, handled)
        for device in _DEVICES:
            if os.path.exists(device):
                _allow(ruleset, device, _WRITE_FILE | _TRUNCATE)
        if _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(access, fd)
        _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(fd)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(*arguments: object) -> int:
    result = int(_libc().syscall(*arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
