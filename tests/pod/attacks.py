"""What an agent would try against the guard that watches it. One attack per run: attacks.py NAME

Exit 0: it got through. Exit 10: it was refused. Anything else: the attack itself is broken. The test runs each
attack twice: without a shield it must get through (else it proves nothing), with a shield it must be refused.
Everything happens in a throw-away home below /tmp, against a process made for the purpose.
"""
import ctypes
import os
import resource
import socket
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
E = os.environ
STATE, RUN, SETTINGS, CONFIG = E["T_STATE"], E["T_RUN"], E["T_SETTINGS"], E["T_CONFIG"]
HOME, OUTSIDE = E["HOME"], int(E["T_OUTSIDE"])
SECRET = "the signing key"
EVIL = '{"hooks": {}}'
KEY = STATE + "/keys/signing.key"

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC = 1, 32, 4096, 8192, 16384
MNT_DETACH, AT_FDCWD = 2, -100


def call(result):
    if result < 0:
        n = ctypes.get_errno()
        raise OSError(n, os.strerror(n))
    return result


def b(text):
    return text.encode()


def mount(source, target, kind, flags, data=None):
    call(libc.mount(b(source) if source else None, b(target), b(kind) if kind else None,
                    ctypes.c_ulong(flags), b(data) if data else None))


def own_namespace():
    call(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS))


def reads_key(path):
    with open(path) as f:
        return f.read() == SECRET


def overwrite(path):
    with open(path, "w") as f:
        f.write(EVIL)
    return settings_are_evil()


def settings_are_evil():
    with open(SETTINGS) as f:
        return f.read() == EVIL


def connects(address):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(2)
    s.connect(address)
    return True


def evil_file():
    path = HOME + "/evil.json"
    with open(path, "w") as f:
        f.write(EVIL)
    return path


# Reading what is hidden
def read_key(): return reads_key(KEY)
def read_key_through_proc_root(): return reads_key("/proc/self/root" + KEY)
def read_key_through_dotdot(): return reads_key(os.path.relpath(KEY, os.getcwd()))
def read_key_through_other_root(): return reads_key("/proc/%d/root%s" % (OUTSIDE, KEY))
def read_key_through_other_cwd(): return reads_key("/proc/%d/cwd/keys/signing.key" % OUTSIDE)
def read_key_through_supervisor(): return reads_key("/proc/%d/root%s" % (os.getppid(), KEY))
def list_state(): return "keys" in os.listdir(STATE)
def plant_in_state(): open(STATE + "/planted", "w").close(); return True
def plant_in_runtime(): os.mkdir(RUN + "/planted"); return True


def read_key_after_umount():
    libc.umount2(b(STATE), MNT_DETACH)
    return reads_key(KEY)


def read_key_after_umount_in_namespace():
    own_namespace()
    libc.umount2(b(STATE), MNT_DETACH)
    return reads_key(KEY)


def read_key_after_bind_in_namespace():
    # A plain bind would show the directory without what covers its children.
    own_namespace()
    mount(os.path.dirname(STATE), "/mnt", None, MS_BIND)
    return reads_key("/mnt/" + os.path.relpath(KEY, os.path.dirname(STATE)))


def read_key_after_recursive_bind_and_umount():
    own_namespace()
    mount(os.path.dirname(STATE), "/mnt", None, MS_BIND | MS_REC)
    libc.umount2(b("/mnt/" + os.path.basename(STATE)), MNT_DETACH)
    return reads_key("/mnt/" + os.path.relpath(KEY, os.path.dirname(STATE)))


def read_key_after_moving_the_cover():
    own_namespace()
    os.mkdir(HOME + "/cover")
    libc.mount(b(STATE), b(HOME + "/cover"), None, ctypes.c_ulong(MS_MOVE), None)
    return reads_key(KEY)


def read_key_after_pivot():
    own_namespace()
    mount("none", "/", None, MS_REC | (1 << 18))
    mount(HOME, HOME, None, MS_BIND | MS_REC)
    os.chdir(HOME)
    call(libc.syscall(155, b"."  , b"."))  # pivot_root
    libc.umount2(b".", MNT_DETACH)
    return reads_key("/" + os.path.relpath(KEY, HOME))


def read_key_by_renaming_state_away():
    # The cover moves with its directory, unless the directory below it can be had by its old parent.
    os.rename(os.path.dirname(STATE), HOME + "/moved")
    return True


def replace_state_by_own():
    os.rename(STATE, STATE + ".old")
    os.mkdir(STATE)
    return True


# Sockets
def connect_control(): return connects(RUN + "/control.sock")
def connect_control_through_proc_root(): return connects("/proc/self/root" + RUN + "/control.sock")
def connect_masked(): return connects(E["T_DOOR"])
def connect_abstract(): return connects("\0" + E["T_ABSTRACT"])


# Changing what is read-only
def write_settings(): return overwrite(SETTINGS)
def write_settings_through_proc_root(): return overwrite("/proc/self/root" + SETTINGS)
def write_settings_through_dotdot(): return overwrite(os.path.relpath(SETTINGS, os.getcwd()))
def write_settings_through_other_root(): return overwrite("/proc/%d/root%s" % (OUTSIDE, SETTINGS))
def truncate_settings(): os.truncate(SETTINGS, 0); return os.path.getsize(SETTINGS) == 0
def chmod_settings(): os.chmod(SETTINGS, 0o666); return True
def unlink_settings(): os.unlink(SETTINGS); return True
def rename_over_settings(): os.rename(evil_file(), SETTINGS); return settings_are_evil()
def rename_neighbour_over_settings():
    neighbour = os.path.dirname(SETTINGS) + "/neighbour"
    with open(neighbour, "w") as f:
        f.write(EVIL)
    os.rename(neighbour, SETTINGS)
    return settings_are_evil()


def rename_settings_away(): os.rename(SETTINGS, SETTINGS + ".bak"); return True
def replace_config(): os.rename(CONFIG, CONFIG + ".old"); os.mkdir(CONFIG); return True
def plant_policy(): open(CONFIG + "/policies/zz.cedar", "w").close(); return True


def write_settings_through_own_descriptor():
    fd = os.open(SETTINGS, os.O_RDONLY)
    return overwrite("/proc/self/fd/%d" % fd)


def write_settings_through_hard_link():
    os.link(SETTINGS, HOME + "/link")
    return overwrite(HOME + "/link")


def write_settings_through_symbolic_link():
    os.symlink(SETTINGS, HOME + "/link")
    return overwrite(HOME + "/link")


def swap_parent_of_settings():
    parent = os.path.dirname(SETTINGS)
    os.rename(parent, parent + ".old")
    os.mkdir(parent)
    return overwrite(SETTINGS)


def exchange_parent_of_settings():
    parent = os.path.dirname(SETTINGS)
    os.mkdir(HOME + "/other")
    os.rename(evil_file(), HOME + "/other/" + os.path.basename(SETTINGS))
    call(libc.renameat2(AT_FDCWD, b(HOME + "/other"), AT_FDCWD, b(parent), 2))  # RENAME_EXCHANGE
    return settings_are_evil()


def swap_home():
    os.rename(HOME, HOME + ".old")
    os.rename(HOME + ".old", HOME)
    return True


def write_settings_after_umount(): libc.umount2(b(SETTINGS), MNT_DETACH); return overwrite(SETTINGS)


def write_settings_after_umount_in_namespace():
    own_namespace()
    libc.umount2(b(SETTINGS), MNT_DETACH)
    return overwrite(SETTINGS)


def write_settings_after_remount_in_namespace():
    own_namespace()
    libc.mount(None, b(SETTINGS), None, ctypes.c_ulong(MS_REMOUNT | MS_BIND), None)
    return overwrite(SETTINGS)


def write_settings_after_mount_setattr_in_namespace():
    own_namespace()
    libc.syscall(442, AT_FDCWD, b(SETTINGS), 0, struct.pack("QQQQ", 0, 1, 0, 0), 32)
    return overwrite(SETTINGS)


def write_settings_after_bind_of_parent():
    own_namespace()
    mount(os.path.dirname(SETTINGS), "/mnt", None, MS_BIND)
    return overwrite("/mnt/" + os.path.basename(SETTINGS))


def write_settings_through_open_tree():
    own_namespace()
    fd = call(libc.syscall(428, AT_FDCWD, b(os.path.dirname(SETTINGS)), 1))  # open_tree, OPEN_TREE_CLONE
    inside = os.open(os.path.basename(SETTINGS), os.O_WRONLY | os.O_TRUNC, dir_fd=fd)
    os.write(inside, b(EVIL))
    return settings_are_evil()


def enter_other_mount_namespace():
    fd = os.open("/proc/%d/ns/mnt" % OUTSIDE, os.O_RDONLY)
    call(libc.setns(fd, CLONE_NEWNS))
    return True


# Other processes
def signal_outside(): os.kill(OUTSIDE, 0); return True
def signal_supervisor(): os.kill(os.getppid(), 0); return True


def signal_outside_by_pidfd():
    fd = os.pidfd_open(OUTSIDE)
    call(libc.syscall(424, fd, 0, None, 0))
    return True


def signal_outside_by_descriptor_owner():
    # fcntl(F_SETOWN) makes the kernel send SIGURG for us; ignored by default, so harmless.
    import fcntl
    left, right = socket.socketpair(socket.AF_UNIX)
    fcntl.fcntl(left, fcntl.F_SETSIG if hasattr(fcntl, "F_SETSIG") else 10, 23)
    fcntl.fcntl(left, fcntl.F_SETOWN, OUTSIDE)
    fcntl.fcntl(left, fcntl.F_SETFL, os.O_ASYNC)
    before = pending_marker()
    right.send(b"x")
    return pending_marker() != before


def pending_marker():
    import time
    time.sleep(0.05)
    with open(E["T_MARKER"]) as f:
        return f.read()


def trace_outside():
    call(libc.ptrace(0x4206, OUTSIDE, None, None))  # PTRACE_SEIZE: does not stop it
    return True


def read_outside_memory(): os.close(os.open("/proc/%d/mem" % OUTSIDE, os.O_RDONLY)); return True


def read_outside_environment():
    with open("/proc/%d/environ" % OUTSIDE, "rb") as f:
        return len(f.read()) > 0


def steal_outside_descriptor():
    fd = os.pidfd_open(OUTSIDE)
    call(libc.syscall(438, fd, 0, 0))  # pidfd_getfd
    return True


def limit_outside():
    resource.prlimit(OUTSIDE, resource.RLIMIT_CORE, (0, 0))
    return True


def open_other_terminal():
    os.close(os.open(E["T_TERMINAL"], os.O_RDWR | os.O_NOCTTY))
    return True


# Privilege (these need some already, so they have no control run unless as root)
def open_by_handle():
    handle = struct.pack("Ii", 8, 1) + b"\0" * 8
    result = libc.syscall(304, AT_FDCWD, handle, os.O_RDONLY)
    # ESTALE or EBADF would mean that the handle itself was looked at.
    if result < 0 and ctypes.get_errno() in (1,):
        raise OSError(1, "refused")
    return True


def open_core_pattern():
    # Opened, never written: whoever may write it has a program of his choice run outside.
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    return True


def open_block_device():
    import stat
    devices = [d for d in sorted(os.listdir("/dev")) if stat.S_ISBLK(os.stat("/dev/" + d).st_mode)]
    for device in devices:
        os.close(os.open("/dev/" + device, os.O_RDONLY))
        return True
    return False if E.get("T_SHIELDED") else True  # this machine has none: nothing to prove


def gain_capability():
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith(("CapEff", "CapPrm", "CapBnd")) and int(line.split()[1], 16) != 0:
                return True
    return False


def main():
    try:
        through = globals()[sys.argv[1]]()
    except OSError as error:
        print(sys.argv[1], error)
        sys.exit(10)
    sys.exit(0 if through else 10)


if __name__ == "__main__":
    main()
