"""The few system calls that Python 3.11 has no name for. Each raises OSError with what was tried."""
import ctypes
import os
import struct

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY = 1
PR_SET_DUMPABLE = 4
PR_SET_PDEATHSIG = 1
SYS_MOUNT_SETATTR = 442  # x86-64 and arm64 alike; Linux 5.12
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}[os.uname().machine]

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def checked(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def unshare(flags):
    checked(libc.unshare(flags), "unshare")


def setns(fd, kind):
    checked(libc.setns(fd, kind), "setns")


def prctl(option, value):
    checked(libc.prctl(option, value, 0, 0, 0), "prctl")


def mount(source, target, kind, flags=0, data=None):
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    checked(libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3]), f"mounting {target}")


def bind(source, target):
    """Shows `source`, a file or a directory with all that is mounted below it, at `target`, which is made."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "a").close()
    mount(source, target, None, MS_BIND | MS_REC)


def make_read_only(path):
    attributes = struct.pack("=QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    checked(libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(path), AT_RECURSIVE, attributes, len(attributes)),
            f"making {path} read-only")


def pivot_root(new):
    """`new` becomes the root directory; nothing of the old one stays."""
    os.mkdir(f"{new}/.old", 0o700)
    checked(libc.syscall(SYS_PIVOT_ROOT, os.fsencode(new), os.fsencode(f"{new}/.old")), "pivot_root")
    os.chdir("/")
    checked(libc.umount2(b"/.old", MNT_DETACH), "leaving the old root")
    os.rmdir("/.old")


def map_ids(pid, inside_uid, inside_gid, outside_uid, outside_gid):
    """One user and one group, which is all that an ordinary user may map."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inside_uid} {outside_uid} 1"), ("gid_map", f"{inside_gid} {outside_gid} 1")):
        with open(f"/proc/{pid}/{name}", "w") as f:
            f.write(text)


def keyctl(operation, *arguments):
    number = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
    return checked(libc.syscall(number, operation, *arguments), "keyctl")


def add_key(description, payload, ring):
    number = {"x86_64": 248, "aarch64": 217}[os.uname().machine]
    return checked(libc.syscall(number, b"user", description.encode(), payload.encode(), len(payload), ring), "add_key")
