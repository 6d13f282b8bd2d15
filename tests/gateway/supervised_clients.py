#!/usr/bin/env python3
"""The programs and attacks of egress_clients.py in pods that are supervised, and attacks on the supervisor:
supervised_clients.py DIRECTORY_OF_THE_PROGRAMS

Nothing is refused by the supervisor here (--supervise), so what does not reach the small internet was stopped by the proxy, which lets
out what the supervisor made itself and nothing else.
"""

import json
import sys

import egress_clients as clients

ALLOW_A = clients.ALLOW_A

# A thread exchanges the descriptor between a unix socket, which the kernel goes on with by itself, and a TCP socket, while another one
# connects it; what was connected so is used at once.
SWAP = """python3 - <<'P'
import ctypes, os, socket, struct, threading, time
libc = ctypes.CDLL(None)
place = struct.pack("=H", 2) + struct.pack(">H", 80) + socket.inet_aton(socket.gethostbyname("a.example")) + bytes(8)
unix = socket.socket(socket.AF_UNIX)
end = time.time() + 2
swapped = os.dup(unix.fileno())
tcp = socket.socket()
def exchange():
    while time.time() < end:
        os.dup2(tcp.fileno(), swapped)
        os.dup2(unix.fileno(), swapped)
threading.Thread(target=exchange).start()
won = answered = 0
while time.time() < end:
    libc.connect(swapped, place, 16)
    try:
        tcp.getpeername()
    except OSError:
        continue
    won += 1
    try:
        tcp.settimeout(5)
        tcp.sendall(b"GET /hello HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n")
        answered += b"hello" in tcp.recv(1000)
    except OSError:
        pass
    tcp = socket.socket()
    if won >= 50: end = 0
print("won", won, "answered", answered)
P"""

# A connection by sendto(2): TCP Fast Open, in both ways that there are.
FAST_OPEN = """python3 - <<'P'
import socket
to = (socket.gethostbyname("a.example"), 80)
request = b"GET /hello HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n"
for name in ("MSG_FASTOPEN", "TCP_FASTOPEN_CONNECT"):
    s = socket.socket()
    s.settimeout(5)
    try:
        if name == "MSG_FASTOPEN":
            s.sendto(request, socket.MSG_FASTOPEN, to)
        else:
            s.setsockopt(socket.IPPROTO_TCP, 30, 1)
            s.connect(to)
            s.sendall(request)
        print(name, s.recv(100)[:15])
    except OSError as error:
        print(name, error.strerror)
P"""


def an_exchanged_descriptor_gets_nowhere(world):
    """Without anybody in between the same thread would reach the server: the connections that it won are real."""
    done, reached = world.pod(SWAP, *ALLOW_A, "--json")
    report = json.loads(done.stderr.splitlines()[-1])
    unsupervised = sum(one["times"] for one in report["egress"]["refused"] if one["reason"] == "unsupervised")
    words = done.stdout.split()
    asked = sum(one["times"] for one in report["supervision"]["connections"])
    assert words[0] == "won" and int(words[1]) > 0, (done.stdout, done.stderr)
    # Where the supervisor saw the TCP socket it connected it as it should, and told of it.
    assert unsupervised > 0 and int(words[3]) <= asked and len(reached) <= asked, (done.stdout, asked, unsupervised, reached)


def a_bound_address_gets_nowhere(world):
    """The kernel connects "any address" to the one that the socket is bound to; decided was the loopback."""
    done, reached = world.pod("""python3 -c '
import socket
s = socket.socket(); s.settimeout(5); s.bind((socket.gethostbyname("a.example"), 0)); s.connect(("0.0.0.0", 80))
s.sendall(b"GET /hello HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n"); print(s.recv(100))'""", *ALLOW_A, "--json")
    egress = json.loads(done.stderr.splitlines()[-1])["egress"]
    assert reached == [] and [one["reason"] for one in egress["refused"]] == ["unsupervised"], (done.stdout, egress, reached)


def fast_open_is_off(world):
    done, reached = world.pod(FAST_OPEN, *ALLOW_A)
    assert "MSG_FASTOPEN Operation not supported" in done.stdout and "TCP_FASTOPEN_CONNECT Operation not supported" in done.stdout, done.stdout
    assert reached == [], reached


def told_by_what_runs(world):
    """A program under an innocent name, in an interpreter, in the background after its parent has ended."""
    script = """cp $(command -v curl) ./notes; ./notes -sS http://a.example/hello; (exec -a make curl -sS http://a.example/hello)
python3 -c 'import urllib.request as u; u.urlopen("http://a.example/hello")'
curl -sS -x http://127.0.0.1:3128 http://a.example/hello; curl -sS --socks5-hostname 127.0.0.1:1080 http://a.example/hello
(setsid sh -c '(sleep 0.2; ./notes -sS http://a.example/hello > late) &'); while ! grep -q hello late; do sleep 0.1; done 2>/dev/null"""
    done, _ = world.pod(script, *ALLOW_A, "--json")
    seen = {(one["program"].rsplit("/", 1)[-1], one["argv0"], one["host"], one["how"]): one["times"]
            for one in json.loads(done.stderr.splitlines()[-1])["supervision"]["connections"]}
    assert seen.pop(("notes", "./notes", "a.example", "direct")) == 2, seen
    assert seen.pop(("curl", "make", "a.example", "direct")) == 1, seen
    assert seen.pop(("curl", "curl", "a.example", "proxy")) == 1 and seen.pop(("curl", "curl", "a.example", "socks")) == 1, seen
    [((program, argv0, host, how), times)] = seen.items()
    assert program.startswith("python3") and (argv0, host, how, times) == ("python3", "a.example", "direct", 1), seen


def last_words_get_out(world):
    """What a program sent before the pod ended with it."""
    script = """exec python3 -c '
import socket
s = socket.create_connection(("a.example", 80)); s.sendall(b"GET /hello HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n")'"""
    for _ in range(5):
        done, reached = world.pod(script, *ALLOW_A)
        assert done.returncode == 0 and len(reached) == 1, (done, reached)


def told_to_the_person(world):
    done, _ = world.pod("curl -sS http://a.example/hello; curl -sS http://a.example/hello", *ALLOW_A)
    assert "weir: supervised: 3 programs were started, 2 connections asked for" in done.stderr, done.stderr
    assert "/curl to a.example:80, 2 times" in done.stderr, done.stderr


TESTS = [clients.usual_clients, clients.other_kinds_of_tls, clients.requests_of_python, clients.fetch_of_node, clients.git_clones, clients.through_the_proxies,
         clients.any_protocol_at_its_port, clients.private_destinations, clients.the_hosts_loopback, clients.attacks, clients.thousand_connections,
         clients.a_dead_proxy_lets_nothing_out, clients.the_proxy_dies_with_its_supervisor, an_exchanged_descriptor_gets_nowhere, a_bound_address_gets_nowhere,
         fast_open_is_off,
         told_by_what_runs, last_words_get_out, told_to_the_person]

if __name__ == "__main__":
    sys.exit(clients.main(TESTS, ("--supervise",)))
