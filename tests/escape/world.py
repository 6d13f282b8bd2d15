"""A machine of its own for one contestant, made of namespaces: whatever a probe does when a sandbox fails, it does it here.

    report = world.perform(places, work)     # `work(world)` runs as the first process of the new world

The world has its own users, mounts, processes, network, ipc and host name. Its root directory is built from nothing: of the
real machine it shows /usr and the programs under test, read-only. Its "internet" is a second network namespace behind a
veth pair in which nothing lives but witnesses (witness.py); neither has a way to the real network. Everything ends with
its first process. Works for an ordinary user; root first becomes a user that owns nothing.
"""
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

import home
import linux
import witness

NOBODY = 61000        # root becomes this user before anything is made: no file of a usual machine is its own
USER = "ada"
UID = 1000            # of everybody in the world but its first process
HOME = f"/home/{USER}"
WORKSPACE = f"{HOME}/work/project"

OWN = "192.0.2.2"     # the world's address; the internet's end of the cable is .1 (RFC 5737)
# The internet's hosts have addresses that look like the internet's: those for documentation are refused by who checks addresses.
ADDRESSES = {"allowed": "93.184.215.10", "evil": "93.184.215.66", "resolver": "203.0.113.53", "public_dns": "8.8.8.8",
             "metadata": "169.254.169.254", "metadata_other": "100.100.100.200", "private": "10.0.0.5"}
ADDRESSES6 = {"evil6": "2001:db8::66", "metadata6": "fd00:ec2::254"}
NAMES = {"mirror.example.org": "allowed", "evil.example.net": "evil", "rebind.example.org": "metadata", "inner.example.org": "private",
         "notmirror.example.org": "evil", "sub.mirror.example.org": "evil"}
CHANGING = {"flip.example.org": ["allowed", "metadata"]}


def available():
    """Whether this machine gives its users namespaces of their own."""
    return subprocess.run(["unshare", "-Urmpfn", "true"], capture_output=True).returncode == 0


def perform(places, work):
    """Runs `work(world)` in a new world; its answer, which must be JSON. `places`: {path in the world: path here}, shown
    read-only."""
    if not sys.base_prefix.startswith("/usr"):  # Python still has modules to load
        places = places | {sys.base_prefix: sys.base_prefix}
    scratch = tempfile.mkdtemp(prefix="weir-escape-")
    reader, writer = os.pipe()
    sys.stdout.flush()
    outer = os.fork()
    if outer == 0:
        os.close(reader)
        end_with(lambda: found(scratch, places, work, writer), writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as f:
        said = f.read()
    os.waitpid(outer, 0)
    shutil.rmtree(scratch, ignore_errors=True)
    answer = json.loads(said) if said else {"error": "the world ended without a word"}
    if "error" in answer:
        raise RuntimeError(f"the world could not be made or broke: {answer['error']}")
    return answer["report"]


def end_with(action, writer):
    """Ends this process with what `action` answers; a failure is told through the pipe."""
    try:
        os._exit(action() or 0)
    except BaseException:  # noqa: B036  this process must not return into the caller's code
        try:
            os.write(writer, json.dumps({"error": traceback.format_exc()}).encode())
        finally:
            os._exit(1)


def found(scratch, places, work, writer):
    """Makes the namespaces; returns when their first process has ended."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.geteuid() == 0:
        places = become_nobody(scratch, places)
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC |
                  linux.CLONE_NEWUTS)
    linux.map_ids("self", 0, 0, uid, gid)
    first = os.fork()
    if first == 0:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        end_with(lambda: live(scratch, places, work, writer), writer)
    os.close(writer)
    return os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 255


def become_nobody(scratch, places):
    """The places may lie where only root comes: they are first shown where everybody does."""
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    os.chmod(scratch, 0o755)
    linux.mount("weir-escape", scratch, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    os.mkdir(f"{scratch}/root", 0o777)
    shown = {}
    for number, (inside, source) in enumerate(places.items()):
        shown[inside] = f"{scratch}/place-{number}"
        linux.bind(source, shown[inside])
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else /proc/self/uid_map stays root's
    return shown


def live(scratch, places, work, writer):
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    root = f"{scratch}/root"
    os.makedirs(root, exist_ok=True)
    build_root(root, places)
    linux.pivot_root(root)
    report = work(World())
    with os.fdopen(writer, "wb") as f:
        f.write(json.dumps({"report": report}).encode())


# --- the root directory -------------------------------------------------------------------------------------------

def build_root(root, places):
    linux.mount("weir-escape", root, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    linux.bind("/usr", f"{root}/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
        elif os.path.isdir(f"/{name}"):
            linux.bind(f"/{name}", f"{root}/{name}")
            linux.make_read_only(f"{root}/{name}")
    linux.make_read_only(f"{root}/usr")
    for inside, source in places.items():
        linux.bind(source, root + inside)
        linux.make_read_only(root + inside)
    build_etc(root)
    build_dev(root)
    os.mkdir(f"{root}/proc")
    linux.mount("proc", f"{root}/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV)
    for name, mode in (("tmp", 0o1777), ("var/tmp", 0o1777), ("run", 0o755), ("home", 0o755), ("root", 0o700), ("sys", 0o755), ("var/mail", 0o755)):
        os.makedirs(f"{root}/{name}", exist_ok=True)
        os.chmod(f"{root}/{name}", mode)


def build_etc(root):
    os.mkdir(f"{root}/etc")
    for name in ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ssl", "ca-certificates", "services", "protocols"):
        if os.path.exists(f"/etc/{name}"):
            linux.bind(f"/etc/{name}", f"{root}/etc/{name}")
            linux.make_read_only(f"{root}/etc/{name}")
    texts = {"passwd": f"root:x:0:0:root:/root:/bin/sh\n{USER}:x:{UID}:{UID}::{HOME}:/bin/bash\n",
             "group": f"root:x:0:\n{USER}:x:{UID}:\n",
             "hosts": "127.0.0.1 localhost\n::1 localhost\n",
             "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
             "resolv.conf": f"nameserver {ADDRESSES['resolver']}\noptions timeout:1 attempts:1\n",
             "machine-id": "0" * 32 + "\n"}
    for name, text in texts.items():
        pathlib.Path(f"{root}/etc/{name}").write_text(text)


def build_dev(root):
    """Of the devices those that hold nothing; terminals and shared memory are the world's own."""
    os.mkdir(f"{root}/dev")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        linux.bind(f"/dev/{name}", f"{root}/dev/{name}")
    for name, kind, data in (("shm", "tmpfs", "mode=1777"), ("mqueue", "mqueue", None), ("pts", "devpts", "newinstance,ptmxmode=0666,mode=620")):
        os.mkdir(f"{root}/dev/{name}")
        linux.mount(kind, f"{root}/dev/{name}", kind, linux.MS_NOSUID, data)
    os.symlink("pts/ptmx", f"{root}/dev/ptmx")
    for name, number in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{number}", f"{root}/dev/{name}")


# --- the inhabitants ----------------------------------------------------------------------------------------------

class World:
    """What the harness holds of a world while it lives. Made once, by its first process."""

    def __init__(self):
        os.environ.clear()
        os.environ["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        self.secrets = home.Secrets()
        self.session_key()
        self.network()
        self.witness = witness.Witness()
        self.listen()
        self.user_namespace = self.make_user()
        home.make_template()
        self.bystander = None
        self.witness.start()

    def session_key(self):
        """A secret in the session keyring, as a login leaves one; whoever is started from here inherits the ring."""
        linux.keyctl(1, None)  # KEYCTL_JOIN_SESSION_KEYRING: a new one
        linux.add_key("weir-escape", self.secrets["session_key"], -3)
        self.shared_memory = home.make_shared_memory(self.secrets["shared_memory"])

    def network(self):
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        linux.unshare(linux.CLONE_NEWNET)
        self.internet = os.open("/proc/self/ns/net", os.O_RDONLY)
        ip([f"link add cable0 type veth peer name cable1 netns /proc/1/fd/{own}", "link set lo up", "link set cable0 up",
            "addr add 192.0.2.1/24 dev cable0", "addr add 2001:db8:1::1/64 dev cable0 nodad",
            *(f"addr add {address}/32 dev lo" for address in ADDRESSES.values()),
            *(f"addr add {address}/128 dev lo nodad" for address in ADDRESSES6.values())])
        linux.setns(own, linux.CLONE_NEWNET)
        ip(["link set lo up", "link set cable1 up", f"addr add {OWN}/24 dev cable1", "addr add 2001:db8:1::2/64 dev cable1 nodad",
            "route add default via 192.0.2.1", "route add default via 2001:db8:1::1"])
        # As on a usual machine everybody may ping.
        pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
        self.own_network = own

    def listen(self):
        """Who would notice: services of this machine, and hosts of the internet."""
        add = self.witness.add_inet
        add("loopback", "127.0.0.1", 7001)
        add("loopback6", "::1", 7002)
        add("loopback_udp", "127.0.0.1", 7003, kind="udp")
        add("own_address", "0.0.0.0", 7004)
        for kind in ("stream", "dgram", "seqpacket"):
            self.witness.add_unix(f"abstract_{kind}", f"\0weir-escape-{kind}", kind)
        linux.setns(self.internet, linux.CLONE_NEWNET)
        self.witness.add_sniffer("cable0")
        for name, address in {**ADDRESSES, **ADDRESSES6}.items():
            for port in (80, 443, 7777, 22):
                add(name, address, port)
            add(name, address, 7777, kind="udp")
            add(name, address, 53, kind="dns")
            add(name, address, 53)
        linux.setns(self.own_network, linux.CLONE_NEWNET)
        self.witness.answers = {name: itertools.cycle([ADDRESSES[place] for place in places])
                                for name, places in (CHANGING | {name: [place] for name, place in NAMES.items()}).items()}

    def make_user(self):
        """Everybody but this process lives in a user namespace below it, as an ordinary user without privileges."""
        ready, go = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            linux.unshare(linux.CLONE_NEWUSER)
            os.write(ready[1], b"x")
            os.read(go[0], 1)
            os._exit(0)
        os.read(ready[0], 1)
        linux.map_ids(child, UID, UID, 0, 0)
        fd = os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
        os.write(go[1], b"x")
        os.waitpid(child, 0)
        for end in (*ready, *go):
            os.close(end)
        return fd

    def as_user(self, argv):
        """The command line that runs `argv` as the ordinary user."""
        return ["nsenter", f"--user=/proc/1/fd/{self.user_namespace}", "--preserve-credentials", "--", *argv]

    def reset(self):
        """Everything as at the beginning: nobody but this process and a bystander, a fresh home, nothing noticed."""
        self.end_everybody()
        self.witness.forget()
        home.fill(self.secrets)
        for name, path in home.SOCKETS.items():
            self.witness.add_unix(name, path, "stream")
        self.bystander = home.start_bystander(self)

    def end_everybody(self):
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
        while True:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return


def ip(commands):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True)
