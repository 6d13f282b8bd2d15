#!/usr/bin/env python3
"""kill -9 of the daemon, again and again, under load from several hook callers.

    kill_loop.py PROGRAMS [--kills N] [--callers N] [--every N] [--keep]

What must hold, whatever the instant of the kill:
  * every decision that was answered (the shim's exit code, known by its tool_use_id) is in the store and in the ledger,
    with the verdict that was answered;
  * without an answer the shim refuses: exit 2, never 0;
  * every checkpoint that was ever visible is a prefix of every later one: its root is the root of that many first
    entries, computed here from the tiles, and tests/conformance/ledger_verify.mjs, an independent reader, agrees.

N kills: --kills, else 200 at WEIR_TEST_LEVEL=full, else 15. Exit 0 when all of it held.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from throwaway_weir import COULD_NOT_DECIDE, CheckpointWatch, Counts, Tree, Weir, checkpoint_of, entries  # noqa: E402

VERIFIER = pathlib.Path(__file__).resolve().parent.parent / "conformance" / "ledger_verify.mjs"
# A command and the exit code that its verdict has at the shim.
COMMANDS = [("ls -la src", 0), ("make test", 0), ("rm -rf /etc", 2), ("git push --force origin main", 2)]


class Caller(threading.Thread):
    """One agent: calls the shim as fast as it answers."""

    def __init__(self, weir, number):
        super().__init__(daemon=True)
        self.weir, self.number, self.ending = weir, number, threading.Event()
        self.answered, self.refused_undecided, self.wrong, self.calls = {}, 0, [], 0

    def run(self):
        argv = self.weir.hook_argv()
        random_choice = random.Random(self.number)
        while not self.ending.is_set():
            self.calls += 1
            tool_use_id = f"toolu_{self.number}_{self.calls}"
            command, expected = random_choice.choice(COMMANDS)
            # New sessions now and then: the shipped pack holds everything of one that was refused too often.
            session = f"agent-{self.number}-{self.calls // 40}" if self.calls % 3 else f"shared-{self.calls // 30}"
            code, err = self.weir.call(argv, session, command, tool_use_id)
            if code == 2 and COULD_NOT_DECIDE in err:
                self.refused_undecided += 1
                time.sleep(0.02)
            elif code == expected:
                self.answered[tool_use_id] = code
            else:
                self.wrong.append((tool_use_id, command, code, err[:200]))


def independent_verify(weir, since=None):
    argv = ["node", str(VERIFIER), "--vkey", (weir.ledger() / "vkey").read_text().strip()]
    if since:
        argv += ["--since", str(since)]
    return subprocess.run([*argv, str(weir.ledger())], capture_output=True, text=True)


def check_record(weir, callers, counts, when):
    """Every answered decision is stored with its verdict."""
    rows = [json.loads(line) for line in weir.weir("log", "--json", "--events", "--last", "0").stdout.splitlines()]
    calls = {row["id"]: row.get("corr", {}).get("tool_use_id") for row in rows if row["record"] == "event"}
    decided = {}
    for row in rows:
        if row["record"] == "decision":
            decided[calls.get(row["event"])] = (row["verdict"], row["id"])
    missing, different = [], []
    for caller in callers:
        for tool_use_id, code in list(caller.answered.items()):
            if tool_use_id not in decided:
                missing.append(tool_use_id)
            elif (code == 0) != (decided[tool_use_id][0] in ("allow", "warn", "transform")):
                different.append((tool_use_id, code, decided[tool_use_id][0]))
    counts.check(not missing, f"{when}: no answered decision is missing from the store {missing[:5] or ''}")
    counts.check(not different, f"{when}: the store holds the verdicts that were answered {different[:5] or ''}")
    return decided


def check_ledger(weir, callers, decided, counts):
    """After an orderly end: all answered decisions are entries, and every checkpoint seen is a prefix."""
    size, root = checkpoint_of((weir.ledger() / "checkpoint").read_text())
    log = entries(weir.ledger(), size)
    ids = {json.loads(entry).get("id") for entry in log}
    lost = [t for caller in callers for t in caller.answered if decided.get(t, ("", None))[1] not in ids]
    counts.check(not lost, f"all answered decisions are among the {size} ledger entries {lost[:5] or ''}")
    return size, root, log


def check_prefixes(weir, watch, size, root, log, counts):
    tree, wrong = Tree(), []
    for n in range(size + 1):
        if n in watch.seen and watch.seen[n][0] != tree.root():
            wrong.append(n)
        if n < size:
            tree.add(log[n])
    counts.check(tree.root() == root, "the last checkpoint's root is the root of the entries")
    beyond = [n for n in watch.seen if n > size]
    counts.check(not wrong and not beyond and not watch.forks,
                 f"each of {len(watch.seen)} checkpoints seen is a prefix of the log {wrong or beyond or watch.forks or ''}")
    for n in sorted(watch.seen)[:: max(1, len(watch.seen) // 8)]:
        file = weir.top / f"seen-{n}"
        file.write_text(watch.seen[n][1])
        done = independent_verify(weir, file)
        own = weir.weir("ledger", "verify", "--since", str(file), check=False)
        counts.check(done.returncode == 0 and own.returncode == 0,
                     f"both verifiers: the log grew from the checkpoint of size {n} {done.stdout if done.returncode else ''}"
                     f"{own.stderr}")


def run(options):
    counts = Counts()
    with Weir(options.programs, options.keep) as weir:
        weir.start()
        callers = [Caller(weir, n) for n in range(options.callers)]
        watch = CheckpointWatch(weir)
        watch.start()
        for caller in callers:
            caller.start()
        chance = random.Random(20)
        began = time.monotonic()
        for kill in range(1, options.kills + 1):
            time.sleep(chance.uniform(0.05, options.pause_s))
            weir.kill()
            if kill % options.every == 0:
                # What the crash left behind, before the next daemon mends anything.
                check_record(weir, callers, counts, f"after kill {kill}")
                done = independent_verify(weir)
                counts.check(done.returncode == 0, f"after kill {kill}: the independent verifier agrees {done.stdout.strip()[:200]}")
            weir.start()
        time.sleep(0.5)
        for caller in callers:
            caller.ending.set()
        for caller in callers:
            caller.join()
        counts.check(weir.stop() == 0, "the last daemon ended in order")
        watch.finish()
        seconds = time.monotonic() - began
        wrong = [one for caller in callers for one in caller.wrong]
        counts.check(not wrong, f"no call had another outcome than its verdict or a refusal {wrong[:3] or ''}")
        decided = check_record(weir, callers, counts, "at the end")
        size, root, log = check_ledger(weir, callers, decided, counts)
        check_prefixes(weir, watch, size, root, log, counts)
        own = weir.weir("ledger", "verify", "--vkey", (weir.ledger() / "vkey").read_text().strip(), check=False)
        counts.check(own.returncode == 0, f"weir ledger verify agrees {own.stderr.strip()}")
        answered = sum(len(caller.answered) for caller in callers)
        counts.check(answered > options.kills, f"there was load: {answered} answered decisions")
        undecided = sum(caller.refused_undecided for caller in callers)
        starts = sorted(weir.starts_s)
        print(f"{options.kills} kills in {seconds:.0f} s under {options.callers} callers: {answered} decisions answered, "
              f"{undecided} calls refused without one, {size} ledger entries, {len(watch.seen)} checkpoints seen, "
              f"restart p50 {starts[len(starts) // 2] * 1000:.0f} ms, slowest {starts[-1] * 1000:.0f} ms")
    return counts.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", help="directory that holds weir and weir-hook")
    parser.add_argument("--kills", type=int, default=200 if os.environ.get("WEIR_TEST_LEVEL") == "full" else 15)
    parser.add_argument("--callers", type=int, default=4)
    parser.add_argument("--every", type=int, default=50, help="verify the record after so many kills")
    parser.add_argument("--pause-s", type=float, default=0.6, help="at most so long between kills")
    parser.add_argument("--keep", action="store_true", help="leave the directory behind")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
