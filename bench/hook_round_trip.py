#!/usr/bin/env python3
"""What one guarded tool call costs: spawn of weir-hook -> durable, signed verdict -> exit.

    hook_round_trip.py PROGRAMS [--calls 2000] [--agents 8] [--check] [--json FILE]

In the same run, on the same disk: an empty static program, one fdatasync, `node -e 0`, `python3 -c 0`. Then eight agents
at once, then the daemon's memory after 10,000 decisions. Times are from before posix_spawn to after wait.
With --check exit 1 when a target is missed (p50 <= 1.5 ms, p99 <= 6 ms, <= 60 MB); figures: docs/benchmarks.md.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "soak"))
from throwaway_weir import Weir  # noqa: E402

COMMANDS = ["ls -la src", "make -j4 test 2>&1 | tail -n 20", "git status && git diff", "grep -rn main src | wc -l",
            "rm -rf build/tmp", "git push --force origin main", "rm -rf /etc"]
TARGET_P50_MS, TARGET_P99_MS, TARGET_RSS_MB = 1.5, 6.0, 60


def spawn_ms(argv, stdin_path="/dev/null", environment=None):
    """One child from spawn to exit; its exit code and the time."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, stdin_path, os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
               (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]
    began = time.perf_counter_ns()
    pid = os.posix_spawn(argv[0], argv, environment or {}, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), (time.perf_counter_ns() - began) / 1e6


def percentiles(times_ms):
    times = sorted(times_ms)
    at = lambda share: round(times[min(len(times) - 1, int(len(times) * share))], 3)  # noqa: E731
    return {"n": len(times), "p50_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99), "max_ms": round(times[-1], 3)}


def hook_calls(weir, agent, calls):
    """Calls of one agent, one after the other; a new session every 100, as the shipped pack holds one that was refused often."""
    argv, times, codes, files = weir.hook_argv(), [], {}, []
    for n in range(calls):
        path = weir.top / f"payload-{agent}-{n}"
        path.write_bytes(weir.payload(f"bench-{agent}-{n // 100}", COMMANDS[n % len(COMMANDS)], f"toolu_{n}"))
        files.append(str(path))
    began_cpu = weir.cpu_s()
    for path in files:
        code, ms = spawn_ms(argv, path)
        codes[code] = codes.get(code, 0) + 1
        times.append(ms)
    return times, codes, (weir.cpu_s() - began_cpu) * 1000 / calls


def agents_at_once(weir, agents, calls):
    """Each agent is a process of its own, so that this interpreter's lock is not measured."""
    children = []
    for agent in range(agents):
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            times, codes, _ = hook_calls(weir, f"at-once-{agent}", calls)
            with os.fdopen(write_end, "w") as out:
                json.dump([times, codes], out)
            os._exit(0)
        os.close(write_end)
        children.append((pid, read_end))
    times, undecided = [], 0
    for pid, read_end in children:
        with os.fdopen(read_end) as got:
            more, codes = json.load(got)
        times += more
        undecided += sum(n for code, n in codes.items() if code not in ("0", "2"))
        os.waitpid(pid, 0)
    return times, undecided


def empty_program(top):
    source = top / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["cc", "-O2", "-static", "-o", top / "empty", source], check=True)
    return str(top / "empty")


def fdatasync_times(top, count):
    times = []
    fd = os.open(top / "sync", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    for _ in range(count):
        os.write(fd, b"x" * 2048)
        began = time.perf_counter_ns()
        os.fdatasync(fd)
        times.append((time.perf_counter_ns() - began) / 1e6)
    os.close(fd)
    return times


def measure(options):
    figures = {}
    with Weir(options.programs) as weir:
        weir.start()
        hook_calls(weir, "warm", 50)
        times, codes, daemon_ms = hook_calls(weir, "one", options.calls)
        figures["hook round trip"] = {**percentiles(times), "daemon_cpu_ms": round(daemon_ms, 3)}
        figures["hook exit codes"] = codes
        empty = empty_program(weir.top)
        figures["empty static program"] = percentiles([spawn_ms([empty])[1] for _ in range(500)])
        figures["one fdatasync"] = percentiles(fdatasync_times(weir.top, 500))
        for name, argv in (("node -e 0", ["node", "-e", "0"]), ("python3 -c 0", [sys.executable, "-c", "0"])):
            program = shutil.which(argv[0])
            if program:
                figures[name] = percentiles([spawn_ms([program, *argv[1:]], environment=dict(os.environ))[1] for _ in range(30)])
        per_agent = max(1, (10_000 - options.calls) // options.agents)
        began = time.monotonic()
        times, undecided = agents_at_once(weir, options.agents, per_agent)
        seconds = time.monotonic() - began
        figures[f"{options.agents} agents at once"] = {**percentiles(times), "calls_per_s": round(len(times) / seconds),
                                                       "other_exit_codes": undecided}
        figures["daemon after 10,000 decisions"] = {"rss_mb": round(weir.rss_kib() / 1024, 1)}
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", help="directory that holds weir and weir-hook, built with the release preset")
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--json", help="write the figures to this file as well")
    options = parser.parse_args()
    figures = measure(options)
    for name, values in figures.items():
        print(f"{name:32} " + "  ".join(f"{key} {value}" for key, value in values.items()))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=2) + "\n")
    trip, rss = figures["hook round trip"], figures["daemon after 10,000 decisions"]["rss_mb"]
    met = trip["p50_ms"] <= TARGET_P50_MS and trip["p99_ms"] <= TARGET_P99_MS and rss <= TARGET_RSS_MB
    print(f"targets p50 {TARGET_P50_MS} ms, p99 {TARGET_P99_MS} ms, {TARGET_RSS_MB} MB: {'met' if met else 'MISSED'}")
    return 0 if met or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
