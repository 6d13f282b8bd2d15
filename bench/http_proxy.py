#!/usr/bin/env python3
"""What room net's transport costs beside nginx: http_proxy.py PROGRAMS   (build/release)

One upstream (nginx, 1,094 bytes, keep-alive); wrk asks it directly, through nginx's proxy_pass with one worker, and through
bench/http_proxy, in turn, the rounds in a changing order. Printed are the median of p50 and p99 at one connection, requests
a second at 32, and the proxy's processor time for each request; then the ratios to nginx. Needs nginx and wrk
(apt install nginx-light wrk). Figures: docs/benchmarks.md.
"""

import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS, SECONDS = 5, 3
TICK = os.sysconf("SC_CLK_TCK")
NGINX = """daemon off; worker_processes 1; pid {top}/pid-{port}; error_log {top}/error-{port};
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {top}/b{port}; proxy_temp_path {top}/p{port}; fastcgi_temp_path {top}/f{port};
  uwsgi_temp_path {top}/u{port}; scgi_temp_path {top}/s{port}; keepalive_requests 10000000;
  {more}
}}
"""
UPSTREAM = "server {{ listen 127.0.0.1:{port}; root {top}/files; }}"
PROXY = """upstream up {{ server 127.0.0.1:9801; keepalive 64; keepalive_requests 10000000; }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}"""


def nginx(top, port, more):
    config = top / f"nginx-{port}.conf"
    config.write_text(NGINX.format(top=top, port=port, more=more.format(top=top, port=port)))
    return subprocess.Popen(["nginx", "-p", str(top), "-c", str(config)], stderr=subprocess.DEVNULL)


def processor_seconds(process):
    """Of the process and its children that live."""
    total = 0
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(entry.parent.name) == process.pid or int(fields[1]) == process.pid:
            total += int(fields[11]) + int(fields[12])
    return total / TICK


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def ask(port, connections):
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", f"http://127.0.0.1:{port}/page"],
                          capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in done and "Socket errors" not in done, done
    return (milliseconds(re.search(r"50%\s+(\S+)", done)[1]), milliseconds(re.search(r"99%\s+(\S+)", done)[1]),
            float(re.search(r"Requests/sec:\s+(\S+)", done)[1]), int(re.search(r"(\d+) requests in", done)[1]))


def main():
    for tool in ("nginx", "wrk"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not here: apt install nginx-light wrk")
    with tempfile.TemporaryDirectory(prefix="weir-proxy.") as name:
        top = pathlib.Path(name)
        top.chmod(0o755)
        (top / "files").mkdir()
        (top / "files/page").write_text("x" * 1094)
        servers = {"direct": (9801, nginx(top, 9801, UPSTREAM)), "nginx": (9802, nginx(top, 9802, PROXY)),
                   "weir": (9803, subprocess.Popen([f"{sys.argv[1]}/bench/http_proxy", "127.0.0.1:9803", "127.0.0.1:9801"]))}
        try:
            time.sleep(1)
            measure(servers)
        finally:
            for _, process in servers.values():
                process.terminate()
                process.wait(10)


def measure(servers):
    rows = {name: [] for name in servers}
    order = list(servers)
    for _ in range(ROUNDS):
        random.Random(len(rows["direct"])).shuffle(order)
        for name in order:
            port, process = servers[name]
            p50, p99, _, _ = ask(port, 1)
            began = processor_seconds(process)
            _, _, rate, count = ask(port, 32)
            rows[name].append((p50, p99, rate, (processor_seconds(process) - began) / count * 1e6))
    median = {name: [statistics.median(column) for column in zip(*row)] for name, row in rows.items()}
    for name, (p50, p99, rate, cost) in median.items():
        print(f"{name:7} p50 {p50 * 1e3:6.1f} us  p99 {p99 * 1e3:7.1f} us  {rate:8.0f} requests/s  {cost:5.1f} us of processor a request")
    added = {name: median[name][0] - median["direct"][0] for name in ("nginx", "weir")}
    print(f"added p50: nginx {added['nginx'] * 1e3:.1f} us, weir {added['weir'] * 1e3:.1f} us; "
          f"processor: {median['weir'][3] / median['nginx'][3]:.2f} x nginx; requests/s: {median['weir'][2] / median['nginx'][2]:.2f} x nginx")


if __name__ == "__main__":
    main()
