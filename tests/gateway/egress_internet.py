#!/usr/bin/env python3
"""A small internet for egress_clients.py, in a network namespace of its own: egress_internet.py DIRECTORY

Serves at public addresses and writes one JSON line for each thing that reached it to DIRECTORY/reached.jsonl. This log, not
Weir's, says what got out.
"""

import http.server
import json
import pathlib
import socket
import socketserver
import ssl
import sys
import threading
import time

SITE = "93.184.216.34"    # a.example, b.example: one server with two names, as a CDN has
OTHER = "93.184.216.35"   # evil.example
PRIVATE = "10.7.7.7"      # nas.example
LOCK = threading.Lock()


def note(directory, **what):
    with LOCK, open(directory / "reached.jsonl", "a") as log:
        log.write(json.dumps(what) + "\n")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, *_):
        pass  # clients that are cut off are what is tested


def handler(directory, scheme, place):
    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(directory / "www"))

        def log_message(self, *_):
            pass

        def said(self, **more):
            name = getattr(self.connection, "said_name", None)
            note(directory, place=place, scheme=scheme, method=self.command, path=self.path, host=self.headers.get("Host"),
                 sni=name, proxy_fields=[n for n in self.headers if n.lower().startswith("proxy-")], **more)

        def do_GET(self):
            self.said()
            if self.path == "/slow":
                time.sleep(1)
            super().do_GET()

        def do_CONNECT(self):
            self.said()
            self.send_error(405)

        def do_POST(self):
            size = int(self.headers.get("Content-Length", 0))
            if self.headers.get("Transfer-Encoding") == "chunked":
                size = 0
                while n := int(self.rfile.readline().strip() or b"0", 16):
                    size += len(self.rfile.read(n))
                    self.rfile.readline()
                self.rfile.readline()
            else:
                self.rfile.read(size)
            self.said(bytes=size)
            body = f"got {size}\n".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
    return Handler


def web(directory, place, port, tls=None, prepare=lambda context: None):
    server = Server((place, port), handler(directory, "https" if tls else "http", place))
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "site.pem", tls / "site.key")

        def name(connection, server_name, _):
            connection.said_name = server_name
            note(directory, place=place, scheme="tls", sni=server_name)
        context.sni_callback = name
        prepare(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def raw(directory, place, port):
    """Speaks first, as SSH does, and says back what it is told."""
    class Raw(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(b"SSH-2.0-small\r\n")
            got = self.request.recv(1000)
            note(directory, place=place, scheme="raw", port=port, got=got.decode("latin-1"))
            self.request.sendall(b"you said " + got)
    server = socketserver.ThreadingTCPServer((place, port), Raw)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def datagrams(directory, place, port):
    fd = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fd.bind((place, port))

    def serve():
        while True:
            got, _ = fd.recvfrom(2000)
            note(directory, place=place, scheme="udp", port=port, got=got.decode("latin-1"))
    threading.Thread(target=serve, daemon=True).start()


def main():
    directory = pathlib.Path(sys.argv[1])
    for place in (SITE, OTHER, PRIVATE):
        web(directory, place, 80)
        web(directory, place, 443, directory / "tls")
    web(directory, "169.254.169.254", 80)
    # Asks clients of today for another key exchange: HelloRetryRequest. And one of yesterday.
    web(directory, SITE, 8443, directory / "tls", lambda context: context.set_ecdh_curve("secp384r1"))
    web(directory, SITE, 8444, directory / "tls", lambda context: setattr(context, "maximum_version", ssl.TLSVersion.TLSv1_2))
    raw(directory, SITE, 22)
    raw(directory, OTHER, 22)
    for place in ("8.8.8.8", "9.9.9.9"):
        datagrams(directory, place, 53)
    (directory / "ready").touch()
    threading.Event().wait()


if __name__ == "__main__":
    main()
