"""What a candidate might do to the machine: each attack raises unless it gets through.

`prelude` names what is there to be had: canaries made by `attacked.Bait`. An attack whose success
shows only outside ends with `raise Held`, and the bait decides. `tiers` are those that are to hold.
"""

from dataclasses import dataclass

from lacuna_ls.worker.tiers import BUBBLEWRAP, LANDLOCK

BOTH = (BUBBLEWRAP, LANDLOCK)


@dataclass(frozen=True, slots=True)
class Attack:
    """`body` is that of a function which the candidate's module defines and its test calls."""

    name: str
    body: str
    tiers: tuple[str, ...] = BOTH
    limits: bool = False  # limits alone hold it, too


def prelude(values: dict[str, object]) -> str:
    """The beginning of every candidate: what an attacker knows of the machine."""
    named = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    return f"""
import ctypes, errno, mmap, os, resource, signal, socket, stat, struct, subprocess, sys, tempfile
import threading, time
class Held(Exception): pass
libc = ctypes.CDLL(None, use_errno=True)
def syscall(*arguments):
    result = libc.syscall(*arguments)
    if result < 0: raise OSError(ctypes.get_errno(), "syscall")
    return result
{named}
"""


def module(values: dict[str, object], attack: Attack) -> bytes:
    body = "\n".join("    " + line for line in attack.body.strip().splitlines())
    return f"{prelude(values)}\ndef run():\n{body}\n".encode()


_READS = {
    "a key in the home folder": "open(HOME + '/.ssh/id_rsa').read()",
    "a token in the home folder": "open(HOME + '/.netrc').read()",
    "a list of the home folder": "os.listdir(HOME)",
    "a file anywhere else": "open(OUTSIDE + '/canary').read()",
    "secrets of the workspace": "open(ROOT + '/.env').read()",
    "a private key of the workspace": "open(ROOT + '/server.pem').read()",
    "the history of the workspace": "open(ROOT + '/.git/config').read()",
    "a key by a symbolic link": "p = tempfile.mkdtemp() + '/l'; os.symlink(HOME + '/.netrc', p); open(p).read()",
    "a key by a hard link": "p = tempfile.mkdtemp() + '/l'; os.link(HOME + '/.netrc', p); open(p).read()",
    "a key by moving it": "os.rename(HOME + '/.netrc', tempfile.mkdtemp() + '/l')",
    "a key through the root of a process": "open('/proc/self/root' + HOME + '/.netrc').read()",
    "a key through the server's root": "open(f'/proc/{SERVER}/root' + HOME + '/.netrc').read()",
    "a key by another program": "subprocess.run(['cat', HOME + '/.netrc'], check=True)",
    "a key by the C library": (
        "f = libc.open((HOME + '/.netrc').encode(), 0)\nif f < 0: raise Held\nos.read(f, 10)"
    ),
    "a variable": "os.environ['CANARY_API_KEY']",
    "its first variables": "if b'CANARY' not in open('/proc/self/environ', 'rb').read(): raise Held",
    "its parent's variables": (
        "if b'CANARY' not in open(f'/proc/{os.getppid()}/environ', 'rb').read(): raise Held"
    ),
    "the first process's variables": (
        "if b'CANARY' not in open('/proc/1/environ', 'rb').read(): raise Held"
    ),
    "the server's variables": (
        "if b'CANARY' not in open(f'/proc/{SERVER}/environ', 'rb').read(): raise Held"
    ),
    "the server's arguments": (
        "if b'CANARY' not in open(f'/proc/{SERVER}/cmdline', 'rb').read(): raise Held"
    ),
    "the server's memory": "open(f'/proc/{SERVER}/mem', 'rb')",
    "the parent's memory": "open(f'/proc/{os.getppid()}/mem', 'rb')",
    "the server's descriptors": "os.listdir(f'/proc/{SERVER}/fd')",
    "the memory of the machine": "open('/dev/mem', 'rb')",
    "a disk": "os.open('/dev/vda', os.O_RDONLY)",
    "passwords": "open('/etc/shadow').read()",
}

_WRITES = {
    "its own file": "open(ROOT + '/victim.py', 'w').write('x')",
    "a test": "open(ROOT + '/test_it.py', 'a').write('x')",
    "a new conftest": "open(ROOT + '/conftest.py', 'w').write('x')",
    "a hook of git": "open(ROOT + '/.git/hooks/pre-commit', 'w').write('x')",
    "a cached module": "os.makedirs(ROOT + '/__pycache__'); open(ROOT + '/__pycache__/x.pyc', 'w')",
    "a mode": (
        "os.chmod(ROOT + '/test_it.py', 0o777)\n"
        "if os.stat(ROOT + '/test_it.py').st_mode & 0o777 != 0o777: raise Held"
    ),
    "a time": (
        "os.utime(ROOT + '/test_it.py', (1, 1))\n"
        "if os.stat(ROOT + '/test_it.py').st_mtime != 1: raise Held"
    ),
    "an attribute": "os.setxattr(ROOT + '/test_it.py', 'user.x', b'x'); os.getxattr(ROOT + '/test_it.py', 'user.x')",
    "less of a file": "os.truncate(ROOT + '/test_it.py', 0)",
    "a file by its open descriptor": (
        "f = os.open(ROOT + '/test_it.py', os.O_RDONLY)\n"
        "os.open(f'/proc/self/fd/{f}', os.O_WRONLY)"
    ),
    "another name": "os.rename(ROOT + '/test_it.py', ROOT + '/gone.py')",
    "a removal": "os.unlink(ROOT + '/test_it.py')",
    "a removal by a shell": "subprocess.run(['rm', '-rf', ROOT + '/test_it.py'], check=True)",
    "a pipe": "os.mkfifo(ROOT + '/pipe')",
    "a device": "os.mknod(tempfile.mkdtemp() + '/d', stat.S_IFCHR | 0o666, os.makedev(1, 1))",
    "a path file of the interpreter": (
        "import pytest\n"
        "p = os.path.dirname(os.path.dirname(pytest.__file__)) + '/lacuna_canary.pth'\n"
        "open(p, 'w').close(); os.unlink(p)"
    ),
    "a start-up file of the shell": "open(HOME + '/.bashrc', 'a').write('x')",
    "a file anywhere else": "open(OUTSIDE + '/new', 'w').write('x')",
    "a terminal": "[open(f'/dev/pts/{n}', 'w') for n in range(1)]",
}  # fmt: skip

_REACHES = {
    "a service by TCP": "socket.create_connection(('127.0.0.1', PORT), 2)",
    "a service by TCP and IPv6": "socket.create_connection(('::ffff:127.0.0.1', PORT), 2)",
    "a service by UDP": (
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))\nraise Held"
    ),
    "a service by UNIX sockets": "socket.socket(socket.AF_UNIX).connect(OUTSIDE + '/socket')",
    "a service by UNIX datagrams": (
        "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', OUTSIDE + '/datagrams')"
    ),
    "a service by a turned pair of sockets": (
        "socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', OUTSIDE + '/datagrams')"
    ),
    "an abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0lacuna-' + TOKEN)",
    "the kernel's own messages": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "raw packets": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "the network by another program": (
        "subprocess.run([sys.executable, '-S', '-c', f'import socket; "
        'socket.create_connection(("127.0.0.1", {PORT}), 2)\'], check=True)'
    ),
    "the network by io_uring": "syscall(425, 4, ctypes.create_string_buffer(200))",
    "a server's port": "s = socket.socket(); s.bind(('0.0.0.0', 0)); s.listen()",
    "the line to the server": (
        "for fd in range(3, 2048):\n    try:\n        mode = os.fstat(fd).st_mode\n"
        "    except OSError:\n        continue\n    if stat.S_ISSOCK(mode): return\nraise Held"
    ),
}

_PROCESSES = {
    "trace the server": "if libc.ptrace(16, SERVER, 0, 0) != 0: raise Held",
    "trace its parent": "if libc.ptrace(16, os.getppid(), 0, 0) != 0: raise Held",
    "read the server's memory by a call": "syscall(310, SERVER, 0, 0, 0, 0, 0)",
    "take the server's descriptors": "syscall(438, os.pidfd_open(SERVER), 1, 0)",
    "end the server": "os.kill(SERVER, signal.SIGTERM)",
    "end its parent": "os.kill(os.getppid(), signal.SIGKILL)",
    "end everything": (
        "if os.fork() == 0:\n    try: os.kill(-1, signal.SIGKILL)\n    finally: os._exit(0)\nraise Held"
    ),
    "end the server by a descriptor": "signal.pidfd_send_signal(os.pidfd_open(SERVER), 9)",
    "put limits on the server": "resource.prlimit(SERVER, resource.RLIMIT_NOFILE, (3, 3))",
    "slow the server down": "os.setpriority(os.PRIO_PROCESS, SERVER, 19)",
    "move the server to one processor": "os.sched_setaffinity(SERVER, {0})",
    "lift its limits": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "leave a process in a session of its own": (
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(120)\n    os._exit(0)\nraise Held"
    ),
    "leave a process that nobody's end ends": (
        "libc.prctl(36, 1)\nif os.fork() == 0:\n    libc.prctl(1, 0); os.setsid()\n"
        "    for n in range(1, 60):\n        try: signal.signal(n, signal.SIG_IGN)\n"
        "        except (OSError, ValueError): pass\n    time.sleep(120)\nraise Held"
    ),
}

_SYSTEM = {
    "mount": "if libc.mount(b'none', HOME.encode(), b'tmpfs', 0, None) != 0: raise Held",
    "a user namespace": "if libc.unshare(0x10000000) != 0: raise Held",
    "a namespace for a child": "syscall(56, 0x10000000 | 17, 0, 0, 0, 0)",
    "somebody's namespace": "if libc.setns(os.open('/proc/1/ns/net', 0), 0) != 0: raise Held",
    "another root": "os.chroot('/')",
    "bpf": "syscall(321, 0, ctypes.create_string_buffer(64), 64)",
    "the keyring": "syscall(248, b'user', b'lacuna', b'x', 1, -2)",
    "counters of the kernel": "syscall(298, ctypes.create_string_buffer(b'\\0\\0\\0\\0p', 128), 0, -1, -1, 0)",
    "faults of its own memory": "syscall(323, 0)",
    "a file in memory": "os.memfd_create('x')",
    "shared memory of the system": "syscall(29, 0, 4096, 0o1600)",
    "messages of the system": "syscall(68, 0, 0o1600)",
    "a handle in place of a path": "syscall(303, -100, HOME.encode(), ctypes.create_string_buffer(b'\\x80', 200), ctypes.create_string_buffer(8), 0)",
    "calls of another machine": "syscall(0x40000000 + 39)",
    "a loaded module": "syscall(175, b'', 0, b'')",
    "the clock": "time.clock_settime(time.CLOCK_REALTIME, time.time())",
    "the host's name": "socket.sethostname('lacuna')",
    "the end of the machine": "syscall(169, 0xfee1dead, 672274793, 0)",
}  # fmt: skip

_BOMBS = {
    "processes without end": (
        "while True:\n    try: os.fork()\n    except OSError: time.sleep(0.01)"
    ),
    "a thousand processes": (
        "for _ in range(1000):\n    if os.fork() == 0: time.sleep(20); os._exit(0)\ntime.sleep(2)"
    ),
    "threads without end": (
        "for _ in range(5000): threading.Thread(target=time.sleep, args=(30,), daemon=True).start()"
    ),
    "memory": "b = bytearray(6 << 30)",
    "memory of many processes": (
        "for _ in range(6):\n    if os.fork() == 0:\n        b = bytearray(b'x') * (400 << 20); time.sleep(20)\n"
        "time.sleep(8)"
    ),
    "one large file": "open(tempfile.mkdtemp() + '/f', 'wb').write(b'x' * (200 << 20))",
    "many files": (
        "d = tempfile.mkdtemp()\nfor n in range(60):\n"
        "    with open(f'{d}/{n}', 'wb') as f: f.write(b'x' * (50 << 20))\ntime.sleep(1)"
    ),
    "descriptors": "kept = [os.open('/dev/null', 0) for _ in range(1 << 20)]",
    "output": "for _ in range(4000): os.write(1, b'x' * 65536)\nraise Held",
    "frames": (
        "for fd in range(700, 1100):\n    try: mode = os.fstat(fd).st_mode\n"
        "    except OSError: continue\n    if stat.S_ISFIFO(mode): break\n"
        "for _ in range(2000): os.write(fd, b'\\1\\0\\0\\xff\\xff' + b'[' * 65535)\nraise Held"
    ),
    "a hang in C": "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "a hang that ignores signals": (
        "for n in range(1, 60):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: pass"
    ),
    "a crash": "ctypes.string_at(0)",
}

_HELD_BY_LIMITS = frozenset(
    {"memory", "one large file", "output", "frames", "a hang in C", "a hang that ignores signals",
     "a crash", "leave a process in a session of its own"}
)  # fmt: skip
_IN_NAMESPACES_HARMLESS = frozenset({"a server's port"})


def _attacks() -> tuple[Attack, ...]:
    kinds = {
        "read": _READS, "write": _WRITES, "reach": _REACHES, "process": _PROCESSES,
        "system": _SYSTEM, "bomb": _BOMBS,
    }  # fmt: skip
    return tuple(
        Attack(
            f"{kind}: {name}",
            body,
            (LANDLOCK,) if name in _IN_NAMESPACES_HARMLESS else BOTH,
            name in _HELD_BY_LIMITS,
        )
        for kind, bodies in kinds.items()
        for name, body in bodies.items()
    )


ATTACKS = _attacks()
# One of each kind, cheap ones, for every run of the tests.
A_FEW = tuple(
    attack
    for attack in ATTACKS
    if attack.name.partition(": ")[2]
    in {
        "a key in the home folder", "its parent's variables", "the server's memory", "a variable",
        "its own file", "a hook of git", "a mode", "a service by TCP", "a service by UDP",
        "a service by UNIX sockets", "a service by a turned pair of sockets", "an abstract socket",
        "the line to the server", "trace the server", "end the server", "put limits on the server",
        "leave a process in a session of its own", "mount", "a user namespace", "a file in memory",
        "a thousand processes", "one large file", "frames",
    }
)  # fmt: skip
