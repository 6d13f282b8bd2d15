#!/usr/bin/env python3
"""`weir demo` as a person and a script call it: demo.py DIRECTORY_OF_THE_PROGRAMS

What it prints is compared with what lies on the disk, and a hook that lets everything pass must make it fail.
"""

import json
import os
import pathlib
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

LAST_LINE = re.compile(r"ledger verified: (\d+) entries, root ([A-Za-z0-9+/]{43}=)")


def demo(programs, top, *arguments):
    return subprocess.run([programs / "weir", "demo", *arguments], env={**os.environ, "TMPDIR": str(top)},
                          capture_output=True, text=True, timeout=300)


def all_as_expected(programs, top):
    done = demo(programs, top)
    assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr)
    assert LAST_LINE.fullmatch(done.stdout.splitlines()[-1]), done.stdout.splitlines()[-1]
    assert "\x1b" not in done.stdout, "colours although it is no terminal"
    assert list(top.iterdir()) == [], "something was left behind"


def lines_for_scripts(programs, top):
    done = demo(programs, top, "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    calls = [row for row in rows if "step" in row]
    ended = [row for row in rows if "title" in row]
    assert sum(row["incident"] for row in ended) == 6 and all(row["as_expected"] for row in ended), ended
    assert all(row["happened"] == (row["exit"] == 0) for row in calls), calls
    assert {row["verdict"] for row in calls} >= {"allow", "ask", "deny"}
    last = rows[-1]
    assert last["calls"] == len(calls) and last["ledger"]["verified"] and last["ledger"]["pinned"], last
    assert last["ledger"]["size"] >= len(calls), last


def kept_directory_verifies_by_itself(programs, top):
    """The public command on the kept files says the same size and root."""
    done = demo(programs, top, "--keep", "--only", "replit")
    assert done.returncode == 0, done.stderr
    size, root = LAST_LINE.fullmatch(done.stdout.splitlines()[-1]).groups()
    [kept] = top.iterdir()
    checked = subprocess.run([programs / "weir", "ledger", "verify", "--json", kept / "weir" / "state" / "ledger"],
                             capture_output=True, text=True, timeout=60)
    report = json.loads(checked.stdout)
    assert checked.returncode == 0 and report["size"] == int(size) and report["root"] == root, report
    assert (kept / "1" / "marks" / "psql").read_text() == "started\n", "the read ran, the drop did not"
    shutil.rmtree(kept)


def a_hook_that_refuses_nothing_is_noticed(programs, top):
    """Only with a stand-in for aws: nothing but a mark is made."""
    with tempfile.TemporaryDirectory() as broken:
        broken = pathlib.Path(broken)
        for program in ("weir", "weir-main"):
            shutil.copy2(programs / program, broken / program)
        hook = broken / "weir-hook"
        hook.write_text(f"#!/bin/sh\n'{programs / 'weir-hook'}' \"$@\" 2>/dev/null\nexit 0\n")
        hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
        done = demo(broken, top, "--only", "kiro")
        assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
        assert "HAPPENED" in done.stdout and "the hook ended with 0" in done.stdout, done.stdout
        hook.unlink()
        done = demo(broken, top, "--only", "kiro")
        assert done.returncode != 0 and "weir-hook" in done.stderr, done.stderr
    assert list(top.iterdir()) == []


def interrupt_leaves_nothing(programs, top):
    """At a terminal, where it is paced, Ctrl-C in the middle."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen([programs / "weir", "demo"], env={**os.environ, "TMPDIR": str(top), "TERM": "xterm"},
                             stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 60
    while b"sh test.sh" not in shown and time.monotonic() < deadline:
        shown += os.read(ours, 65536)
    assert b"\x1b[" in shown, "no colours at a terminal"
    child.send_signal(signal.SIGINT)
    try:
        while os.read(ours, 65536):
            pass
    except OSError:
        pass
    assert child.wait(timeout=30) == 1
    os.close(ours)
    assert list(top.iterdir()) == [], "something was left behind"


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    for check in (all_as_expected, lines_for_scripts, kept_directory_verifies_by_itself,
                  a_hook_that_refuses_nothing_is_noticed, interrupt_leaves_nothing):
        with tempfile.TemporaryDirectory(dir="/tmp") as top:
            check(programs, pathlib.Path(top))
        print("ok", check.__name__)


if __name__ == "__main__":
    main()
