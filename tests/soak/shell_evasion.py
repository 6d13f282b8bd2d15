#!/usr/bin/env python3
"""Do disguised commands get the verdict of their plain form?

    tests/soak/shell_evasion.py build/release [--show N] [--count N] [--seed N]

Rewrites (tests/evasion/rewrites.py, fixed seed) of the commands in tests/evasion/commands.txt are judged by `weir inspect`
with the shipped policies. At least 98 % must reach the verdict of the plain form, and none of the rest may pass: it is
`ask` or stronger. WEIR_TEST_LEVEL=full takes every rewrite. Of tests/evasion/disguises.jsonl, written by hand without looking
at what Weir can do, at least 98 % must be asked about or refused. The last line is "N passed, N failed".
"""
import argparse
import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/evasion"))
from rewrites import rewrites  # noqa: E402

STRENGTH = ["allow", "warn", "transform", "ask", "guide", "deny", "quarantine"]


def commands():
    simple = True
    for line in (TOP / "tests/evasion/commands.txt").read_text().splitlines():
        if line.startswith("----"):
            simple = False
        elif line and not line.startswith("#"):
            yield line, simple


def verdicts(weir, texts):
    """The verdicts of `weir inspect`, as numbers that grow with strength."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as rows:
        for number, text in enumerate(texts):
            rows.write(json.dumps({"id": str(number), "command": text, "env": {"HOME": "/home/user"}}) + "\n")
        rows.flush()
        done = subprocess.run([str(weir), "inspect", "--jsonl", rows.name, *os.environ.get("WEIR_INSPECT_OPTIONS", "").split()], capture_output=True, text=True,
                              errors="replace")
    answers = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        answers[row["id"]] = STRENGTH.index(row["verdict"]) if row.get("verdict") in STRENGTH else 0
    if len(answers) != len(texts):
        sys.exit(f"weir inspect answered {len(answers)} of {len(texts)} rows: {done.stderr.strip()[-300:]}")
    return [answers[str(number)] for number in range(len(texts))]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--show", type=int, default=20)
    options.add_argument("--count", type=int, default=0 if os.environ.get("WEIR_TEST_LEVEL") == "full" else 2000)
    options.add_argument("--seed", type=int, default=20260101)
    args = options.parse_args()
    weir, ask = args.build / "weir", STRENGTH.index("ask")
    plain = list(commands())
    strengths = verdicts(weir, [text for text, _ in plain])
    rng = random.Random(args.seed)
    cases = [(name, text, number) for number, (command, simple) in enumerate(plain)
             for name, text in rewrites(command, simple, rng)]
    if args.count and args.count < len(cases):
        cases = rng.sample(cases, args.count)
    found = verdicts(weir, [text for _, text, _ in cases])
    harmless = [plain[number][0] for number, strength in enumerate(strengths) if strength < ask]
    reached = weaker = 0
    passed_by, missed = [], collections.Counter()
    for (name, text, number), strength in zip(cases, found):
        if strength >= strengths[number]:
            reached += 1
            continue
        missed[name] += 1
        if strength >= ask:
            weaker += 1
        else:
            passed_by.append((name, text))
    print(f"{len(plain)} commands, {len(cases)} rewrites: {reached} ({100 * reached / len(cases):.2f} %) reach the plain verdict, "
          f"{weaker} are asked about, {len(passed_by)} pass")
    for text in harmless:
        print(f"  not stopped in its plain form: {text}")
    for name, count in missed.most_common(args.show):
        print(f"  {count:4} weaker: {name}")
    for name, text in passed_by[: args.show]:
        print(f"  PASSES ({name}): {text!r}")
    by_hand = [json.loads(line)["command"] for line in (TOP / "tests/evasion/disguises.jsonl").read_text().splitlines()]
    through = [text for text, strength in zip(by_hand, verdicts(weir, by_hand)) if strength < ask]
    stopped = len(by_hand) - len(through)
    print(f"{len(by_hand)} disguises by hand: {stopped} ({100 * stopped / len(by_hand):.1f} %) are asked about or refused")
    for text in through:
        print(f"  PASSES: {text!r}")
    failed = ((reached * 100 < 98 * len(cases)) + bool(passed_by) + bool(harmless) + (stopped * 100 < 98 * len(by_hand)))
    print(f"{4 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
