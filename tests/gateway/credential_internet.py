#!/usr/bin/env python3
"""A small internet for credential_hunt.py: credential_internet.py DIRECTORY

api.example knows one token, says back what it is sent in every way that an error page might, and serves a git repository.
other.example and plain HTTP are the places that must never see it. One JSON line for each request, with its header fields, goes to
DIRECTORY/reached.jsonl.
"""

import base64
import gzip
import http.server
import json
import pathlib
import socketserver
import ssl
import sys
import threading
import zlib

API = "93.184.216.34"
OTHER = "93.184.216.35"
LOCK = threading.Lock()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def handler(directory, scheme, place):
    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(directory / "www"))

        def log_message(self, *_):
            pass

        def note(self, body=b""):
            with LOCK, open(directory / "reached.jsonl", "a") as log:
                log.write(json.dumps({"place": place, "scheme": scheme, "method": self.command, "path": self.path,
                                      "fields": list(self.headers.items()), "body": body.decode("latin-1")}) + "\n")

        def body_of(self):
            if self.headers.get("Transfer-Encoding") == "chunked":
                out = b""
                while n := int(self.rfile.readline().strip() or b"0", 16):
                    out += self.rfile.read(n)
                    self.rfile.readline()
                self.rfile.readline()
                return out
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def answer(self, body, *fields, status=200):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in fields:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def everything(self, body):
            return (f"{self.requestline}\n{self.headers}\n").encode() + body

        def do_GET(self):
            body = self.body_of()
            self.note(body)
            said = self.everything(body)
            value = self.headers.get("Authorization", "") or self.headers.get("X-Api-Key", "")
            token = value.split()[-1] if value else ""
            if self.path.startswith("/repo.git"):
                if not self.headers.get("Authorization"):
                    return self.answer(b"", ("WWW-Authenticate", 'Basic realm="git"'), status=401)
                return super().do_GET()
            kind = self.path.split("?")[0].rsplit("/", 1)[-1]
            if kind == "chunks":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.send_header("Trailer", "X-Said")
                self.end_headers()
                for i in range(0, len(said), 7):
                    piece = said[i:i + 7]
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
                self.wfile.write(b"0\r\nX-Said: " + value.encode() + b"\r\n\r\n")
                return None
            if kind == "gzip":
                return self.answer(gzip.compress(said), ("Content-Encoding", "gzip"))
            if kind == "deflate":
                return self.answer(zlib.compress(said), ("Content-Encoding", "deflate"))
            if kind == "negotiated":
                wanted = "gzip" in self.headers.get("Accept-Encoding", "")
                return self.answer(gzip.compress(said) if wanted else said, *([("Content-Encoding", "gzip")] if wanted else []))
            if kind == "range":
                said_range = self.headers.get("Range")
                if said_range:
                    first, last = said_range.removeprefix("bytes=").split("-")
                    return self.answer(token.encode()[int(first):int(last) + 1], ("Content-Range", f"bytes {first}-{last}/{len(token)}"), status=206)
                return self.answer(token.encode())
            if kind == "header":
                return self.answer(b"", ("X-You-Said", value), ("Set-Cookie", "t=" + token))
            if kind == "error":
                return self.answer(b"<pre>" + said + b"</pre>", status=500)
            if kind == "forms":
                raw = token.encode()
                return self.answer(json.dumps({"upper": token.upper(), "lower": token.lower(), "hex": raw.hex(), "reversed": token[::-1],
                                               "base64": base64.b64encode(b"x" + raw).decode()}).encode())
            if kind == "close":
                self.close_connection = True
                self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + said)
                return None
            if kind == "bye":  # without saying so before
                self.close_connection = True
                return self.answer(b"bye")
            if kind == "redirect":
                return self.answer(b"", ("Location", "https://other.example/echo"), status=302)
            return self.answer(said)

        do_POST = do_PUT = do_DELETE = do_TRACE = do_HEAD = do_GET
    return Handler


def web(directory, place, port, tls=None):
    server = Server((place, port), handler(directory, "https" if tls else "http", place))
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "site.pem", tls / "site.key")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    directory = pathlib.Path(sys.argv[1])
    for place in (API, OTHER):
        web(directory, place, 80)
        web(directory, place, 443, directory / "tls")
    (directory / "ready").touch()
    threading.Event().wait()


if __name__ == "__main__":
    main()
