"""What a program in a pod would try to get out. One attack per run: pod_attacks.py NAME

Exit 0: it got through. Exit 10: it was refused. Anything else: the attack itself is broken. The test runs each attack
twice, inside namespaces made for it: outside of the pod it must get through (else it proves nothing), inside it must be
refused. What lies outside are a file, sockets and a process made for the purpose.
"""
import ctypes
import os
import resource
import signal
import socket
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
E = os.environ
CANARY, SECRET = E["P_CANARY"], "bait outside"
CLONE_NEWNS, CLONE_NEWUSER, AT_FDCWD = 0x20000, 0x10000000, -100
X = {"x86_64": 0, "aarch64": 1}[os.uname().machine]
# (x86-64, aarch64); one number from 424 on
NR = {"ptrace": (101, 117), "process_vm_readv": (310, 270), "keyctl": (250, 219), "add_key": (248, 217), "bpf": (321, 280),
      "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "clone": (56, 220),
      "setns": (308, 268), "pivot_root": (155, 41), "open_tree": (428, 428), "fsopen": (430, 430), "kcmp": (312, 272),
      "mount_setattr": (442, 442), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "socket": (41, 198), "socketpair": (53, 199),
      "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "clone3": (435, 435), "fanotify_init": (300, 262)}


def call(name, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(NR[name][X]), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return True


def reads(path):
    with open(path) as f:
        return SECRET in f.read()


def creates(path):
    with open(path, "x") as f:
        f.write("planted")
    return True


def connects(family, kind, address):
    with socket.socket(family, kind) as s:
        s.settimeout(2)
        s.connect(address)
    return True


def makes_socket(family, kind, protocol=0):
    socket.socket(family, kind, protocol).close()
    return True


def whatever_but_refused(name, *arguments):
    """For calls with nonsense: an answer other than EPERM or ENOSYS means that the kernel looked at them."""
    try:
        call(name, *arguments)
    except OSError as error:
        return error.errno not in (1, 38)
    return True


def outside_pid():
    """The process made outside, found as an attacker would: by what it is called."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as f:
                    if b"P_MARK=" + E["P_MARK_NAME"].encode() in f.read():
                        return int(name)
            except OSError:
                continue
    raise OSError(3, "no process outside is visible")


def new_name():
    return "made-" + os.urandom(8).hex()


def linked(path):
    name = new_name()
    os.symlink(path, name)
    return name


def own_directory():
    name = new_name()
    os.mkdir(name)
    return name.encode()


def mounts(source, kind, flags):
    """Taken away again: what stays mounted in a workspace would be in the way of the next pod."""
    target = own_directory()
    check(libc.mount(source, target, kind, ctypes.c_ulong(flags), None))
    return check(libc.umount2(target, 2))


def file_handle():
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount_id = ctypes.c_int()
    call("name_to_handle_at", AT_FDCWD, b".", handle, ctypes.byref(mount_id), 0)
    return handle


ATTACKS = {
    "read_canary": lambda: reads(CANARY),
    "read_canary_by_own_root": lambda: reads("/proc/self/root" + CANARY),
    "read_canary_by_first_root": lambda: reads("/proc/1/root" + CANARY),
    "read_canary_by_thread_root": lambda: reads("/proc/thread-self/root" + CANARY),
    "read_canary_by_dotdot": lambda: reads("/../../../.." + CANARY),
    "read_canary_by_working_directory": lambda: reads("/proc/self/cwd/../../../../../.." + CANARY),
    "read_canary_through_link": lambda: reads(linked(CANARY)),
    "read_canary_of_process": lambda: reads(f"/proc/{outside_pid()}/root" + CANARY),
    "list_directory_outside": lambda: os.path.basename(CANARY) in os.listdir(os.path.dirname(CANARY)),
    "write_beside_canary": lambda: creates(os.path.dirname(CANARY) + "/" + new_name()),
    "write_usr": lambda: creates("/usr/.weir-test") and os.unlink("/usr/.weir-test") is None,
    "write_root": lambda: creates(os.path.join("/", E["P_MARK_NAME"])),
    "write_proc_sys": lambda: open("/proc/sys/kernel/hostname", "w").write("taken") > 0,
    "connect_loopback": lambda: connects(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", int(E["P_PORT"]))),
    "connect_unix_socket": lambda: connects(socket.AF_UNIX, socket.SOCK_STREAM, E["P_SOCKET"]),
    "connect_unix_socket_by_root": lambda: connects(socket.AF_UNIX, socket.SOCK_STREAM, "/proc/1/root" + E["P_SOCKET"]),
    "connect_abstract_socket": lambda: connects(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + E["P_ABSTRACT"]),
    "udp_to_resolver": lambda: connects(socket.AF_INET, socket.SOCK_DGRAM, ("8.8.8.8", 53)),
    "tcp_to_metadata": lambda: connects(socket.AF_INET, socket.SOCK_STREAM, ("169.254.169.254", 80)),
    "resolve_a_name": lambda: bool(socket.getaddrinfo("canary.example.com", 80)),
    "see_process_outside": lambda: outside_pid() > 0,
    "signal_process_outside": lambda: os.kill(int(E["P_OUTSIDE"]), signal.SIGCONT) is None,
    "signal_first_process": lambda: os.kill(1, 0) is None,
    "read_environment_of_first": lambda: len(open("/proc/1/environ", "rb").read()) > 0,
    "trace_child": lambda: check(call("ptrace", 0, 0, 0, 0)),
    "read_memory_of_other": lambda: whatever_but_refused("process_vm_readv", 1, 0, 0, 0, 0, 0),
    "take_descriptor_of_first": lambda: whatever_but_refused("pidfd_getfd", -1, 0, 0),
    "compare_processes": lambda: whatever_but_refused("kcmp", 1, 1, 0, 0, 0),
    "own_user_namespace": lambda: check(libc.unshare(CLONE_NEWUSER)),
    "own_mount_namespace": lambda: check(libc.unshare(CLONE_NEWNS)),
    "clone_user_namespace": lambda: os._exit(0) if call("clone", CLONE_NEWUSER | 17, 0, 0, 0, 0) == 0 else True,
    "clone3": lambda: whatever_but_refused("clone3", 0, 0),
    "enter_namespace": lambda: whatever_but_refused("setns", -1, 0),
    "mount_tmpfs": lambda: mounts(b"none", b"tmpfs", 0),
    "bind_root": lambda: mounts(b"/", None, 4096 | 16384),
    "umount": lambda: whatever_but_refused_umount(),
    "pivot_root": lambda: whatever_but_refused("pivot_root", b"/nowhere", b"/nowhere"),
    "open_tree": lambda: call("open_tree", AT_FDCWD, b"/", 0) >= 0,
    "fsopen": lambda: call("fsopen", b"tmpfs", 0) >= 0,
    "make_writable_again": lambda: whatever_but_refused("mount_setattr", AT_FDCWD, b"/nowhere", 0, 0, 0),
    "change_root": lambda: os.chroot(".") is None,
    "make_whiteout_device": lambda: os.mknod(new_name(), 0o20600, 0) is None,
    "open_by_handle": lambda: whatever_but_refused("open_by_handle_at", AT_FDCWD, file_handle(), 0),
    "keyring": lambda: call("keyctl", 0, -3, 1, 0, 0) > 0,
    "add_key": lambda: call("add_key", b"user", b"weir-test", b"x", 1, -2) > 0,
    "io_uring": lambda: whatever_but_refused("io_uring_setup", 0, 0),
    "bpf": lambda: whatever_but_refused("bpf", -1, 0, 0),
    "perf": lambda: whatever_but_refused("perf_event_open", 0, 0, 0, 0, 0),
    "userfaultfd": lambda: whatever_but_refused("userfaultfd", -1),
    "watch_file_system": lambda: call("fanotify_init", 0x200, 0) >= 0,
    "vsock": lambda: makes_socket(40, socket.SOCK_STREAM),
    "vsock_with_high_bits": lambda: call("socket", (1 << 32) | 40, 1, 0) >= 0,
    "packet_socket": lambda: makes_socket(17, socket.SOCK_RAW, 0),
    "crypto_socket": lambda: makes_socket(38, socket.SOCK_SEQPACKET),
    "kernel_event_socket": lambda: makes_socket(16, socket.SOCK_RAW, 15),
    "audit_socket_with_high_bits": lambda: call("socket", 16, 3, (1 << 32) | 15) >= 0,
    "mptcp_socket": lambda: makes_socket(2, socket.SOCK_STREAM, 262),
    "sctp_socket": lambda: whatever_but_refused("socket", 2, 1, 132),
    "tipc_pair": lambda: whatever_but_refused("socketpair", 30, 1, 0, 0),
    "limit_first_process": lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0)) is not None,
    "starve_first_process": lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)) is None,
    "bind_first_process": lambda: os.sched_setaffinity(1, {0}) is None,
    "slow_first_process": lambda: os.setpriority(os.PRIO_PROCESS, 1, 19) is None,
    "slow_process_group": lambda: os.setpriority(os.PRIO_PGRP, 0, 1) is None,
    "slow_all_of_the_user": lambda: os.setpriority(os.PRIO_USER, 0, 1) is None,
    "raw_socket": lambda: makes_socket(2, socket.SOCK_RAW, 1),
    "set_host_name": lambda: socket.sethostname("taken") is None,
    "type_into_terminal": lambda: terminal_takes(0x5412),
    "type_into_terminal_with_high_bits": lambda: terminal_takes((1 << 32) | 0x5412),
    "another_user": lambda: os.setresuid(1, 1, 1) is None,
    "device_of_the_host": lambda: os.path.exists("/dev/mem") or os.path.exists("/dev/kmsg"),
    "sys_of_the_host": lambda: os.path.isdir("/sys/kernel"),
    "secret_of_the_environment": lambda: "SOME_TOKEN" in E,
    "inherited_descriptor": lambda: inherited(),
}


def whatever_but_refused_umount():
    ctypes.set_errno(0)
    return libc.umount2(b"/nowhere", 0) == 0 or ctypes.get_errno() not in (1, 38)


def terminal_takes(command):
    """On no terminal at all: without a filter the answer is EBADF or ENOTTY."""
    ctypes.set_errno(0)
    libc.ioctl(ctypes.c_int(-1), ctypes.c_ulong(command), b"x")
    return ctypes.get_errno() not in (1, 38)


def inherited():
    for name in os.listdir("/proc/self/fd"):
        try:
            if int(name) > 2 and SECRET in open(f"/proc/self/fd/{name}").read():
                return True
        except (OSError, ValueError):
            continue
    return False


def main():
    try:
        through = ATTACKS[sys.argv[1]]()
    except OSError:
        through = False
    return 0 if through else 10


if __name__ == "__main__":
    sys.exit(main())
