#!/usr/bin/env python3
"""A company's proxy for company_proxy.py: connect_proxy.py PORT LOG

CONNECT only, at 127.0.0.1, for who shows the credentials; it looks names up in a table of its own and writes each request's first line, and whether
it was let through, to LOG.
"""

import base64
import socket
import sys
import threading

CREDENTIALS = "Basic " + base64.b64encode(b"ann:company-secret").decode()
NAMES = {"a.example": "93.184.216.34", "evil.example": "93.184.216.35", "inner.example": "10.7.7.7"}


def pass_on(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, log):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte:
            return
        head += byte
    lines = head.decode().split("\r\n")
    fine = f"Proxy-Authorization: {CREDENTIALS}" in lines and lines[0].startswith("CONNECT ")
    with open(log, "a") as file:
        file.write(f"{lines[0]} {'let' if fine else 'refused'}\n")
    if not fine:
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"company\"\r\nContent-Length: 0\r\n\r\n")
        return
    host, port = lines[0].split(" ")[1].rsplit(":", 1)
    try:
        server = socket.create_connection((NAMES.get(host, host), int(port)), timeout=10)
    except OSError:
        client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        return
    client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 company\r\n\r\n")
    back = threading.Thread(target=pass_on, args=(server, client), daemon=True)
    back.start()
    pass_on(client, server)
    back.join()


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, sys.argv[2]), daemon=True).start()


main()
