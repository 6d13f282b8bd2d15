"""A case runs where nothing it does can matter: own mounts, processes and network, when the kernel gives user namespaces.

    argv = sandbox.wrap([sys.executable, "run.py", "--inside", …])   # outside: starts it in new namespaces
    ground = sandbox.enter(checkout)                                 # inside: a fresh, writable directory

Inside, every file system is read-only but /tmp and the ground; the network is a loopback of its own; when the case ends,
the kernel ends every process it left. Without user namespaces `wrap` returns the argv as it is and `enter` gives a
temporary directory; cases are harmless by construction then too (marker files, fake programs), only less contained.
"""
import ctypes
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

MARK = "WEIR_E2E_NAMESPACES"
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child", "--mount-proc"]

AT_FDCWD, AT_RECURSIVE = -100, 0x8000
SYS_MOUNT_SETATTR = 442  # x86-64 and arm64 alike; Linux 5.12
MOUNT_ATTR_RDONLY = 1
MS_NOSUID, MS_NODEV, MS_BIND, MNT_DETACH = 2, 4, 4096, 2
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8913, 0x8914, 0x8916, 1


def available():
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


def wrap(argv, namespaces):
    return [*UNSHARE, "env", f"{MARK}=1", *argv] if namespaces else argv


def enter(*needed):
    """Makes the world read-only and returns the ground to build on. `needed` are directories a case reads, the checkout
    first of all. To be called once, first thing inside."""
    if os.environ.get(MARK) != "1":
        return pathlib.Path(tempfile.mkdtemp(prefix="weir-e2e-"))
    needed = [os.path.realpath(path) for path in (*needed, sys.executable, sys.prefix, os.getcwd())]
    ground = free_directory(needed)
    make_read_only("/")
    make_writable("/proc")  # of this case's own processes; Weir's shield maps users through it
    mount_tmpfs(ground)
    empty_tmp([path for path in needed if path.startswith("/tmp/") and os.path.isdir(path)], ground)
    refuse_name_lookups()
    raise_loopback()
    return pathlib.Path(ground)


def leave(ground):
    """Removes the ground where the end of the namespaces does not do it."""
    if os.environ.get(MARK) != "1":
        shutil.rmtree(ground, ignore_errors=True)


def free_directory(needed):
    """A directory that every Debian has and that holds nothing the case needs."""
    for place in ("/home", "/srv", "/mnt", "/media", "/opt"):
        if os.path.isdir(place) and not any(path == place or path.startswith(place + "/") for path in needed):
            return place
    raise OSError("no directory is free to build on: /home, /srv, /mnt, /media and /opt are all in use")


def empty_tmp(needed, ground):
    """A fresh /tmp. What is needed from the real one (a clone in /tmp) is set aside and put back, read-only."""
    aside = []
    for number, path in enumerate(needed):
        aside.append(f"{ground}/aside-{number}")
        os.mkdir(aside[-1])
        mount_again(path, aside[-1])
    mount_tmpfs("/tmp")
    for path, place in zip(needed, aside):
        os.makedirs(path, exist_ok=True)
        mount_again(place, path)
        checked(libc().umount2(place.encode(), MNT_DETACH), f"unmounting {place}")
        os.rmdir(place)


def mount_again(path, place):
    checked(libc().mount(path.encode(), place.encode(), None, MS_BIND, None), f"mounting {path} at {place}")


def libc():
    return ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def make_read_only(path):
    change_mounts(path, AT_RECURSIVE, set_flags=MOUNT_ATTR_RDONLY)


def make_writable(path):
    change_mounts(path, 0, clear_flags=MOUNT_ATTR_RDONLY)


def change_mounts(path, how, set_flags=0, clear_flags=0):
    attributes = struct.pack("=QQQQ", set_flags, clear_flags, 0, 0)  # … propagation, user namespace
    checked(libc().syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), how, attributes, len(attributes)),
            f"changing the mount {path}")


def mount_tmpfs(path):
    checked(libc().mount(b"weir-e2e", path.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755"), f"mounting {path}")


def refuse_name_lookups():
    """Agents look up their vendors' hosts; here that fails at once instead of after the resolver's patience."""
    resolver = os.path.realpath("/etc/resolv.conf")
    if os.path.exists(resolver):
        pathlib.Path("/tmp/resolv.conf").write_text("nameserver 127.0.0.1\noptions attempts:1 timeout:1\n")
        mount_again("/tmp/resolv.conf", resolver)


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | IFF_UP, b""))


def add_address(address):
    """One more address of this case's own loopback: of a private network, which is allowed as none of the machine's own is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sHH4s8s", b"lo:1", socket.AF_INET, 0, socket.inet_aton(address), b"")
        fcntl.ioctl(control, SIOCSIFADDR, request)
