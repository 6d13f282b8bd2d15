#!/usr/bin/env python3
"""End-to-end tests: the real agents, guarded by the real Weir, driven by a scripted model. See docs/development.md.

    python3 tests/e2e/run.py                          every case, then the proof that the cases can fail
    python3 tests/e2e/run.py --agent codex --case refused -v
    python3 tests/e2e/run.py --list

Judged by side effects: marker files, fake programs, what a loopback peer received, what the model was told. Each case runs
in namespaces of its own where the kernel allows that. The proof (lines "sees") runs every case that needs a guard without
one: there it has to fail, by its effect. One line a case; the last line counts.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import agents  # noqa: E402
import cases  # noqa: E402
import sandbox  # noqa: E402
import world as worlds  # noqa: E402

SECONDS_MAX = 300
UNGUARDED = "none"


def make_agent(name):
    return agents.Codex(CHECKOUT, websocket=True) if name == "codex-ws" else agents.ALL[name](CHECKOUT)


def planned(options):
    """(agent, way, case) of everything to run; way "none" is the proof that a case can fail."""
    for case in cases.all_cases():
        if options.case and case.name not in options.case:
            continue
        for agent in case.agents:
            if options.agent and agent.split("-")[0] != options.agent:
                continue
            ways = [way for way in case.ways if options.way in (None, way)] if not options.proof_only else []
            if case.needs_guard and not options.no_proof and options.way in (None, UNGUARDED):
                ways.append(UNGUARDED)
            for way in ways:
                yield agent, way, case


# --- inside: one case ---------------------------------------------------------------------------------------------


def perform(agent, way, name, programs, keep_fd):
    """Runs one case in this process and prints its outcome as one JSON line."""
    case = next(case for case in cases.all_cases() if case.name == name)
    ground = sandbox.enter(CHECKOUT, programs)
    outcome, world = {"ok": True, "why": ""}, None
    try:
        world = worlds.World(CHECKOUT, programs if way != UNGUARDED else None, make_agent(agent), way, ground)
        case.function(world)
        if way == UNGUARDED:
            outcome = {"ok": False, "why": "passes without any guard: it sees nothing"}
    except worlds.Effect as effect:
        outcome = {"ok": way == UNGUARDED, "why": str(effect)}
    except worlds.Failed as failure:
        outcome = {"ok": False, "why": str(failure)}
    except Exception as error:  # a case or the harness itself is wrong: that is a failure with a name, too
        outcome = {"ok": False, "why": f"{type(error).__name__}: {error}"}
    finally:
        if world:
            world.close()
    if keep_fd is not None:
        with os.fdopen(keep_fd, "wb") as stream, tarfile.open(fileobj=stream, mode="w:gz") as archive:
            archive.add(ground, arcname=f"{agent}-{way}-{name}")
    sandbox.leave(ground)
    print(json.dumps(outcome))


# --- outside: all of them -----------------------------------------------------------------------------------------


def run_one(options, namespaces, agent, way, case):
    began = time.monotonic()
    label = f"{agent:8} {'sees' if way == UNGUARDED else way:4} {case.name}"
    argv = [sys.executable, str(HERE / "run.py"), "--inside", agent, way, case.name, str(options.programs)]
    kept = []
    if options.keep:
        # The case sees every file system but its own read-only: it gets the open archive.
        options.keep.mkdir(parents=True, exist_ok=True)
        kept = [os.open(options.keep / f"{agent}-{way}-{case.name}.tar.gz", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)]
        argv += ["--keep", str(kept[0])]
    try:
        done = subprocess.run(sandbox.wrap(argv, namespaces), capture_output=True, text=True, timeout=SECONDS_MAX, pass_fds=kept)
        outcome = json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        outcome = {"ok": False, "why": f"took longer than {SECONDS_MAX} s"}
    except (json.JSONDecodeError, IndexError):
        outcome = {"ok": False, "why": f"the case ended without an outcome: {worlds.last_line(done.stderr)}"}
    finally:
        for fd in kept:
            os.close(fd)
    return label, outcome, time.monotonic() - began


def report(label, outcome, seconds, options):
    line = f"{'ok    ' if outcome['ok'] else 'FAILED'} {label:52} {seconds:5.1f}s"
    if not outcome["ok"] or (options.verbose and outcome["why"]):
        line += f"  {outcome['why']}"
    print(line, flush=True)


def parse(arguments):
    parser = argparse.ArgumentParser(description="Real agents under Weir, judged by side effects.")
    parser.add_argument("--agent", choices=sorted(agents.ALL))
    parser.add_argument("--case", action="append", metavar="NAME")
    parser.add_argument("--way", choices=["init", "run", "pod", UNGUARDED])
    parser.add_argument("--programs", type=pathlib.Path, default=CHECKOUT / "build/release", help="where weir and weir-hook lie")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="cases at once; many only wait")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="keep what each case left behind, an archive a case")
    parser.add_argument("--no-proof", action="store_true", help="leave out the proof that the cases can fail")
    parser.add_argument("--proof-only", action="store_true", help="only that proof; needs no Weir")
    parser.add_argument("--no-namespaces", action="store_true", help="run cases in plain temporary directories")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true", help="say for each proof what was seen")
    return parser.parse_args(arguments)


def main():
    if sys.argv[1:2] == ["--inside"]:
        agent, way, name, programs = sys.argv[2:6]
        keep_fd = int(sys.argv[7]) if sys.argv[6:7] == ["--keep"] else None
        perform(agent, way, name, pathlib.Path(programs), keep_fd)
        return 0
    options = parse(sys.argv[1:])
    plan = list(planned(options))
    if options.list:
        for agent, way, case in plan:
            print(f"{agent:8} {'sees' if way == UNGUARDED else way:4} {case.name:32} {case.what}")
        return 0
    if not plan:
        print("no case fits; --list names them", file=sys.stderr)
        return 2
    options.programs = options.programs.resolve()
    for name in () if options.proof_only else worlds.PROGRAMS:
        if not (options.programs / name).is_file():
            print(f"{options.programs / name} is not there; ./run --build makes it", file=sys.stderr)
            return 3
    try:
        agents.install(CHECKOUT, {agent.split("-")[0] for agent, _, _ in plan}, say=lambda text: print(text, file=sys.stderr))
    except agents.InstallError as error:
        print(f"FAILED {error}\n0 passed, 1 failed")
        return 3
    namespaces = not options.no_namespaces and sandbox.available()
    if not namespaces:
        print("without namespaces: cases run in plain temporary directories", file=sys.stderr)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = [pool.submit(run_one, options, namespaces, *one) for one in plan]
        for future in running:  # in the order of the plan, as soon as each is there
            label, outcome, seconds = future.result()
            failed += not outcome["ok"]
            report(label, outcome, seconds, options)
    print(f"{len(plan) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
