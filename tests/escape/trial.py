"""One probe against one contestant, judged from outside."""
import dataclasses
import json
import os
import secrets as chance
import subprocess
import threading
import time

import contestants
import home
import world as worlds

HELD, THROUGH, BROKEN = "held", "through", "broken"
PATIENCE_S = 60.0       # for one sandboxed command; the slowest sandbox needs a second to start on a busy machine
LATE_S = 1.3            # what a process left behind may take
BARE_S = 20.0           # what must come may take its time on a busy machine
SETTLED_S = 0.02        # what is on its way to a witness when the attack ends


@dataclasses.dataclass
class Run:
    nonce: str
    output: bytes = b""     # of the attack
    review: bytes = b""     # of whoever looked at its changes
    terminal: bytes = b""   # what was typed into the terminal, in its name
    pid: int = 0            # of the sandbox's own process


def judge(world, contestant, probe):
    """(HELD | THROUGH | BROKEN, a note for the reader)"""
    try:
        result = tried(world, contestant, probe)
        if result[0] == BROKEN and not contestant.reviewed:  # another's start may fail on a busy machine; Weir's may not
            result = tried(world, contestant, probe)
        return result
    except (OSError, ValueError, subprocess.SubprocessError) as error:  # of this harness: the other probes go on
        return BROKEN, f"the probe's own side failed: {error!r}"


def tried(world, contestant, probe):
    world.reset()
    probe.setup(world)
    contestant.prepare()
    probe.effect.before(world)
    run = Run(chance.token_hex(8))
    seen_on_hold = perform(world, contestant, probe, run)
    contestant.review(world, run)
    text = run.output.decode("utf-8", "replace")
    if f"BEGIN {run.nonce}" not in text:
        return BROKEN, "the attack was never started: " + text[-300:].strip()
    if f"END {run.nonce} 70" in text:
        return BROKEN, "the attack itself is broken: " + text[-300:].strip()
    if probe.effect.on_hold:
        return (THROUGH if seen_on_hold else HELD), why(text)
    patience = BARE_S if probe.wanted or contestant.name == "bare" else LATE_S if probe.effect.late else SETTLED_S
    return (THROUGH if seen_within(patience, world, probe, run) else HELD), why(text)


def why(text):
    """The last refusal that the attack met, as it told it."""
    refusals = [line for line in text.splitlines() if line.startswith("refused: ")]
    return refusals[-1] if refusals else ""  # nothing: it was not refused, only without effect


def seen_within(seconds, world, probe, run):
    deadline = time.monotonic() + seconds
    while True:
        last = time.monotonic() >= deadline
        if probe.effect.seen(world, run):
            return True
        if last:
            return False
        time.sleep(0.01)


def perform(world, contestant, probe, run):
    """Runs the attack to its end; whether the effect was seen while it was on hold."""
    opened, numbers = bait_descriptors(world) if probe.descriptors else ([], {})
    command = contestant.argv(["python3", "-c", probe.code, json.dumps(bait(world, contestant, run, numbers))])
    argv = world.as_user(command)
    master, slave = os.openpty() if probe.terminal else (None, None)
    stdin, feed = os.pipe()
    if probe.terminal:
        argv = ["setsid", "--ctty", "--wait", *argv]
    process = subprocess.Popen(argv, cwd=home.WORKSPACE, env=contestant.environment() | world.secrets.environment(),
                               stdin=slave if probe.terminal else stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               pass_fds=opened)
    run.pid = process.pid
    os.close(stdin)
    reader = threading.Thread(target=keep_output, args=(process.stdout.fileno(), run), daemon=True)
    reader.start()
    seen = watch(world, contestant, probe, run, process, feed)
    if probe.terminal:
        run.terminal = typed(slave)
        os.close(master), os.close(slave)
    reader.join(0.05)  # what was left behind may hold the other end
    for fd in opened:
        os.close(fd)
    return seen


def keep_output(fd, run):
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            return
        if not data:
            return
        run.output += data


def watch(world, contestant, probe, run, process, feed):
    """Until the process has ended; has a look when the attack asks for it."""
    seen, looked = False, False
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        if not looked and b"\nHOLD\n" in run.output:
            looked = True
            probe.while_held(world, contestant, run)
            if probe.effect.on_hold:
                seen = probe.effect.seen(world, run)
            os.close(feed)
        time.sleep(0.002)
    if not looked:
        os.close(feed)
    if process.poll() is None:
        process.kill()
        process.wait()
    return seen


def typed(slave):
    """What a shell would read from the terminal next."""
    os.set_blocking(slave, False)
    try:
        return os.read(slave, 4096)
    except OSError:
        return b""


def bait_descriptors(world):
    """Descriptors that a careless starter leaves open: a secret file, a directory."""
    opened = {"secret": os.open(home.LEFT_OPEN, os.O_RDWR), "home": os.open(home.HOME, os.O_RDONLY | os.O_DIRECTORY)}
    return list(opened.values()), opened


def bait(world, contestant, run, numbers):
    return {"nonce": run.nonce, "home": home.HOME, "workspace": home.WORKSPACE, "other": home.OTHER, "bystander": world.bystander.pid,
            "starter": os.getpid(), "sockets": home.SOCKETS, "shared_memory": world.shared_memory, "addresses": worlds.ADDRESSES,
            "addresses6": worlds.ADDRESSES6, "own": worlds.OWN, "allowed": contestants.ALLOWED, "descriptors": numbers}
