#!/usr/bin/env python3
"""The shell parser against bash and tree-sitter-bash: what is accepted, what is marked, how fast.

    tests/conformance/shell_oracle.py BUILD [--rows FILE ...] [--limit N] [--cases N] [--seed N] [--show N]

BUILD holds shell_tests, whose test Rows is the parser as a filter. Three sets of scripts are judged:

    own      tests/cases/shell/syntax.txt, always
    rows     real commands, one JSON object a line (default: ../shared/data where it lies beside the checkout)
    made     a seeded generator and mutator of shell text, from the own scripts and from grammar

The judge is `bash -n`, which reads a script and runs nothing of it; it gets an empty environment and an empty directory.
Demanded: of what bash accepts at most 1 in 1,000 is marked, and nothing that bash refuses goes unmarked; of the made
scripts, which stand on the borders on purpose, 1 in 100 may differ either way. tree-sitter-bash (tree_sitter/rows.mjs) is
counted beside it and decides nothing. Last line: "N passed, N failed[, N skipped]".
"""
import argparse
import concurrent.futures
import gzip
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from shell_cases import made_scripts  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = TOP / "../shared/data"


def own_scripts():
    text = (TOP / "tests/cases/shell/syntax.txt").read_text()
    return [script for script in text.split("%%\n") if script.strip()]


def rows_of(path):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt") as lines:
        return [row["command"] for row in map(json.loads, lines) if row.get("command")]


def real_scripts(files, limit):
    if not files:
        files = [SHARED / "commands.dev.jsonl", SHARED / "commands_benign.dev.jsonl.gz"]
        files = [file for file in files if file.exists()]
    scripts = [script for file in files for script in rows_of(pathlib.Path(file))]
    random.Random(1).shuffle(scripts)
    return scripts[:limit]


def bash_accepts(script, place, *more):
    """In [[ ]] bash finds fault and still ends with 0, so what it prints counts too; a warning is no fault."""
    done = subprocess.run(["/bin/bash", "--norc", "--noprofile", "-n", *more], input=script.encode("utf-8", "surrogateescape"),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={}, cwd=place, timeout=20)
    return done.returncode == 0 and all(b": warning: " in line for line in done.stderr.splitlines() if line.startswith(b"/bin/bash: line"))


def bash_answers(scripts, place):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda script: bash_accepts(script, place), scripts))


def filtered(command, scripts, place):
    """The answers of a program that reads rows and writes verdicts, and the line it printed about its speed."""
    rows, verdicts = pathlib.Path(place) / "rows.jsonl", pathlib.Path(place) / "verdicts.txt"
    rows.write_text("".join(json.dumps({"command": script}) + "\n" for script in scripts))
    done = subprocess.run([part.format(rows=rows, verdicts=verdicts) for part in command], capture_output=True, text=True,
                          env={**os.environ, "WEIR_SHELL_ROWS": str(rows), "WEIR_SHELL_VERDICTS": str(verdicts)})
    if done.returncode != 0:
        return None, (done.stderr or done.stdout).strip()[-300:]
    speed = [line for line in done.stdout.splitlines() if line.startswith("speed:")]
    return verdicts.read_text().splitlines(), speed[0] if speed else ""


def judge(name, scripts, build, show, speeds):
    """Compares one set; returns how many of its two demands failed."""
    if not scripts:
        return None
    with tempfile.TemporaryDirectory() as place:
        ours, speed = filtered([str(build / "shell_tests"), "--gtest_filter=Rows.*"], scripts, place)
        if ours is None:
            sys.exit(f"shell_tests did not answer: {speed}")
        empty = pathlib.Path(place) / "empty"
        empty.mkdir()
        bash = bash_answers(scripts, empty)
        tree, tree_speed = filtered(["node", str(TOP / "tests/conformance/tree_sitter/rows.mjs"), "{rows}", "{verdicts}"],
                                    scripts, place) if shutil.which("node") else (None, "no node")
    accepted = sum(bash)
    refused = len(scripts) - accepted
    wrongly_marked = [i for i, line in enumerate(ours) if bash[i] and not line.startswith("1")]
    # Extended patterns are read always: `shopt -s extglob` may have been said elsewhere, and zsh and ksh have them.
    unmarked = [i for i, line in enumerate(ours) if not bash[i] and line.startswith("1")
                and not bash_accepts(scripts[i], "/", "-O", "extglob")]
    print(f"{name}: {len(scripts)} scripts, bash accepts {accepted} and refuses {refused}; "
          f"weir marks {len(wrongly_marked)} of the accepted, leaves {len(unmarked)} of the refused unmarked")
    if tree:
        missed = sum(1 for i, line in enumerate(tree) if not bash[i] and line == "1")
        spoiled = sum(1 for i, line in enumerate(tree) if bash[i] and line != "1")
        print(f"{name}: tree-sitter-bash has an error in {spoiled} of the accepted, none in {missed} of the refused")
        speeds.append((len(scripts), speed, tree_speed))
        print(f"{name}: weir {speed}; tree-sitter-bash {tree_speed}")
    else:
        print(f"{name}: weir {speed}; tree-sitter-bash is not here: {tree_speed}")
    for title, places in (("marked, though bash accepts it", wrongly_marked), ("NOT MARKED, though bash refuses it", unmarked)):
        for i in sorted(places, key=lambda place: len(scripts[place]))[:show]:
            print(f"  {title}: {scripts[i]!r}  {ours[i][2:]}")
    if name == "made":
        return (len(wrongly_marked) * 100 > accepted) + (len(unmarked) * 100 > refused)
    return (len(wrongly_marked) * 1000 > accepted) + (len(unmarked) > 0)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--rows", nargs="*", default=[])
    options.add_argument("--limit", type=int, default=10000)
    options.add_argument("--cases", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", type=int, default=10)
    options.add_argument("--only", choices=["own", "rows", "made"])
    args = options.parse_args()
    if not pathlib.Path("/bin/bash").exists():
        print("bash is not here\n0 passed, 0 failed, 1 skipped")
        return 0
    sets = {"own": own_scripts, "rows": lambda: real_scripts(args.rows, args.limit),
            "made": lambda: made_scripts(own_scripts(), args.cases, args.seed)}
    failed = passed = skipped = 0
    speeds = []
    for name, scripts in sets.items():
        if args.only not in (None, name):
            continue
        wrong = judge(name, scripts(), args.build, args.show, speeds)
        if wrong is None:
            skipped += 1
            continue
        failed += wrong
        passed += 2 - wrong
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
