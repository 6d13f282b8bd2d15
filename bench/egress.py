#!/usr/bin/env python3
"""What the way out of a pod costs: egress.py PROGRAMS

In namespaces of its own (tests/gateway/egress_clients.py), against the same small servers: from the host directly, and from a pod
through the egress proxy. Asked are whole requests one after another, each on a connection of its own (name looked up, connected,
answered), one large answer, and what --allow adds to the start and end of a pod. Figures: docs/benchmarks.md.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "gateway"))
import egress_clients  # noqa: E402

REQUESTS = 300
LARGE = 512 << 20
CLIENT = f"""
import socket, statistics, time
def ask(path, into=None):
    s = socket.create_connection(("a.example", 8000)); s.sendall(b"GET " + path + b" HTTP/1.1\\r\\nHost: a.example:8000\\r\\nConnection: close\\r\\n\\r\\n")
    n = 0
    while got := s.recv(1 << 20): n += len(got)
    return n
ask(b"/"); took = []
for _ in range({REQUESTS}):
    began = time.perf_counter(); ask(b"/"); took.append((time.perf_counter() - began) * 1e3)
began = time.perf_counter(); n = ask(b"/large"); seconds = time.perf_counter() - began
assert n >= {LARGE}
print(f"request p50 {{statistics.median(took):.2f}} ms, p95 {{sorted(took)[int(len(took) * 0.95)]:.2f}} ms; {LARGE >> 20} MiB at {{n / seconds / 1e6:.0f}} MB/s")
"""
SERVER = f"""
import socket, threading
def serve(c):
    with c:
        head = c.recv(65536)
        c.sendall(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n" + (b"" if b"/large" in head else b"x"))
        if b"/large" in head:
            block = bytes(1 << 20)
            for _ in range({LARGE >> 20}): c.sendall(block)
s = socket.create_server(("93.184.216.34", 8000), backlog=512)
while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
"""


def pod_ms(world, *options):
    took = []
    for _ in range(20):
        began = time.perf_counter()
        subprocess.run([world.weir, "pod", "exec", *options, "--", "true"], cwd=world.project, env=world.environment(), check=True)
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)


def measure():
    with tempfile.TemporaryDirectory(prefix="weir-egress.") as name:
        world = egress_clients.World(sys.argv[1], pathlib.Path(name))
        server = subprocess.Popen(["nsenter", "-t", str(world.internet.pid), "-n", sys.executable, "-c", SERVER])
        time.sleep(0.5)
        print("directly:   ", world.outside(f"python3 -c '{CLIENT}'")[0].stdout.strip())
        done, _ = world.pod(f"python3 -c '{CLIENT}'", "--allow", "a.example:8000")
        print("from a pod: ", done.stdout.strip() or done.stderr[-500:])
        print(f"a pod from start to end: {pod_ms(world):.1f} ms, with --allow {pod_ms(world, '--allow', 'a.example'):.1f} ms")
        server.terminate()
        world.close()


if __name__ == "__main__":
    sys.exit(egress_clients.in_namespaces(measure))
