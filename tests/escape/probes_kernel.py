"""What of the kernel can be reached: namespaces and mounts to undo walls with, and interfaces with a history of bugs.

These are no ways out by themselves: "through" means that the wall between the attack and this part of the kernel is not
there. It is seen from outside, by what the waiting attack holds: descriptors, sockets, namespaces, mounts.
"""
import os
import pathlib

from probe import Effect, Group, attacker_has, attackers, holds_descriptor, holds_socket, leaves_namespace, prints

namespaces = Group("namespaces", "namespaces and mounts of its own")
kernel = Group("kernel", "interfaces of the kernel")

KINDS = {"user": 0x10000000, "mnt": 0x20000, "net": 0x40000000, "ipc": 0x8000000, "uts": 0x4000000, "cgroup": 0x2000000}
for kind, flag in KINDS.items():
    also = "" if kind == "user" else " | 0x10000000"
    namespaces.add(f"unshare_{kind}", f"a {kind} namespace of its own", f"""
def attack():
    child = os.fork()
    if child == 0:
        must(libc.unshare({flag:#x}{also}))
        hold()
    os.waitpid(child, 0)
attempt(attack)
""", leaves_namespace(kind))


@namespaces.probe(leaves_namespace("pid"))
def unshare_pid():
    "a pid namespace of its own"
    if os.fork() == 0:
        own_namespaces(0x20000000)
        if os.fork() == 0:
            hold()
        os.wait()
    os.wait()


@namespaces.probe(leaves_namespace("time_for_children"))
def unshare_time():
    "a time namespace of its own"
    if os.fork() == 0:
        must(libc.unshare(0x10000080))
        hold()
    os.wait()


@namespaces.probe(leaves_namespace("user"))
def clone_user():
    "a user namespace by clone, whose flags stand in another register"
    if call("clone", 0x10000000 | 17, 0, 0, 0, 0) == 0:
        hold()
    os.wait()


@namespaces.probe(leaves_namespace("user"))
def clone3_user():
    "a user namespace by clone3, whose flags stand in memory, where no filter reads"
    if call("clone3", struct.pack("QQQQQQQQ", 0x10000000, 0, 0, 0, 17, 0, 0, 0), 64) == 0:
        hold()
    os.wait()


MOUNTED = attacker_has("mountinfo", "NONCE")
PREPARED = "    own_namespaces(0x20000)\n    os.mkdir('m-' + NONCE)\n    place = ('m-' + NONCE).encode()\n"
for name, what, code in [
    ("mount_tmpfs", "an empty file system of its own", "must(libc.mount(b'x', place, b'tmpfs', None, None))"),
    ("mount_bind", "one directory over another", "must(libc.mount(b'..', place, None, ctypes.c_ulong(4096 | 16384), None))"),
    ("mount_overlay", "an overlay of its own", "[os.mkdir(d) for d in 'uw']; must(libc.mount(b'x', place, b'overlay', None, b'lowerdir=/usr,upperdir=u,workdir=w,userxattr'))"),
    ("mount_new_api", "a file system by fsopen, fsmount and move_mount",
     "fd = call('fsopen', b'tmpfs', 0); call('fsconfig', fd, 6, None, None, 0); call('move_mount', call('fsmount', fd, 0, 0), b'', -100, place, 4)"),
    ("mount_tree", "a part of the tree by open_tree and move_mount", "call('move_mount', call('open_tree', -100, b'..', 0x8001), b'', -100, place, 4)"),
    ("mount_mqueue", "the file system of message queues", "must(libc.unshare(0x8000000)); must(libc.mount(b'x', place, b'mqueue', None, None))"),
]:
    namespaces.add(name, what, f"def attack():\n{PREPARED}    {code}\n    hold()\nattempt(attack)\n", MOUNTED)


@namespaces.probe(MOUNTED)
def mount_proc():
    "another /proc, with what a masked one hides"
    own_namespaces(0x20020000)
    os.mkdir("m-" + NONCE)
    if os.fork() == 0:
        must(libc.mount(b"proc", ("m-" + NONCE).encode(), b"proc", None, None))
        hold()
    os.wait()


def root_is(name):
    def seen(world, run):
        for pid in attackers(run):
            try:
                if os.path.exists(f"/proc/{pid}/root/{name}-{run.nonce}"):
                    return True
            except OSError:
                continue
        return False
    return Effect("another root directory", seen, on_hold=True)


@namespaces.probe(root_is("inner"))
def chroot():
    "a root directory of its own"
    own_namespaces(0)
    os.makedirs(f"jail/inner-{NONCE}")
    os.chroot("jail")
    hold()


@namespaces.probe(root_is("inner"))
def pivot_root():
    "another root directory for all of its namespace"
    own_namespaces(0x20000)
    os.mkdir("jail")
    must(libc.mount(b"x", b"jail", b"tmpfs", None, None))
    os.makedirs(f"jail/inner-{NONCE}")
    call("pivot_root", b"jail", f"jail/inner-{NONCE}".encode())
    hold()


@namespaces.probe(attacker_has("status", r"^CapEff:\s+0*[1-9a-f]"))
def capabilities():
    "all capabilities, in a user namespace of its own"
    must(libc.unshare(0x10000000))
    hold()


# --- interfaces ---------------------------------------------------------------------------------------------------

OPENED = [
    ("io_uring", "system calls through shared memory, which a filter does not see", "call('io_uring_setup', 4, bytes(120))", "io_uring"),
    ("userfaultfd", "stopping the kernel at a page of its own choice", "call('userfaultfd', 1)", "userfaultfd"),
    ("perf", "performance counters", "call('perf_event_open', struct.pack('IIQQQQQQ', 1, 112, 9, 0, 0, 0, 0x60, 0) + bytes(64), 0, -1, -1, 0)", "perf_event"),
    ("fanotify", "watching what is opened", "call('fanotify_init', 0x200, 0)", "fanotify"),
]
for name, what, code, link in OPENED:
    kernel.add(name, what, f"def attack():\n    fd = {code}\n    hold()\nattempt(attack)\n", holds_descriptor(link), may_lack=True)

FAMILIES = [
    ("netlink_audit", "the audit system (netlink)", 16, 3, 9, "NETLINK"), ("netlink_events", "events of the kernel and of udev (netlink)", 16, 3, 15, "NETLINK"),
    ("netlink_filter", "the packet filter (netlink)", 16, 3, 12, "NETLINK"), ("netlink_generic", "generic netlink", 16, 3, 16, "NETLINK"),
    ("netlink_xfrm", "IPsec (netlink)", 16, 3, 6, "NETLINK"), ("vsock", "the host of a virtual machine", 40, 1, 0, "AF_VSOCK"),
    ("alg", "cryptography in the kernel", 38, 5, 0, "ALG"), ("mptcp", "multipath TCP", 2, 1, 262, "MPTCP"), ("sctp", "SCTP", 2, 1, 132, "SCTP"),
    ("udplite", "UDP-Lite", 2, 2, 136, "UDP-Lite"),
]
for name, what, family, kind, protocol, kernels in FAMILIES:
    kernel.add(name, what, f"def attack():\n    s = socket.socket({family}, {kind}, {protocol})\n    hold()\nattempt(attack)\n",
               holds_socket(kernels), may_lack=True)


@kernel.probe(holds_socket("AF_VSOCK"), may_lack=True)
def vsock_with_high_bits():
    "the same with a number whose upper half a filter may look at and the kernel does not"
    fd = must(libc.syscall(ctypes.c_long((41, 198)[MACHINE]), ctypes.c_ulong((1 << 32) | 40), 1, 0))
    hold()


@kernel.probe(holds_socket("PACKET"))
def packets():
    "whole packets, in a user and network namespace of its own"
    must(libc.unshare(0x50000000))
    s = socket.socket(17, socket.SOCK_RAW, 0)
    hold()


@kernel.probe(holds_socket("RAW"))
def raw_packets():
    "packets of any protocol, in a user and network namespace of its own"
    must(libc.unshare(0x50000000))
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
    hold()


@kernel.probe(attacker_has("status", r"^TracerPid:\s+[1-9]"))
def tracing():
    "ptrace of its own child"
    if os.fork() == 0:
        call("ptrace", 0, 0, 0, 0)
        hold()
    os.wait()


@kernel.probe(attacker_has("status", r"^NoNewPrivs:\s+0"))
def set_user_id():
    "programs that raise privileges when they are started"
    hold()


def has_key(world, run):
    return f"k-{run.nonce}" in pathlib.Path("/proc/keys").read_text()


@kernel.probe(Effect("a key of the attack's in the kernel", has_key, on_hold=True))
def keys():
    "keeping a key in the kernel"
    call("add_key", b"user", f"k-{NONCE}".encode(), b"x", 1, -2)
    hold()


def has_keyring(world, run):
    return f"r-{run.nonce}" in pathlib.Path("/proc/keys").read_text()


@kernel.probe(Effect("a keyring of the attack's in the kernel", has_keyring, on_hold=True))
def keyrings():
    "a session keyring of its own"
    call("keyctl", 1, f"r-{NONCE}".encode())
    hold()


@kernel.probe(leaves_namespace("user"), may_lack=True)
def thirty_two_bits():
    "a system call by the 32-bit entry, whose numbers mean something else (x86)"
    import mmap
    if MACHINE != 0:
        raise OSError(38, "no such entry on this machine")
    code = bytes.fromhex("53b836010000bb00000010cd805bc3")  # unshare(CLONE_NEWUSER)
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(code)
    enter = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    if os.fork() == 0:
        if enter() < 0:
            raise OSError(1, "refused")
        hold()
    os.wait()


@kernel.probe(leaves_namespace("user"), may_lack=True)
def other_numbers():
    "a system call by the numbers of x32 (x86)"
    if os.fork() == 0:
        must(libc.syscall(ctypes.c_long(0x40000000 | 272), ctypes.c_ulong(0x10000000)))
        hold()
    os.wait()


@kernel.probe(prints("tmp"))
def loader():
    "a program that the loader maps itself, so that nobody sees it started"
    loaders = glob.glob("/lib64/ld-linux-*.so*") + glob.glob("/lib/ld-linux-*.so*")
    run(loaders[0], shutil.which("cat"), "/tmp/export.csv")


@kernel.probe(prints("tmp"))
def program_from_memory():
    "a program that is in no file system (memfd_create and exec)"
    fd = os.memfd_create("x")
    with open(shutil.which("cat"), "rb") as f:
        os.write(fd, f.read())
    if os.fork() == 0:
        os.execve(fd, ["cat", "/tmp/export.csv"], os.environ)
    os.wait()
