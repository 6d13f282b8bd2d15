# For attacks on a network: the proxies that a sandbox offers, and what is said to them. Without a sandbox there is none, and
# the connection is made directly: that is what the attacker wants.
import base64
import urllib.parse

PORTS = {"http": 3128, "socks5h": 1080}  # where proxies listen that no variable names


def proxy(kind):
    """(host, port, login) of the proxy inside; None when there is none."""
    names = {"http": ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY"], "socks5h": ["ALL_PROXY", "all_proxy"]}[kind]
    for value in filter(None, map(os.environ.get, names)):
        url = urllib.parse.urlsplit(value)
        if url.scheme.startswith(kind[:5]):
            return url.hostname, url.port, (url.username or "", url.password or "")
    try:
        socket.create_connection(("127.0.0.1", PORTS[kind]), timeout=1).close()
        return "127.0.0.1", PORTS[kind], ("", "")
    except OSError:
        return None


def dial(address, port):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.settimeout(4)
    s.connect((address, port))
    return s


def encoded(text):
    return text if isinstance(text, bytes) else text.encode()


def http_proxy(first_line, host, real):
    """A connection on which the first line of a request and its Host were sent to the proxy; the answer's head."""
    place = proxy("http")
    if place is None:
        return dial(*real), b""
    s = dial("127.0.0.1" if place[0] == "localhost" else place[0], place[1])
    login = base64.b64encode(":".join(place[2]).encode()) if place[2][0] else b""
    s.sendall(encoded(first_line) + b"\r\nHost: " + encoded(host) + (b"\r\nProxy-Authorization: Basic " + login if login else b"") +
              (b"\r\nX-Word: " + NONCE.encode() if not first_line.startswith(("CONNECT", b"CONNECT")[isinstance(first_line, bytes)]) else b"") + b"\r\n\r\n")
    return s, s.recv(4096)


def tunnel(authority, real):
    """A connection through the proxy to `authority`, whatever bytes that is; directly to `real` without a proxy."""
    s, head = http_proxy(b"CONNECT " + encoded(authority) + b" HTTP/1.1", authority, real)
    if head and b" 200" not in head.split(b"\r\n")[0]:
        raise OSError(13, "the proxy says " + head.split(b"\r\n")[0].decode(errors="replace"))
    return s


def socks(kind, address, port, real, command=1):
    """The same by SOCKS5 (RFC 1928): kind 1 is IPv4, 3 a name, 4 IPv6."""
    place = proxy("socks5h")
    if place is None:
        return dial(*real)
    s = dial("127.0.0.1" if place[0] == "localhost" else place[0], place[1])
    s.sendall(b"\5\2\0\2")
    if s.recv(2)[1:] == b"\2":
        user, password = (word.encode() for word in place[2])
        s.sendall(b"\1" + bytes([len(user)]) + user + bytes([len(password)]) + password)
        s.recv(2)
    address = encoded(address)
    s.sendall(bytes([5, command, 0, kind]) + (bytes([len(address)]) if kind == 3 else b"") + address + struct.pack("!H", port))
    answer = s.recv(64)
    if len(answer) < 2 or answer[1] != 0:
        raise OSError(13, f"the proxy says {answer!r}")
    return s


def ask(s, host, path="/"):
    """A plain request on a connection, with the word of this run."""
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Word: {NONCE}\r\n\r\n".encode())
    try:
        return s.recv(4096)
    except OSError:
        return b""


def to_allowed(port):
    """A connection to the allowed host by whatever way is offered."""
    if os.environ.get("HTTP_PROXY"):
        return tunnel(f"{ALLOWED}:{port}", (A.allowed, port))
    return dial(socket.gethostbyname(ALLOWED), port)


def put(port, *pieces):
    """Bytes for the allowed host, one packet each, whatever it answers."""
    s = to_allowed(port)
    for piece in pieces:
        s.sendall(encoded(piece))
        time.sleep(0.02)
    time.sleep(0.1)


def name_extension(*names):
    """server_name (RFC 6066), of which there should be one with one name."""
    listed = b"".join(struct.pack("!BH", 0, len(name)) + name for name in map(encoded, names))
    return struct.pack("!HHH", 0, len(listed) + 2, len(listed)) + listed


def client_hello(name, *more, before=b""):
    """The first message of TLS 1.2 with a server name and the word of this run in its session id (RFC 5246). `more`: further
    extensions; `before`: others that come first."""
    server_name = before + name_extension(name) + b"".join(more)
    groups = struct.pack("!HHHHHHHH", 10, 4, 2, 29, 13, 4, 2, 0x0804)
    extensions = server_name + groups
    word = NONCE.encode().ljust(32, b"0")
    body = b"\3\3" + bytes(32) + bytes([32]) + word + struct.pack("!HHH", 4, 0xC02F, 0x002F) + b"\1\0" + struct.pack("!H", len(extensions)) + extensions
    hello = b"\1" + struct.pack("!I", len(body))[1:] + body
    return record(hello)


def record(data):
    """A record of TLS that holds a part of the handshake."""
    return b"\x16\3\1" + struct.pack("!H", len(data)) + data


def http2(host):
    """The beginning of HTTP/2 and a request (RFC 9113), its fields written out (RFC 7541, 6.2.2)."""
    fields = b"\x82\x86\x84" + b"\x01" + bytes([len(host)]) + host.encode()
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]) + struct.pack("!I", len(fields))[1:] + b"\1\5\0\0\0\1" + fields


def query(name, kind=1):
    """A DNS question (RFC 1035)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", 0x5731, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


EVIL, ALLOWED = "evil.example.net", "mirror.example.org"
A = types.SimpleNamespace(**B.addresses, **B.addresses6)
