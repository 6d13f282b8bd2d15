#!/usr/bin/env python3
"""kill -9 of `weir commit` at random points.

    tests/soak/commit_kill.py PROGRAMS [--kills N] [--seed N]

A workspace with files to be changed, added, deleted and turned into directories, links and back; an upper layer made by
hand as overlayfs writes it; `weir commit` killed after a random time, again and again. What must hold at every kill:
  * each path of the host holds exactly the old or exactly the new: bytes, kind and permissions;
  * nothing else is there but files named ".weir-…", which the next commit takes away;
  * the next commit, not killed, finishes: the host is what the pod was, and nothing is left to commit.

N kills: --kills, else 200 at WEIR_TEST_LEVEL=full, else 25. The last line is "N passed, N failed".
"""
import argparse
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import uuid

FILES = 120


def write(path, data, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def whiteout(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(0, 0))


def picture(top):
    """What lies below: path -> what it is. Directories count by name only."""
    out = {}
    for directory, names, files in os.walk(top):
        for name in names + files:
            path = pathlib.Path(directory) / name
            key = str(path.relative_to(top))
            info = path.lstat()
            if stat.S_ISLNK(info.st_mode):
                out[key] = ("link", os.readlink(path))
            elif stat.S_ISDIR(info.st_mode):
                out[key] = ("directory",)
            else:
                out[key] = ("file", stat.S_IMODE(info.st_mode), path.read_bytes())
    return out


class Round:
    """One workspace and one pod of it, and what the host must become."""

    def __init__(self, top, chance):
        self.home, self.work = top / "home", top / "w"
        self.work.mkdir(parents=True)
        content = lambda: chance.randbytes(chance.choice([0, 10, 1000, 70_000, 1_100_000 if chance.random() < 0.1 else 5000]))  # noqa: E731
        for i in range(FILES):
            write(self.work / f"d{i % 7}" / f"f{i}", content(), chance.choice([0o644, 0o600]))
        for i in range(5):
            write(self.work / f"tree{i}" / "sub" / "x", content())
            write(self.work / f"file{i}", content())
            (self.work / f"link{i}").symlink_to(f"file{i}")
        os.link(self.work / "file0", self.work / "hard")
        self.old = picture(self.work)
        self.upper = self.make_pod()
        for i in range(FILES):
            at = self.upper / f"d{i % 7}" / f"f{i}"
            what = chance.random()
            if what < 0.5:
                write(at, content(), chance.choice([0o644, 0o600]))
            elif what < 0.7:
                whiteout(at)
        for i in range(FILES // 2):
            write(self.upper / f"new{i % 5}" / "deep" / f"n{i}", content())
        for i in range(5):
            self.change_kind(i)
        write(self.upper / "hard", b"no longer the same\n")
        self.new = self.expected()

    def make_pod(self):
        name = str(uuid.uuid4())
        pod = self.home / "state" / "pods" / name
        (pod / "upper").mkdir(parents=True)
        (pod / "work").mkdir()
        (pod / "pod.lock").touch()
        info = self.work.stat()
        started = time.time() + 0.05
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(started)) + f".{int(started % 1 * 1e9):09d}Z"
        (pod / "pod.json").write_text(
            f'{{"id":"{name}","profile":"soak","started":"{text}","v":1,"workspace":"{self.work}",'
            f'"workspace_device":"{info.st_dev}","workspace_inode":"{info.st_ino}"}}\n')
        return pod / "upper"

    def change_kind(self, i):
        if i == 0:  # a whole tree goes
            whiteout(self.upper / "tree0")
        elif i == 1:  # a tree becomes a file
            write(self.upper / "tree1", b"a file now\n")
        elif i == 2:  # a file becomes a tree
            write(self.upper / "file2" / "inside", b"in\n")
        elif i == 3:  # a link becomes a file, a file a link
            write(self.upper / "link3", b"no link\n")
            (self.upper / "file3").symlink_to("link4")
        else:  # a tree is emptied and filled anew
            write(self.upper / "tree4" / "fresh", b"new\n")
            os.setxattr(self.upper / "tree4", "user.overlay.opaque", b"y")

    def expected(self):
        new = dict(self.old)
        for key, what in picture(self.upper_without_whiteouts()).items():
            if what[0] != "directory" and key in new and new[key][0] == "directory":
                new = {path: one for path, one in new.items() if not path.startswith(key + "/")}
            new[key] = what
        for path in self.upper.rglob("*"):
            info = path.lstat()
            if stat.S_ISCHR(info.st_mode):
                gone = str(path.relative_to(self.upper))
                new = {one: what for one, what in new.items() if one != gone and not one.startswith(gone + "/")}
        for gone in ("tree4/sub/x", "tree4/sub"):
            del new[gone]
        return new

    def upper_without_whiteouts(self):
        copy = self.upper.parent / "plain"
        shutil.copytree(self.upper, copy, symlinks=True,
                        ignore=lambda top, names: [n for n in names
                                                   if stat.S_ISCHR((pathlib.Path(top) / n).lstat().st_mode)])
        return copy


def commit(weir, one, kill_after=None):
    process = subprocess.Popen([weir, "commit", "--json"], cwd=one.work, env={**os.environ, "WEIR_HOME": str(one.home)},
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if kill_after is not None:
        try:
            process.wait(timeout=kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
    output = process.communicate()[0]
    return process.returncode, output.decode("utf-8", "replace")


def wrong_paths(one):
    """Paths of the host that are neither old nor new, and what does not belong there."""
    now, wrong = picture(one.work), []
    for key in set(now) | set(one.old) | set(one.new):
        if key.rsplit("/", 1)[-1].startswith(".weir-") or "/.weir-" in f"/{key}":
            continue
        states = (one.old.get(key), one.new.get(key))
        if now.get(key) in states:
            continue
        # A directory of the way there: its parent is made before, and removed after, what is in it.
        if now.get(key) == ("directory",) and any(path.startswith(key + "/") for path in [*one.old, *one.new]):
            continue
        wrong.append((key, (now.get(key) or ("nothing",))[:2]))
    return wrong


def run(programs, kills, seed):
    weir, chance = str(programs / "weir"), random.Random(seed)
    passed, failures, killed, rounds, middle, longest = 0, [], 0, 0, 0, 0.3
    top = pathlib.Path(tempfile.mkdtemp(prefix="weir-commit-", dir=os.environ.get("TMPDIR", "/tmp")))
    try:
        while killed < kills:
            rounds += 1
            one = Round(top / str(rounds), chance)
            time.sleep(0.1)  # the pod's start lies behind us: no file of the host is newer
            for _ in range(chance.randint(1, 6)):
                began = time.monotonic()
                code, output = commit(weir, one, kill_after=chance.uniform(0.002, longest))
                if code != -9:
                    longest = max(0.05, min(2.0, 1.1 * (time.monotonic() - began)))
                    break
                killed += 1
                wrong = wrong_paths(one)
                middle += picture(one.work) not in (one.old, one.new)
                if wrong:
                    failures.append(f"round {rounds}: neither old nor new: {wrong[:5]}")
                passed += not wrong
            code, output = commit(weir, one)
            now = picture(one.work)
            if code != 0 or now != one.new:
                different = sorted(key for key in set(now) | set(one.new) if now.get(key) != one.new.get(key))
                failures.append(f"round {rounds}: not finished: exit {code}, differs {different[:5]} {output[-400:]}")
            else:
                passed += 1
            shutil.rmtree(top / str(rounds))
    finally:
        shutil.rmtree(top, ignore_errors=True)
    for failure in failures:
        print(failure)
    # Kills that all come too early or too late would show nothing.
    if middle * 5 < killed:
        failures.append(f"only {middle} of {killed} kills came in the middle of the work")
    print(f"{killed} kills in {rounds} rounds, {middle} of them with work half done, seed {seed}")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    full = os.environ.get("WEIR_TEST_LEVEL") == "full"
    parser.add_argument("--kills", type=int, default=200 if full else 25)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30) if full else 1)
    options = parser.parse_args()
    return run(options.programs.resolve(), options.kills, options.seed)


if __name__ == "__main__":
    sys.exit(main())
