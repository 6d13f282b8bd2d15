"""Who notices when a probe gets somewhere: listeners, a name server, and an ear on the cable to the internet.

    witness.add_inet("metadata", "169.254.169.254", 80)   # in the network namespace of the calling thread
    witness.start()
    witness.heard("metadata")                             # all bytes that came to it since forget()
    witness.heard("cable")                                # all packets that left the world, headers and all

One thread serves them all. What is said to a listener is kept; HTTP requests are answered, so that a client goes on.
"""
import os
import selectors
import socket
import struct
import threading

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
ETH_P_ALL = 3
KEPT_MAX = 1 << 20  # of each listener, in bytes


class Witness:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.lock = threading.Lock()
        self.kept = {}
        self.temporary = []
        self.answers = {}

    def start(self):
        threading.Thread(target=self.serve, daemon=True).start()

    def add_inet(self, name, address, port, kind="tcp"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, port))
        self.add(name, s, "accept" if kind == "tcp" else kind)

    def add_unix(self, name, address, kind):
        s = socket.socket(socket.AF_UNIX, {"stream": socket.SOCK_STREAM, "dgram": socket.SOCK_DGRAM, "seqpacket": socket.SOCK_SEQPACKET}[kind])
        s.bind(address)
        if not address.startswith("\0"):
            self.temporary.append(s)
        self.add(name, s, "read" if kind == "dgram" else "accept")

    def add_sniffer(self, interface):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        s.bind((interface, 0))
        self.add("cable", s, "packet")

    def add(self, name, s, kind):
        s.setblocking(False)
        if kind == "accept":
            s.listen(64)
        self.selector.register(s, selectors.EVENT_READ, (name, kind))

    def heard(self, name):
        with self.lock:
            return bytes(self.kept.get(name, b""))

    def forget(self):
        """Of a probe before: what it said, its connections, and the sockets that were laid out for it."""
        for s in self.temporary:
            self.selector.unregister(s)
            s.close()
        self.temporary = []
        with self.lock:
            self.kept.clear()

    def keep(self, name, data):
        with self.lock:
            self.kept[name] = (self.kept.get(name, b"") + data)[-KEPT_MAX:]

    def serve(self):
        while True:
            for key, _ in self.selector.select():
                try:
                    self.take(key.fileobj, *key.data)
                except (OSError, KeyError, ValueError):
                    continue

    def take(self, s, name, kind):
        if kind == "accept":
            connection, _ = s.accept()
            connection.setblocking(False)
            self.keep(name, b"<connected>")
            self.selector.register(connection, selectors.EVENT_READ, (name, "read"))
        elif kind == "packet":
            data, address = s.recvfrom(65536)
            if address[2] != socket.PACKET_OUTGOING:
                self.keep(name, data)
        elif kind == "dns":
            data, address = s.recvfrom(4096)
            self.keep(name, data)
            s.sendto(answer(data, self.answers), address)
        elif kind == "udp":
            data, address = s.recvfrom(65536)
            self.keep(name, data)
        else:
            self.read(s, name)

    def read(self, s, name):
        try:
            data = s.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data and s.type != socket.SOCK_DGRAM:
            self.selector.unregister(s)
            s.close()
            return
        self.keep(name, data)
        if b"HTTP/1" in data:
            s.send(REPLY * max(1, data.count(b"\r\n\r\n")))


def answer(query, names):
    """A DNS answer (RFC 1035): the next address of known names and those below them, nothing for others and other types."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace").lower())
        at += 1 + query[at]
    question, kind = query[12:at + 5], struct.unpack("!H", query[at + 1:at + 3])[0]
    address = next((names[name] for name in (".".join(labels[i:]) for i in range(len(labels))) if name in names), None)
    known = address is not None and kind == 1
    address = next(address) if known else address
    header = query[:2] + struct.pack("!HHHHH", 0x8180 if address else 0x8183, 1, int(known), 0, 0)
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(address) if known else b""
    return header + question + record
