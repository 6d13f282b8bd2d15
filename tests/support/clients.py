"""The frame of tests that drive the programs of a build directory: namespaces around all of it, a line for each test.

    def a_page_is_fetched(world): ...          # raises when it is not so, Skip where it cannot be tried; a text that it returns is told

    if __name__ == "__main__":
        sys.exit(in_namespaces(lambda: run_tests(TESTS, World)))       # script.py DIRECTORY_OF_THE_PROGRAMS [TEST…]

A script finds this file by its own place: sys.path.insert(0, … / "tests/support").
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

NO_NAMESPACES = 77  # ctest: skipped
INSIDE = "WEIR_TEST_INSIDE"


class Skip(Exception):
    """What a test needs is not here."""


def in_namespaces(work, needs="ip link set lo up"):
    """Runs `work` as the first process of user, mount, pid and network namespaces of its own; the exit code. `needs`: a command of the shell
    that must work in there, or the test is skipped."""
    if os.environ.get(INSIDE) == "1":
        return work() or 0
    tried = subprocess.run(["unshare", "-rmn", "--propagation", "private", "sh", "-c", needs], capture_output=True)
    if tried.returncode != 0:
        print("skipped: no user namespaces, ip(8) or virtual interfaces here:", tried.stderr.decode().strip())
        return NO_NAMESPACES
    return subprocess.run(["unshare", "-rmnpf", "--mount-proc", "--propagation", "private", "--kill-child", sys.executable, *sys.argv],
                          env={**os.environ, INSIDE: "1"}).returncode


def run_tests(tests, make_world):
    """Runs those that the command line names, or all, in `make_world(programs, directory)`, which has a close(); 1 when one failed."""
    with tempfile.TemporaryDirectory(prefix="weir-clients.") as name:
        world = make_world(sys.argv[1], pathlib.Path(name))
        try:
            return run_each(tests, world, sys.argv[2:])
        finally:
            world.close()


def run_each(tests, world, only=()):
    failures = 0
    for test in tests:
        if only and test.__name__ not in only:
            continue
        began = time.monotonic()
        try:
            said = test(world)
            print(f"ok     {test.__name__} {said or ''} ({time.monotonic() - began:.1f} s)", flush=True)
        except Skip as why:
            print(f"skip   {test.__name__} {why}", flush=True)
        except Exception as error:  # every kind of failure is one of the test
            failures += 1
            print(f"FAILED {test.__name__}: {type(error).__name__} {error}", flush=True)
    return 1 if failures else 0
