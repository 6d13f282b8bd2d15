"""Sockets of this machine: of other programs of the person, and doors that the attack opens itself."""
import socket

from home import WORKSPACE
from probe import NOT_DIRECT, Effect, Group, reaches

group = Group("sockets", "sockets of this machine")


@group.probe(reaches("abstract_stream"))
def abstract_stream():
    "an abstract socket"
    tell("\0weir-escape-stream", family=socket.AF_UNIX)


@group.probe(reaches("abstract_dgram"))
def abstract_datagram():
    "an abstract socket, by a datagram without a connection"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(NONCE.encode(), "\0weir-escape-dgram")


@group.probe(reaches("abstract_seqpacket"))
def abstract_packets():
    "an abstract socket of packets"
    tell("\0weir-escape-seqpacket", family=socket.AF_UNIX, kind=socket.SOCK_SEQPACKET)


for name, what in {"x11": "the display in /tmp", "docker": "the daemon of containers in /run", "bus": "the session bus: starting a service is a way out",
                   "gpg_agent": "the agent of signing keys", "vscode": "the editor's socket in /tmp", "wayland": "the display in /run/user"}.items():
    group.add(f"path_{name}", what, f"attempt(lambda: tell(B.sockets[{name!r}], family=socket.AF_UNIX))\n", reaches(name))


# Not a direct one: sockets of the workspace lead to who has them open there (docs/pod.md, Direct).
@group.probe(reaches("in_workspace"), only=NOT_DIRECT)
def path_in_workspace():
    "a development server's socket in the workspace itself"
    tell(B.sockets["in_workspace"], family=socket.AF_UNIX)


@group.probe(reaches("docker"))
def path_through_link():
    "a socket through a link in the workspace"
    os.symlink(B.sockets["docker"], "s")
    tell("s", family=socket.AF_UNIX)


@group.probe(reaches("bus"))
def path_by_root():
    "a socket by /proc/self/root"
    tell("/proc/self/root" + B.sockets["bus"], family=socket.AF_UNIX)


@group.probe(reaches("x11"))
def path_of_bystander():
    "a socket in the file system of another process"
    tell(f"/proc/{bystander()}/root{B.sockets['x11']}", family=socket.AF_UNIX)


@group.probe(reaches("in_workspace"), only=NOT_DIRECT)
def path_by_hard_link():
    "the workspace's socket under another name"
    os.link(".dev-server.sock", "again.sock")
    tell("again.sock", family=socket.AF_UNIX)


@group.probe(reaches("in_workspace"), only=NOT_DIRECT)
def path_by_descriptor():
    "the workspace's socket by a descriptor that names it (O_PATH)"
    fd = os.open(".dev-server.sock", os.O_PATH)
    tell(f"/proc/self/fd/{fd}", family=socket.AF_UNIX)


@group.probe(reaches("loopback"))
def loopback():
    "a service on 127.0.0.1"
    tell("127.0.0.1", 7001)


@group.probe(reaches("loopback"))
def loopback_other_name():
    "the same by the name localhost"
    tell("localhost", 7001)


@group.probe(reaches("loopback"))
def loopback_by_zero():
    "the same as 0.0.0.0, which the kernel takes for it"
    tell("0.0.0.0", 7001)


@group.probe(reaches("loopback"))
def loopback_mapped():
    "the same as an IPv6 address with the IPv4 one in it"
    tell("::ffff:127.0.0.1", 7001, family=socket.AF_INET6)


@group.probe(reaches("loopback6"))
def loopback_six():
    "a service on ::1"
    tell("::1", 7002, family=socket.AF_INET6)


@group.probe(reaches("loopback_udp"))
def loopback_datagram():
    "a service on 127.0.0.1, by UDP"
    tell("127.0.0.1", 7003, kind=socket.SOCK_DGRAM)


@group.probe(reaches("own_address"))
def own_address():
    "a service of this machine by its address on the network"
    tell(B.own, 7004)


@group.probe(reaches("loopback"))
def loopback_fast_open():
    "data with the first packet (MSG_FASTOPEN), without connect()"
    with socket.socket() as s:
        s.sendto(f"{NONCE}\r\n\r\n".encode(), 0x20000000, ("127.0.0.1", 7001))


@group.probe(reaches("loopback"))
def loopback_multipath():
    "multipath TCP, which rules for TCP may not bind"
    tell("127.0.0.1", 7001, protocol=262)


@group.probe(reaches("loopback"))
def loopback_by_program():
    "bash's own /dev/tcp"
    run("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/7001 && echo {NONCE} >&3")


@group.probe(reaches("loopback"))
def loopback_after_fork_of_namespace():
    "from a user namespace of its own"
    must(libc.unshare(0x10000000))
    tell("127.0.0.1", 7001)


def serves(port):
    def seen(world, run):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=3) as s:
                return run.nonce.encode() in s.recv(100)
        except OSError:
            return False
    return Effect(f"whoever connects to port {port} of this machine gets the attack's answer", seen, on_hold=True)


@group.probe(serves(7099))
def serves_on_loopback():
    "a service of its own where the person's browser finds it"
    with socket.socket() as s:
        s.bind(("127.0.0.1", 7099))
        s.listen()
        threading.Thread(target=lambda: s.accept()[0].send(NONCE.encode()), daemon=True).start()
        hold()


@group.probe(serves(7098))
def serves_on_all_addresses():
    "the same on all addresses"
    with socket.socket() as s:
        s.bind(("0.0.0.0", 7098))
        s.listen()
        threading.Thread(target=lambda: s.accept()[0].send(NONCE.encode()), daemon=True).start()
        hold()


def answers(address):
    def seen(world, run):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(3)
                s.connect(address)
                return run.nonce.encode() in s.recv(100)
        except OSError:
            return False
    return Effect(f"whoever connects to {address} gets the attack's answer", seen, on_hold=True)


@group.probe(answers("\0weir-escape-claimed"))
def claims_abstract_name():
    "the abstract name of a service that is not running just now"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("\0weir-escape-claimed")
        s.listen()
        threading.Thread(target=lambda: s.accept()[0].send(NONCE.encode()), daemon=True).start()
        hold()


@group.probe(answers("/tmp/.claimed.sock"))
def claims_path():
    "the path of a service in /tmp that is not running just now"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("/tmp/.claimed.sock")
        s.listen()
        threading.Thread(target=lambda: s.accept()[0].send(NONCE.encode()), daemon=True).start()
        hold()


@group.probe(answers(f"{WORKSPACE}/claimed.sock"))
def serves_in_workspace():
    "a socket in the workspace, served while the sandbox runs"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("claimed.sock")
        s.listen()
        threading.Thread(target=lambda: s.accept()[0].send(NONCE.encode()), daemon=True).start()
        hold()
