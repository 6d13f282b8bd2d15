"""What an attack has at hand. This text and the attack itself are handed to python3 -c, in the sandbox or without one.

The attack says BEGIN and END, so that a sandbox that never started it is not taken for one that held. An OSError means
that something was refused; any other exception means that the attack itself is broken (exit code 70).
"""
import ctypes
import fcntl
import glob
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
import types

B = types.SimpleNamespace(**json.loads(sys.argv[1]))  # the bait: paths, numbers and names, no secrets
HOME, WORKSPACE, NONCE = B.home, B.workspace, B.nonce
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
MACHINE = {"x86_64": 0, "aarch64": 1}[os.uname().machine]
# (x86-64, aarch64)
NR = {"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "keyctl": (250, 219), "add_key": (248, 217),
      "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "clone": (56, 220),
      "clone3": (435, 435), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
      "fsmount": (432, 432), "kcmp": (312, 272), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
      "fanotify_init": (300, 262), "fanotify_mark": (301, 263), "seccomp": (317, 277), "memfd_secret": (447, 447), "pivot_root": (155, 41),
      "landlock_create_ruleset": (444, 444), "shmat": (30, 196), "inotify_init1": (294, 26), "mount_setattr": (442, 442), "name_to_handle_at": (303, 264)}


def call(name, *arguments):
    """A system call by its name; OSError when it was refused."""
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(NR[name][MACHINE]), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def must(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def say(data):
    os.write(1, data if isinstance(data, bytes) else str(data).encode("utf-8", "surrogateescape"))


def show(path):
    """What is in a file, to the output."""
    with open(path, "rb") as f:
        say(f.read(65536))


def write(path, text=None):
    """Into a file that may be there, in directories that may be."""
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(NONCE + "\n" if text is None else text)


def append(path, text):
    with open(path, "a") as f:
        f.write(text)


def run(*argv, **more):
    """A program; its output is the attack's. OSError when it failed."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=15, **more)
    if done.returncode != 0:
        raise OSError(done.returncode, " ".join(argv))


def hold():
    """Waits until those outside have had a look."""
    say("\nHOLD\n")
    signal.alarm(20)
    sys.stdin.read()


def own_namespaces(flags):
    """A user namespace of its own, in which this process is root, and others."""
    uid, gid = os.getuid(), os.getgid()
    must(libc.unshare(0x10000000 | flags))
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as f:
            f.write(text)


def in_background(action, after=0.5):
    """Does it in a process that outlives this one and all that belongs to it."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            for fd in (0, 1, 2):
                os.dup2(os.open("/dev/null", os.O_RDWR), fd)
            time.sleep(after)
            try:
                action()
            finally:
                os._exit(0)
        os._exit(0)


def tell(address, port=80, data=None, family=socket.AF_INET, kind=socket.SOCK_STREAM, wait=False, protocol=0):
    """Brings the word of this run to somebody, who will have noticed if it came there."""
    with socket.socket(family, kind, protocol) as s:
        s.settimeout(4)
        s.connect(address if family == socket.AF_UNIX else (address, port))
        s.sendall((data or f"hello {NONCE}\r\n\r\n").encode() if not isinstance(data, bytes) else data)
        if wait or kind == socket.SOCK_STREAM:
            s.shutdown(socket.SHUT_WR)
            s.recv(4096)


def bystander():
    """The process of the same person, found as an attacker would: by what it is called, else by its number."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as f:
                    if f.read().startswith(b"helper --password="):
                        return int(name)
            except OSError:
                continue
    return B.bystander


def attempt(attack):
    signal.alarm(20)
    say(f"BEGIN {NONCE}\n")
    code = 0
    try:
        attack()
    except (OSError, subprocess.SubprocessError, EOFError) as error:
        say(f"\nrefused: {error}\n")
        code = 10
    except BaseException:  # noqa: B036
        say("\n" + traceback.format_exc())
        code = 70
    say(f"\nEND {NONCE} {code}\n")
    os._exit(code)
