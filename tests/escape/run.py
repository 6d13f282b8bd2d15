#!/usr/bin/env python3
"""Tries to get out of Weir's pod, and of other sandboxes, and says who held. docs/escape.md explains the suite.

    python3 tests/escape/run.py                   bare and Weir
    python3 tests/escape/run.py --all             beside them srt, codex and bubblewrap
    python3 tests/escape/run.py --probe 'read.*' --contestants bare,weir -v
    python3 tests/escape/run.py --list            the probes
    python3 tests/escape/run.py --check           exit 1 when Weir did not hold, or a probe proves nothing

The last line counts: a probe passes when it gets through without a sandbox and not through Weir. It is skipped when
this machine's kernel has not what it attacks, or this Weir not what it is about.
"""
import argparse
import fnmatch
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
sys.path.insert(0, str(HERE))

import contestants  # noqa: E402
import probes  # noqa: E402
import report  # noqa: E402
import trial  # noqa: E402
import world  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", default=CHECKOUT / "build/release", type=pathlib.Path, help="where weir lies")
    parser.add_argument("--all", action="store_true", help="all contestants, with every probe")
    parser.add_argument("--contestants", help=f"of {','.join(contestants.EVERYONE)}")
    parser.add_argument("--probe", default="*", help="a glob over GROUP.NAME")
    parser.add_argument("--json", type=pathlib.Path, help="write all results here")
    parser.add_argument("--check", action="store_true", help="exit 1 when Weir did not hold or a probe proves nothing")
    parser.add_argument("--list", action="store_true", help="print the probes")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worlds at the same time")
    parser.add_argument("-v", action="store_true", help="say each result when it is there")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    chosen = [probe for probe in probes.everything() if fnmatch.fnmatch(probe.full_name, options.probe)]
    if options.list:
        for probe in chosen:
            print(f"{probe.full_name:50} {probe.what}")
        print(f"{len(chosen)} probes")
        return 0
    if not chosen:
        sys.exit(f"run.py: no probe is called {options.probe}; --list names them")
    if not (options.programs / "weir").is_file():
        sys.exit(f"run.py: {options.programs}/weir is not there; ./run --build makes it, --programs says where it lies")
    if options.one:
        print(json.dumps(one(options, chosen)))
        return 0
    if not world.available():
        print("this machine gives its users no namespaces of their own, so no probe can be harmless here")
        print(f"0 passed, 0 failed, {len(chosen)} skipped")
        return 0
    results = gather(options, names(options))
    table = report.Report(chosen, results)
    print(table.text())
    if options.json:
        options.json.write_text(json.dumps(table.as_json(), indent=1) + "\n")
    return 1 if options.check and table.failures() else 0


def names(options):
    if options.contestants:
        wanted = options.contestants.split(",")
        unknown = [name for name in wanted if name not in contestants.EVERYONE]
        if unknown:
            sys.exit(f"run.py: {unknown[0]} is none of {', '.join(contestants.EVERYONE)}")
        return wanted
    usual = ["bare", "weir", *(["weir-allow"] if knows_allow(options.programs) else []), "weir-direct"]
    return [*usual, "srt", "codex", "bwrap"] if options.all else usual


def knows_allow(programs):
    """Whether this Weir can let one host through. Asked of the program itself."""
    said = subprocess.run([programs / "weir", "pod", "exec", "--help"], capture_output=True, text=True)
    return "--allow " in said.stdout


def one(options, chosen):
    """All probes against one contestant, in a world of its own."""
    contestant = contestants.EVERYONE[options.one](options.programs.resolve())

    def work(place):
        found = {}
        for probe in chosen:
            if applies(probe, contestant) and (options.all or not contestant.usual or probe.group in contestant.usual):
                found[probe.full_name] = trial.judge(place, contestant, probe)
                if options.v:
                    print(f"{contestant.name:10} {found[probe.full_name][0]:8} {probe.full_name}  {found[probe.full_name][1]}", file=sys.stderr, flush=True)
        return found

    return world.perform(contestant.places(CHECKOUT), work)


def applies(probe, contestant):
    if contestant.name == "bare":
        return not probe.bare
    if probe.only and contestant.name not in probe.only:
        return False
    return contestant.egress or not probe.egress


def gather(options, wanted):
    """{contestant: {probe: [result, note]}}, each contestant by a process of its own."""
    results, running, waiting = {}, {}, list(wanted)
    if any(issubclass(contestants.EVERYONE[name], contestants.FromNpm) for name in wanted):
        try:
            contestants.install(CHECKOUT)
        except contestants.InstallError as error:
            sys.exit(f"run.py: {error}")
    while waiting or running:
        while waiting and len(running) < options.jobs:
            name = waiting.pop(0)
            output = tempfile.TemporaryFile()
            argv = [sys.executable, str(HERE / "run.py"), "--one", name, "--programs", str(options.programs), "--probe", options.probe]
            more = [flag for flag, wanted in (("-v", options.v), ("--all", options.all)) if wanted]
            running[name] = (subprocess.Popen([*argv, *more], stdout=output), output)
        name = next(iter(running))
        process, output = running.pop(name)
        if process.wait() != 0:
            for other, _ in running.values():
                other.kill()
            sys.exit(f"run.py: the world for {name} broke")
        output.seek(0)
        results[name] = json.load(output)
    return results


if __name__ == "__main__":
    sys.exit(main())
