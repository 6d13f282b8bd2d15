#!/usr/bin/env python3
"""Control groups of version 2 with a kernel of their own: control_groups_v2.py DIRECTORY_OF_THE_PROGRAMS [KERNEL [OVERLAY_MODULE]]

For machines that have version 1, and since a delegated unit is systemd's to make. User-mode Linux (Debian's user-mode-linux) boots with this
machine's files, read-only, and this program as its first process; it mounts what it needs in memory, makes a unit as systemd would delegate it, and
runs pods in it. Exit 77 without that kernel. It has no Landlock, so pods reach L2 here.
"""

import ctypes
import glob
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))  # clients.py
from clients import run_each

SKIPPED = 77
SOMEBODY = 1001
GROUPS = pathlib.Path("/sys/fs/cgroup")
UNIT = GROUPS / "user.slice/run-7.scope"
TOP = pathlib.Path("/run/test")

EATERS = {
    "many small processes": "import os,time\nfor i in range(100):\n  if os.fork()==0:\n    kept=bytearray(b'x')*(2<<20); time.sleep(60); os._exit(0)\ntime.sleep(60)",
    "a memory file that nobody mapped": "import os,time\nf=os.memfd_create('m')\nfor i in range(200): os.write(f, bytes(1<<20))\ntime.sleep(60)",
    "files in memory": "import time\nwith open('/tmp/big','wb') as f:\n  for i in range(200): f.write(bytes(1<<20))\ntime.sleep(60)"}
FORKS = ("import os,time,sys\nn=0\ntry:\n  while n<300:\n    if os.fork()==0:\n      time.sleep(30); os._exit(0)\n    n+=1\n"
         "except BlockingIOError: sys.exit(n if n<100 else 100)\nsys.exit(101)")


class World:
    def __init__(self, programs):
        self.weir = os.path.join(programs, "weir")
        self.user = None  # as root

    def start(self, options, argv, **more):
        home = TOP / str(self.user or 0)

        def become():
            if self.user is None:
                return
            (UNIT / "cgroup.procs").write_text("0") if not (UNIT / "weir-rest").exists() else (UNIT / "weir-rest/cgroup.procs").write_text("0")
            os.setgroups([])
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user, self.user, self.user)

        return subprocess.Popen([self.weir, "pod", "exec", "--accept-level", *options, "--", *argv], cwd=home / "work", preexec_fn=become,
                                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home / "home"), "WEIR_HOME": str(home / "weir")}, **more)

    def pod(self, options, *argv):
        running = self.start(options, argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = running.communicate(timeout=120)
        return running.returncode, out, err

    def kept(self):
        """Who keeps memory and processes."""
        code, _, err = self.pod(["--json", "--limits", "memory=64M,processes=40"], "true")
        assert code == 0, err
        limits = {one["name"]: one for one in json.loads(err.splitlines()[-1])["report"]["limits"]}
        return [limits[name]["kept"] + " " + limits[name]["by"].split(",")[0] for name in ("memory", "processes")]


def left():
    return sorted(str(path) for path in GROUPS.rglob("weir-pod-*") if path.is_dir())


def limits_hold(world):
    assert world.kept() == ["enforced cgroup v2", "enforced cgroup v2"], world.kept()
    for name, script in EATERS.items():
        code, _, err = world.pod(["--limits", "memory=64M"], "python3", "-c", script)
        assert code == 137 and "memory: the limit is 64 MiB" in err, (name, code, err)
        assert left() == [], (name, left())
    code, _, err = world.pod(["--limits", "processes=40"], "python3", "-c", FORKS)
    assert code == 39, (code, err)
    code, out, err = world.pod([], "sh", "-c", "cat /proc/self/cgroup /proc/1/cgroup")
    assert code == 0 and out == "0::/\n0::/\n", (out, err)
    code, _, err = world.pod(["--limits", "time=1s"], "sh", "-c", "trap '' TERM; for i in 1 2 3 4 5; do sleep 60 & done; wait; sleep 60")
    assert code == 137 and "time: " in err and left() == [], (code, err, left())


def a_killed_supervisor_leaves_nothing_for_long(world):
    running = world.start([], ["sh", "-c", "echo up; sleep 60"], stdout=subprocess.PIPE)
    running.stdout.readline()
    assert len(left()) == 1, left()
    running.kill()
    running.wait()
    for _ in range(100):
        assert world.pod([], "true")[0] == 0
        if not left():
            return
        time.sleep(0.1)
    raise AssertionError(left())


def as_root_without_systemd(world):
    limits_hold(world)
    a_killed_supervisor_leaves_nothing_for_long(world)


def delegate(world):
    """What systemd does for `systemd-run --user --scope -p Delegate=yes`, but for the attribute."""
    pathlib.Path("/run/systemd/system").mkdir(parents=True)
    UNIT.mkdir(parents=True)
    (GROUPS / "cgroup.subtree_control").write_text("+memory +pids")
    (UNIT.parent / "cgroup.subtree_control").write_text("+memory +pids")
    for path in (UNIT, UNIT / "cgroup.procs", UNIT / "cgroup.subtree_control", UNIT / "cgroup.threads"):
        os.chown(path, SOMEBODY, SOMEBODY)
    world.user = SOMEBODY


def in_a_unit_that_is_not_delegated(world):
    delegate(world)
    assert world.kept() == ["supervised sum of all every 100 ms", "enforced RLIMIT_NPROC of the pod's user namespace"], world.kept()
    assert left() == [] and not (UNIT / "weir-rest").exists()


def in_a_delegated_unit(world):
    os.setxattr(UNIT, "user.delegate", b"1")
    limits_hold(world)
    a_killed_supervisor_leaves_nothing_for_long(world)
    assert [path.name for path in UNIT.iterdir() if path.is_dir()] == ["weir-rest"]


def inside(programs, module):
    """The first process of the other kernel."""
    os.environ["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    for kind, at in (("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/run"), ("cgroup2", "/sys/fs/cgroup")):
        subprocess.run(["mount", "-t", kind, kind, at], check=True)
    if module:
        with open(module, "rb") as file:
            ctypes.CDLL(None).syscall(313, file.fileno(), b"", 0)  # finit_module
    for user in (0, SOMEBODY):
        for name in ("work", "home"):
            (TOP / str(user) / name).mkdir(parents=True)
            os.chown(TOP / str(user) / name, user, user)
        os.chown(TOP / str(user), user, user)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
    world = World(programs)
    run_each((as_root_without_systemd, in_a_unit_that_is_not_delegated, in_a_delegated_unit), world)
    print("done", flush=True)
    os.sync()
    ctypes.CDLL(None).reboot(0x4321FEDC)  # power off


def main():
    programs = str(pathlib.Path(sys.argv[1]).resolve())
    kernel = sys.argv[2] if len(sys.argv) > 2 else shutil.which("linux.uml")
    if kernel is None:
        print("skipped: there is no User-mode Linux here (user-mode-linux)")
        return SKIPPED
    modules = sys.argv[3:] or glob.glob("/usr/lib/uml/modules/*/kernel/fs/overlayfs/overlay.ko")
    with tempfile.TemporaryDirectory(prefix="weir-uml.") as folder:
        return boot(kernel, folder, programs, modules[:1])


def boot(kernel, folder, programs, modules):
    # Its console is our output, whatever our input is; what it keeps of itself lies in the folder.
    ran = subprocess.run([kernel, f"uml_dir={folder}/", "mem=1024M", "quiet", "loglevel=0", "rootfstype=hostfs", "rootflags=/", "ro", "con=null", "con0=null,fd:1", "init=/usr/bin/python3", "--",
                          str(pathlib.Path(__file__).resolve()), "--inside", programs, *modules], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False)
    lines = [line for line in ran.stdout.splitlines() if line.startswith(("ok ", "FAILED ", "done"))]
    print("\n".join(lines) or ran.stdout[-3000:] + ran.stderr[-3000:])
    return 0 if "done" in lines and not any(line.startswith("FAILED") for line in lines) else 1


if __name__ == "__main__":
    sys.exit(inside(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "") if sys.argv[1] == "--inside" else main())
