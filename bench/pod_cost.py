#!/usr/bin/env python3
"""What ordinary work costs in a pod: the same command inside and outside, in turns, and the ratio of each pair.

    pod_cost.py PROGRAMS [--runs 7] [--only NAME] [--supervise | --follow-data] [--direct] [--check] [--json FILE]

    c-build      make -j of 2,000 small C files          git-status   of a repository of 50,000 files
    python       a suite of 2,000 unit tests             npm-ci       150 packages from tarballs, offline

As an ordinary user: started by root it becomes uid 1001 first. Inside means `weir pod exec`, start and end included, with the
usual profile, and with --supervise supervised, with --follow-data supervised as `weir run --pod` does it, with --direct (always supervised) in the workspace itself. Outside is put in
order again after each run, inside the pod is discarded or, with --direct, the same done as outside; neither timed. The order of a pair
changes. Targets and figures: docs/benchmarks.md; with --check exit 1 when a median is above the target.
"""
import argparse
import gzip  # noqa: F401  tarfile wants it later, when somebody else may not find it
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

TARGET_RATIO = 1.15
SOMEBODY = 1001


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make_c_build(place):
    for number in range(2000):
        write(place / f"src/part{number}.c", f"#include <string.h>\nunsigned long part{number}(const char *s) {{ return strlen(s) + {number}; }}\n")
    write(place / "Makefile", "objects := $(patsubst src/%.c,out/%.o,$(wildcard src/*.c))\nall: $(objects)\nout/%.o: src/%.c\n\t@mkdir -p out\n"
          "\t@cc -O1 -c -o $@ $<\nclean:\n\t@rm -rf out\n")


def make_git_status(place):
    for number in range(50_000):
        write(place / f"d{number // 500}/e{number // 50 % 10}/f{number}.txt", f"{number}\n")
    for arguments in (["init", "-q"], ["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-q", "-m", "x"], ["status", "-s"]):
        subprocess.run(["git", *arguments], cwd=place, check=True)


def make_python(place):
    for number in range(200):
        write(place / f"suite/part{number}.py", f"import json\n\n\ndef twice(x):\n    return json.loads(json.dumps(2 * x)) + {number} - {number}\n")
        tests = "".join(f"    def test_{n}(self):\n        self.assertEqual(sum(twice(i) for i in range(200)), 39800)\n\n" for n in range(10))
        write(place / f"suite/test_part{number}.py", f"import unittest\n\nfrom suite.part{number} import twice\n\n\nclass Test(unittest.TestCase):\n{tests}")
    write(place / "suite/__init__.py", "")


def make_npm_ci(place):
    names = [f"part-{number}" for number in range(150)]
    for name in names:
        inside = place / "made" / "package"
        write(inside / "package.json", json.dumps({"name": name, "version": "1.0.0", "main": "index.js"}))
        for number in range(20):
            write(inside / f"lib/{number}.js", f"module.exports = {number};\n" * 50)
        with tarfile.open(place / f"{name}.tgz", "w:gz") as archive:
            archive.add(inside, "package")
        shutil.rmtree(place / "made")
    write(place / "package.json", json.dumps({"name": "work", "version": "1.0.0", "dependencies": {name: f"file:{name}.tgz" for name in names}}))
    subprocess.run(["npm", "install", "--package-lock-only", "--offline", "--cache", "cache", "--no-audit", "--no-fund"], cwd=place, check=True,
                   capture_output=True)


# name: (what makes the workspace, the command, what puts it in order again outside)
WORK = {
    "c-build": (make_c_build, ["make", f"-j{os.cpu_count()}"], ["make", "clean"]),
    "git-status": (make_git_status, ["git", "status", "-s"], ["true"]),
    "python": (make_python, ["python3", "-B", "-m", "unittest", "discover", "-q", "-t", ".", "-s", "suite"], ["true"]),
    "npm-ci": (make_npm_ci, ["npm", "ci", "--offline", "--cache", "cache", "--no-audit", "--no-fund"], ["rm", "-rf", "node_modules"]),
}

# What of it is held: packages with scripts of their own.
HELD = {"npm-ci": ["--held", "node_modules"]}


def timed(argv, place, environment):
    began = time.perf_counter()
    done = subprocess.run(argv, cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}: {(done.stderr or done.stdout)[-500:]}")
    return took


def measure(name, weir, runs, top, more=(), direct=False):
    make, command, tidy = WORK[name]
    place = top / name
    place.mkdir()
    make(place)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(top / "home"), "WEIR_HOME": str(top / "weir"), "LANG": "C.UTF-8"}

    def outside():
        took = timed(command, place, environment)
        timed(tidy, place, environment)
        return took

    def inside():
        took = timed([weir, "pod", "exec", "--quiet", *more, "--", *command], place, environment)
        if direct:
            timed(tidy, place, environment)
        else:
            subprocess.run([weir, "discard", "--quiet"], cwd=place, env=environment, capture_output=True)
        return took

    pairs = []
    for run in range(-1, runs):
        first, second = (outside, inside) if run % 2 else (inside, outside)
        a, b = first(), second()
        if run >= 0:  # the first pair warms the caches
            pairs.append((b, a) if first is inside else (a, b))
    shutil.rmtree(place, ignore_errors=True)
    ratios = sorted(within / without for without, within in pairs)
    return {"n": runs, "outside_s": round(statistics.median(pair[0] for pair in pairs), 3), "inside_s": round(statistics.median(pair[1] for pair in pairs), 3),
            "ratio": round(statistics.median(ratios), 3), "ratio_least": round(ratios[0], 3), "ratio_most": round(ratios[-1], 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", choices=WORK)
    parser.add_argument("--supervise", action="store_true")
    parser.add_argument("--follow-data", action="store_true")
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    weir = str(options.programs.resolve() / "weir")
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(SOMEBODY, SOMEBODY, SOMEBODY)
        os.setresuid(SOMEBODY, SOMEBODY, SOMEBODY)
    top = pathlib.Path(tempfile.mkdtemp(prefix="weir-pod-cost."))
    os.environ["HOME"] = str(top / "home")
    (top / "home").mkdir()
    figures = {}
    try:
        for name in [options.only] if options.only else WORK:
            words = ["--direct", *HELD.get(name, [])] if options.direct else []
            words += ["--follow-data"] if options.follow_data else ["--supervise"] if options.supervise else []
            figures[name] = row = measure(name, weir, options.runs, top, words, options.direct)
            print(f"{name:11} outside {row['outside_s']:8.3f} s  inside {row['inside_s']:8.3f} s  ratio {row['ratio']:6.3f} "
                  f"({row['ratio_least']:.3f} to {row['ratio_most']:.3f}, {row['n']} pairs)  load {os.getloadavg()[0]:.1f}", flush=True)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(figures))
    return 1 if options.check and any(row["ratio"] > TARGET_RATIO for row in figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
