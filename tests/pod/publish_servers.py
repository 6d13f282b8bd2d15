#!/usr/bin/env python3
"""Servers in pods whose ports are published, their clients outside, and what must not work: publish_servers.py DIRECTORY_OF_THE_PROGRAMS

Everything happens in namespaces that this test makes; the "host" is the network of these. What was reached is judged by
the clients and servers themselves, what is left by the kernel's tables.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))  # clients.py
from clients import Skip, in_namespaces, run_tests

WAIT = 30
LEAST_MB = 8
HTTP = "python3 -m http.server 8000 --bind 127.0.0.1"
# Answers an upgrade, then sends back what it is sent, and ends when its peer does.
UPGRADE = r"""
const server = require('http').createServer((request, response) => response.end('plain\n'));
server.on('upgrade', (request, socket, head) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  if (head.length) socket.write(head);
  socket.allowHalfOpen = true;
  socket.pipe(socket);
});
server.listen(8000, '0.0.0.0');
"""
# Accepts everybody and answers only when all have come.
ALL_TOGETHER = r"""
import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 8000)); s.listen(512)
print("listens", flush=True)
wanted, there = int(sys.argv[1]), []
while len(there) < wanted:
    there.append(s.accept()[0])
for number, one in enumerate(there):
    one.sendall(b"%d\n" % number); one.close()
s.settimeout(20)
try:
    while True:
        s.accept()[0].close()
except OSError: pass
"""
# Tries every address and port that is the host's, and the descriptors that it was given.
BACK = r"""
import os, socket, sys
reached = []
for port in map(int, sys.argv[1:]):
    for host in ("127.0.0.1", "127.0.0.2", "192.0.2.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"):
        try:
            socket.create_connection((host, port), 2).close(); reached.append((host, port))
        except OSError: pass
for fd in range(3, 256):
    try: reached.append(("descriptor", os.fstat(fd).st_ino))
    except OSError: pass
open("reached", "w").write(repr(reached) + "\n")
"""


def expect(fact, what):
    if not fact:
        raise AssertionError(what)


def until(test, what):
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        found = test()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("not within 30 seconds: " + what)


def dial(port, host="127.0.0.1"):
    one = socket.create_connection((host, port), 5)
    one.settimeout(WAIT)
    return one


def refused(port, host="127.0.0.1"):
    try:
        dial(port, host).close()
    except ConnectionRefusedError:
        return True
    return False


def fetch(port, path="/"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=WAIT) as answer:
        return answer.read()


def rest(one):
    """All that still comes, and then the connection is closed."""
    with one, one.makefile() as text:
        return text.read()


def answers(port):
    try:
        return fetch(port) or True
    except (OSError, urllib.error.URLError):
        return False


def lives(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def others():
    """Living processes of this test's pid namespace but itself, which is the first and reaps nobody."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid() and lives(name)]


class World:
    def __init__(self, programs, top):
        self.weir = pathlib.Path(programs).resolve() / "weir"
        self.top = top
        self.project = top / "project"
        self.project.mkdir()
        (self.project / "page").write_text("from the pod\n")
        (self.project / "large").write_bytes(os.urandom(LEAST_MB << 20))
        for name, text in (("upgrade.js", UPGRADE), ("together.py", ALL_TOGETHER), ("back.py", BACK)):
            (self.project / name).write_text(text)

    def close(self):
        for leftover in others():
            os.kill(leftover, signal.SIGKILL)  # of this test's own pid namespace

    def start(self, *argv, verb=("pod", "exec")):
        environment = {**os.environ, "WEIR_HOME": str(self.top / "weir"), "HOME": str(self.top / "home")}
        return subprocess.Popen([str(self.weir), *verb, *argv], cwd=self.project, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def pod(self, script, *options, **more):
        return self.start(*options, "--", "bash", "-c", script, **more)

    def place(self, process):
        """Reads the line that tells the port, and gives it."""
        line = process.stderr.readline()
        found = re.fullmatch(r"weir: 127\.0\.0\.1:(\d+) leads to port 8000 of the pod\n", line)
        expect(found, f"no line that tells the port: {line!r}")
        return int(found[1])

    def end(self, process, code=None):
        if process.poll() is None and code is None:
            process.terminate()
        said = process.communicate(timeout=WAIT)[1]
        if code is not None:
            expect(process.returncode == code, f"exit {process.returncode}, not {code}: {said}")
        return said


def http_works(world):
    pod = world.pod(HTTP, "--publish", "8000")
    until(lambda: answers(8000), "an answer")
    expect(fetch(8000, "/page") == b"from the pod\n", "another page")
    whole = (world.project / "large").read_bytes()
    expect(hashlib.sha256(fetch(8000, "/large")).digest() == hashlib.sha256(whole).digest(), "the large file came differently")
    world.end(pod)
    expect(refused(8000), "the port is still open after the pod's end")


def a_free_port_is_found_and_told(world):
    pod = world.pod(HTTP, "--quiet", "--publish", "0:8000")
    port = world.place(pod)
    until(lambda: answers(port), "an answer")
    world.end(pod)
    pod = world.pod("exit 3", "--json", "--publish", "0:8000", "--publish", "9000:8000")
    first = json.loads(pod.stderr.readline())["published"]
    expect(first[0]["port"] == 8000 and first[0]["host_port"] > 0 and first[1] == {"host_port": 9000, "port": 8000}, f"told: {first}")
    expect(json.loads(world.end(pod, 3))["published"] == first, "the end tells something else")


def an_upgraded_connection_streams_both_ways(world):
    if not shutil.which("node", path="/usr/bin:/bin:/usr/local/bin"):
        raise Skip("no node here")
    pod = world.pod("exec node upgrade.js", "--profile", "node", "--publish", "0:8000")
    port = world.place(pod)
    until(lambda: answers(port), "an answer of node")
    sent, got = hashlib.sha256(), hashlib.sha256()
    with dial(port) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += one.recv(1)
        expect(head.startswith(b"HTTP/1.1 101 "), f"no upgrade: {head!r}")

        def pour():
            for _ in range(256):
                block = os.urandom(65536)
                sent.update(block)
                one.sendall(block)
            one.shutdown(socket.SHUT_WR)

        writer = threading.Thread(target=pour)
        writer.start()
        size = 0
        while block := one.recv(65536):
            size += len(block)
            got.update(block)
        writer.join()
    expect(size == 256 * 65536 and sent.digest() == got.digest(), f"{size} bytes came back, or others")
    world.end(pod)


def a_hundred_at_once(world):
    pod = world.pod("python3 together.py 100", "--publish", "0:8000")
    port = world.place(pod)
    expect(pod.stdout.readline() == "listens\n", "no server")
    there = [dial(port) for _ in range(100)]
    numbers = sorted(int(rest(one)) for one in there)
    expect(numbers == list(range(100)), f"not everybody was answered: {numbers}")
    world.end(pod)


def no_more_than_256_and_the_rest_wait(world):
    pod = world.pod("python3 together.py 256", "--publish", "0:8000", "--limits", "open_files=1024")
    port = world.place(pod)
    expect(pod.stdout.readline() == "listens\n", "no server")
    there = [dial(port) for _ in range(300)]
    words = [rest(one) for one in there]
    numbers = sorted(int(word) for word in words if word)
    expect(numbers == list(range(256)), f"{len(numbers)} were served")
    expect(len(words) - len(numbers) == 44, "those behind them did not come at all")
    world.end(pod)


def one_that_does_not_read_stops_nobody_else(world):
    pod = world.pod(HTTP, "--publish", "0:8000")
    port = world.place(pod)
    until(lambda: answers(port), "an answer")
    with dial(port) as slow:
        slow.sendall(b"GET /large HTTP/1.0\r\n\r\n")
        for _ in range(20):
            expect(fetch(port, "/page") == b"from the pod\n", "nobody else is served")
        got = 0
        while block := slow.recv(1 << 20):
            got += len(block)
        expect(got > LEAST_MB << 20, "the slow one did not get all")
    world.end(pod)


def where_nothing_listens_the_client_is_reset(world):
    pod = world.pod("sleep 60", "--publish", "0:8000")
    with dial(world.place(pod)) as one:
        try:
            expect(not one.recv(1), "somebody answered")
            raise AssertionError("an end, no reset")
        except ConnectionResetError:
            pass
    world.end(pod)


def the_pod_reaches_nothing_of_the_host(world):
    with socket.create_server(("0.0.0.0", 0)) as bait, socket.create_server(("::1", 0), family=socket.AF_INET6) as bait6:
        ports = [bait.getsockname()[1], bait6.getsockname()[1]]
        # Outside, the same program gets through: else it would prove nothing.
        subprocess.run([sys.executable, "back.py", *map(str, ports)], cwd=world.project, check=True)
        outside = (world.project / "reached").read_text()
        expect("127.0.0.1" in outside and "192.0.2.1" in outside and "::1" in outside, f"the probe is broken: {outside}")
        (world.project / "reached").unlink()
        pod = world.pod("python3 -m http.server 8000 >/dev/null 2>&1 & python3 back.py " + " ".join(map(str, ports)) +
                        " 9100; cat reached; sleep 60", "--publish", "9100:8000")
        until(lambda: answers(9100), "an answer")
        said = pod.stdout.readline()
        world.end(pod)
        expect("[]" in said, f"a way to the host: {said}")


def it_listens_on_the_loopback_alone(world):
    pod = world.pod(HTTP, "--publish", "9200:8000")
    until(lambda: answers(9200), "an answer")
    expect(refused(9200, "192.0.2.1"), "another address of the host leads in")
    rows = [line.split()[1] for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"]
    expect(rows == [f"0100007F:{9200:04X}"], f"listening: {rows}")
    six = [line.split() for line in pathlib.Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    expect(not [row for row in six if row[3] == "0A"], f"listening on IPv6: {six}")
    world.end(pod)


def a_taken_port_is_one_line_and_nothing_runs(world):
    with socket.create_server(("127.0.0.1", 9300)):
        pods = world.top / "weir" / "state" / "pods"
        before = sorted(os.listdir(pods)) if pods.exists() else []
        said = world.end(world.pod("touch ran", "--publish", "9300:8000"), 125)
        expect(said.count("\n") == 1 and "taken" in said and "127.0.0.1:9300" in said, f"said: {said}")
        expect((sorted(os.listdir(pods)) if pods.exists() else []) == before, "a pod was made")
        expect(not (world.project / "ran").exists(), "it ran")


def what_cannot_be_is_refused(world):
    own = world.top / "weir" / "config" / "pods"
    own.mkdir(parents=True, exist_ok=True)
    (own / "alone.yaml").write_text("name: alone\nextends: generic\nnetwork: none\n")
    for options, word in ((["--profile", "alone", "--publish", "8000"], "without network"), (["--publish", "80:443"], "below port 1024"),
                          (["--allow", "a.example", "--publish", "3128"], "way out"), (["--publish", "0.0.0.0:8000:8000"], "not a port"),
                          (["--publish", "8000", "--publish", "8000"], "taken")):
        said = world.end(world.pod("touch ran", *options), 125)
        expect(word in said and said.count("\n") == 1, f"{options}: {said}")


def nothing_is_left(world):
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        pod = world.pod(HTTP, "--publish", "0:8000")
        port = world.place(pod)
        until(lambda port=port: answers(port), "an answer")
        with dial(port):
            pod.send_signal(signal_number)
            pod.wait(WAIT)
            until(lambda port=port: refused(port), "the port is closed")
        until(lambda: not others(), "no process is left")


def with_a_way_out_as_well(world):
    pod = world.pod(HTTP, "--allow", "a.example", "--supervise", "--publish", "0:8000")
    port = world.place(pod)
    until(lambda: answers(port), "an answer")
    expect(fetch(port, "/page") == b"from the pod\n", "another page")
    world.end(pod)


TESTS = [http_works, a_free_port_is_found_and_told, an_upgraded_connection_streams_both_ways, a_hundred_at_once, no_more_than_256_and_the_rest_wait,
         one_that_does_not_read_stops_nobody_else, where_nothing_listens_the_client_is_reset, the_pod_reaches_nothing_of_the_host,
         it_listens_on_the_loopback_alone, a_taken_port_is_one_line_and_nothing_runs, what_cannot_be_is_refused, nothing_is_left,
         with_a_way_out_as_well]


def main():
    subprocess.run(["sh", "-c", "ip link set lo up && ip addr add 192.0.2.1/32 dev lo"], check=True)
    return run_tests(TESTS, World)


if __name__ == "__main__":
    sys.exit(in_namespaces(main))
