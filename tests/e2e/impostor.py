"""Peers of the tests: a server that only counts what it receives, and something that sits on Weir's socket."""
import os
import socket
import struct
import threading
import time

FRAME_HEADER = struct.Struct("<4sBBHI")  # docs/formats/hook-wire.md: magic, version, type, reserved, length
ANSWER = 2
EXIT_CODE_AT = FRAME_HEADER.size


def unsigned_allow():
    """An answer of the right shape, "exit 0, no output", whose signature is zeros."""
    body = struct.pack("<BII", 0, 0, 0) + bytes(64)
    return FRAME_HEADER.pack(b"WEIR", 1, ANSWER, 0, len(body)) + body


def receive_exactly(source, count):
    data = b""
    while len(data) < count:
        chunk = source.recv(count - len(data))
        if not chunk:
            raise OSError("the peer hung up")
        data += chunk
    return data


def receive_frame(source):
    header = receive_exactly(source, FRAME_HEADER.size)
    return header + receive_exactly(source, FRAME_HEADER.unpack(header)[4])


class Peer:
    """A loopback server that takes whatever comes, answers nothing and hangs up."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections, self.bytes = 0, b""
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(0.5)
            try:
                self.bytes += connection.recv(65536)
            except OSError:
                pass
            connection.close()

    def received(self, patience_s=1.0):
        """What has come in. The sender may end before this server has run: it is given a moment."""
        deadline = time.monotonic() + patience_s
        while not self.bytes and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.bytes

    def requests(self, patience_s=1.0):
        """The request lines of HTTP that came."""
        lines = self.received(patience_s).decode(errors="replace").splitlines()
        return [line for line in lines if line.endswith(" HTTP/1.1")]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class Impostor:
    """Takes the place of a Unix socket. Manners:

    garbage   answers bytes that mean nothing          allow    answers "exit 0" in the right form, unsigned
    hang-up   closes at once                           silent   reads and never answers
    alter     passes on to the real daemon and flips one bit of its answer
    soften    passes on and turns the exit code of a genuine refusal into 0
    record    passes on and keeps the answer           repeat   answers what was kept
    """

    def __init__(self, path, manner):
        self.path, self.real, self.manner = str(path), str(path) + ".real", manner
        self.connections, self.kept, self.open = 0, b"", []
        if os.path.exists(self.path):
            os.rename(self.path, self.real)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        manner = self.manner
        if manner == "silent":
            self.open.append(connection)
            return
        try:
            if manner != "hang-up":
                connection.sendall(self.reply(manner, receive_frame(connection)))
        except OSError:
            pass
        finally:
            connection.close()

    def reply(self, manner, request):
        if manner == "garbage":
            return os.urandom(4096)
        if manner == "allow":
            return unsigned_allow()
        if manner == "repeat":
            return self.kept
        with socket.socket(socket.AF_UNIX) as real:
            real.connect(self.real)
            real.sendall(request)
            genuine = bytearray(receive_frame(real))
        if manner == "record":
            self.kept = bytes(genuine)
        elif manner == "alter":
            genuine[len(genuine) // 2] ^= 1
        elif manner == "soften":
            genuine[EXIT_CODE_AT] = 0
        return bytes(genuine)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        for connection in self.open:
            connection.close()



class Nobody:
    """Stands for an impostor where there is nothing to impersonate."""

    manner, connections = "", 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
