"""Linux's seccomp: system calls that a process gives up for good.

See seccomp(2). The filter is a program for the kernel's classic BPF machine, assembled here: load
the number of the call, compare it with each entry, answer. Errors are those that programs expect
where there is no network or no permission, so that a test says in its own words what it lacked.
"""

import ctypes
import errno
import platform
import struct
import sys
from typing import Dict, List, NamedTuple, Optional, Tuple

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN, _AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
# Offsets in `struct seccomp_data`; the low half of an argument, as both machines are little-endian.
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_X32_CALLS = 0x40000000

_UNIX, _INET, _INET6 = 1, 2, 10
_STREAM, _SEQPACKET = 1, 5
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
_NEW_NAMESPACES = 0x7E020000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# Numbers on x86-64 and on machines that use the generic table (aarch64); -1 where there is none.
_Numbers = Tuple[int, int]
_DENIED: Dict[str, _Numbers] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "kcmp": (312, 272), "pidfd_getfd": (438, 438),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "setns": (308, 268), "unshare": (272, 97), "bpf": (321, 280),
    "perf_event_open": (298, 241), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "userfaultfd": (323, 282), "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142),
    "acct": (163, 89), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, -1),
    "ioperm": (173, -1), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "syslog": (103, 116),
    "vhangup": (153, 58), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "fanotify_init": (300, 262), "ioprio_set": (251, 30), "migrate_pages": (256, 238),
    "move_pages": (279, 239), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
}  # fmt: skip
# Modes, owners, times and attributes of files, which Landlock does not cover: nothing happens.
_PRETENDED: Dict[str, _Numbers] = {
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "setxattrat": (463, 463), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "removexattrat": (466, 466), "file_setattr": (469, 469),
}  # fmt: skip
# Calls that act on the process named by the argument at this place, 0 being the caller itself.
_ON_ITSELF: Dict[str, Tuple[int, _Numbers]] = {
    "prlimit64": (0, (302, 261)), "setpriority": (1, (141, 140)),
    "sched_setaffinity": (0, (203, 122)), "sched_setscheduler": (0, (144, 119)),
    "sched_setparam": (0, (142, 118)), "sched_setattr": (0, (314, 274)),
}  # fmt: skip
_CLONE, _CLONE3, _SOCKET, _SOCKETPAIR = (56, 220), (435, 435), (41, 198), (53, 199)
_KILL, _TKILL, _TGKILL, _IOCTL = (62, 129), (200, 130), (234, 131), (16, 29)
_AUDIT_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_Instruction = Tuple[int, int, int, int]


class Rules(NamedTuple):
    """What differs between places.

    `own_network`: the process can reach only itself, so internet sockets are harmless.
    `own_files`: nothing of the user's can be written, so modes and times may be changed.
    `only_signal`: the process id that signals may be sent to; `None` where others are protected
    otherwise.
    """

    own_network: bool
    own_files: bool
    only_signal: Optional[int]


def supported() -> bool:
    return sys.platform == "linux" and platform.machine() in _AUDIT_MACHINES


def assembled(rules: Rules) -> bytes:
    """The filter as the kernel takes it."""
    return b"".join(struct.pack("HBBI", *instruction) for instruction in _program(rules))


def give_up(code: bytes) -> None:
    """Install a filter in this process and all it will start.

    Raises:
        OSError: the kernel refused.
    """
    held = ctypes.create_string_buffer(code)

    class _Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    program = _Program(len(code) // 8, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if libc.prctl(_PR_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def _program(rules: Rules) -> List[_Instruction]:
    table, audit = _AUDIT_MACHINES[platform.machine()]
    program = [_load(_MACHINE), (_EQUAL, 1, 0, audit), _fail(errno.EPERM), _load(_NUMBER)]
    if table == 0:
        program += [(_AT_LEAST, 0, 1, _X32_CALLS), _fail(errno.EPERM)]
    answers: List[Tuple[_Numbers, List[_Instruction]]] = [
        (_SOCKET, _socket(rules.own_network)),
        (_SOCKETPAIR, _socketpair()),
        (_CLONE, [_load_argument(0), (_ANY_BIT, 0, 1, _NEW_NAMESPACES), _fail(errno.EPERM), _allow()]),
        # Its flags lie behind a pointer; the C library then falls back to `clone`.
        (_CLONE3, [_fail(errno.ENOSYS)]),
        (_IOCTL, [_load_argument(1), *_among((_TIOCSTI, _TIOCLINUX), errno.EPERM), _allow()]),
    ]  # fmt: skip
    answers += [(numbers, [_fail(errno.EPERM)]) for numbers in _DENIED.values()]
    answers += [(numbers, _only(place, (0,))) for place, numbers in _ON_ITSELF.values()]
    if not rules.own_files:
        answers += [(numbers, [_fail(0)]) for numbers in _PRETENDED.values()]
    if rules.only_signal is not None:
        own = rules.only_signal
        answers += [(_KILL, _only(0, (own, 0))), (_TGKILL, _only(0, (own,)))]
        answers.append((_TKILL, _only(0, (own,))))
    for numbers, answer in answers:
        if numbers[table] >= 0:
            program += [(_EQUAL, 0, len(answer), numbers[table]), *answer]
    return [*program, _allow()]


def _socket(own_network: bool) -> List[_Instruction]:
    internet = [] if own_network else _among((_INET, _INET6), errno.ENETUNREACH)
    allowed = (_INET, _INET6) if own_network else ()
    return [
        _load_argument(0),
        *internet,
        *_among((_UNIX,), errno.EACCES),
        *[step for domain in allowed for step in ((_EQUAL, 0, 1, domain), _allow())],
        _fail(errno.EAFNOSUPPORT),
    ]


def _socketpair() -> List[_Instruction]:
    """Connected ones only: a datagram socket could be turned to any address afterwards."""
    kept = [step for kind in (_STREAM, _SEQPACKET) for step in ((_EQUAL, 0, 1, kind), _allow())]
    return [_load_argument(1), (_AND, 0, 0, 0xF), *kept, _fail(errno.EACCES)]


def _only(place: int, values: Tuple[int, ...]) -> List[_Instruction]:
    kept = [step for value in values for step in ((_EQUAL, 0, 1, value), _allow())]
    return [_load_argument(place), *kept, _fail(errno.EPERM)]


def _among(values: Tuple[int, ...], number: int) -> List[_Instruction]:
    return [step for value in values for step in ((_EQUAL, 0, 1, value), _fail(number))]


def _load(offset: int) -> _Instruction:
    return (_LOAD, 0, 0, offset)


def _load_argument(place: int) -> _Instruction:
    return _load(_ARGUMENTS + 8 * place)


def _fail(number: int) -> _Instruction:
    return (_RETURN, 0, 0, _ERRNO | number)


def _allow() -> _Instruction:
    return (_RETURN, 0, 0, _ALLOW)
