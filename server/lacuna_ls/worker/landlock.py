"""Linux's Landlock: a process that can reach only what it has been granted, for good.

See landlock(7). A set of rules is made once and can then be entered by any number of forks, each
with two calls of the kernel. Changes of modes, owners and times are not covered: `seccomp` is.
"""

import contextlib
import ctypes
import os
import sys
from typing import Iterable, List, NamedTuple, Tuple

# The numbers of these calls are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ABI_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_OLDEST_ABI = 3  # the first that covers truncation
_NETWORK_ABI, _DEVICES_ABI, _SCOPES_ABI = 4, 5, 6

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _DEVICE_CONTROL = 1 << 14, 1 << 15
_MAKE_DEVICES = 1 << 6 | 1 << 11
# Remove folder and file, make any kind of file but devices (bits 4 to 12), link and rename.
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 14)) & ~_MAKE_DEVICES
_READ = _EXECUTE | _READ_FILE | _READ_FOLDER
_WRITE = _WRITE_FILE | _TRUNCATE | _CHANGE_FOLDER
# What has a meaning for a file; the kernel refuses the others.
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_BIND_AND_CONNECT_TCP = 0b11
# No signals to processes outside, and no abstract sockets of theirs.
_SCOPE_ALL = 0b11


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


class Grants(NamedTuple):
    """What may still be reached; a path stands for all below it, and need not exist.

    `listable` folders may be listed, with all below them, and nothing in them be read.
    """

    readable: List[str]
    listable: List[str]
    writable: List[str]
    devices: List[str]
    own_network: bool


def abi_version() -> int:
    """What the kernel offers; 0 where there is no Landlock or truncation is not covered yet."""
    if sys.platform != "linux":
        return 0
    version = int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ABI_VERSION))
    return version if version >= _OLDEST_ABI else 0


def keeps_signals_inside() -> bool:
    return abi_version() >= _SCOPES_ABI


def ruleset(grants: Grants) -> int:
    """A descriptor of the rules.

    Raises:
        OSError: the kernel refused.
    """
    version = abi_version()
    handled = _READ | _WRITE | _MAKE_DEVICES
    handled |= _DEVICE_CONTROL if version >= _DEVICES_ABI else 0
    network = 0 if grants.own_network or version < _NETWORK_ABI else _BIND_AND_CONNECT_TCP
    attributes = _RulesetAttributes(handled, network, _SCOPE_ALL if version >= _SCOPES_ABI else 0)
    # Older kernels know the structure by its first fields only.
    size = 24 if version >= _SCOPES_ABI else 16 if version >= _NETWORK_ABI else 8
    rules = _call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    for path, access in _accesses(grants):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            _allow(rules, path, access)
    return rules


def enter(rules: int) -> None:
    """Put this process, and all it will start, under the rules.

    Raises:
        OSError: the kernel refused.
    """
    if _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _call(_RESTRICT_SELF, rules, 0)


def _accesses(grants: Grants) -> Iterable[Tuple[str, int]]:
    for path in grants.readable:
        yield path, _READ
    for path in grants.listable:
        yield path, _READ_FOLDER
    for path in grants.writable:
        yield path, _READ | _WRITE
    for path in grants.devices:
        yield path, _READ_FILE | _WRITE_FILE | _TRUNCATE


def _allow(rules: int, path: str, access: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            access &= _OF_FILES
        rule = _PathBeneath(access, fd)
        _call(_ADD_RULE, rules, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(fd)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(*arguments: object) -> int:
    result = int(_libc().syscall(*arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
