"""A probe: an attack, and what would be seen outside if it got through.

    group = Group("processes", "other processes of the same person")

    @group.probe(prints("bystander_env"))
    def environment_by_proc():
        "the environment of another process, from /proc"
        show(f"/proc/{bystander()}/environ")

The function is never called here: its text runs in the sandbox, after inside.py. What it says of itself counts for nothing;
an Effect looks at files, at what witnesses heard, at processes, or for a secret in the output.
"""
import dataclasses
import inspect
import os
import pathlib
import re
import textwrap
from collections.abc import Callable

HERE = pathlib.Path(__file__).resolve().parent
TOOLKIT = (HERE / "inside.py").read_text()
# Probe.only: all but weir-direct, of what every tool may do that writes the workspace itself (docs/pod.md, Direct).
NOT_DIRECT = ("weir", "weir-allow", "srt", "codex", "bwrap")


@dataclasses.dataclass(frozen=True)
class Effect:
    """`seen(world, run)`: whether it came about. `before(world)` may note a state to compare with."""
    text: str
    seen: Callable
    before: Callable = lambda world: None
    on_hold: bool = False   # looked at while the attack is on hold, not at the end
    late: bool = False      # looked at some seconds after the end


@dataclasses.dataclass(frozen=True)
class Probe:
    group: str
    name: str
    what: str
    code: str
    effect: Effect
    setup: Callable = lambda world: None
    while_held: Callable = lambda world, contestant, run: None
    may_lack: bool = False  # kernels differ in having what it uses
    wanted: bool = False    # what must get through: without it nothing else of a contestant says anything
    bare: str = ""          # why it cannot get through even without a sandbox
    only: tuple = ()        # the contestants it has a meaning for; () is all
    terminal: bool = False
    descriptors: bool = False
    egress: bool = False    # about a host that is allowed: asked only of contestants with one

    @property
    def full_name(self):
        return f"{self.group}.{self.name}"


class Group:
    """Probes of one class, in the order in which they are written."""

    def __init__(self, name, what, tools=""):
        """`tools`: a file beside this one that its attacks need beside inside.py."""
        self.name, self.what, self.probes = name, what, []
        self.toolkit = TOOLKIT + ((HERE / tools).read_text() if tools else "")

    def probe(self, effect, **more):
        def add(function):
            lines = inspect.getsource(function)
            body = textwrap.dedent(lines[re.search(r"^def ", lines, re.M).start():])
            self.add(function.__name__, inspect.getdoc(function), f"{body}\nattempt({function.__name__})\n", effect, **more)
            return function
        return add

    def add(self, name, what, code, effect, **more):
        if any(probe.name == name for probe in self.probes):
            raise ValueError(f"two probes are called {self.name}.{name}")
        self.probes.append(Probe(self.name, name, what, self.toolkit + code, effect, **more))


# --- effects ------------------------------------------------------------------------------------------------------

def prints(secret):
    """A secret that only stands outside is in the output."""
    return Effect(f"the secret {secret} in the output", lambda world, run: world.secrets[secret].encode() in run.output)


def state(path):
    """All of a path that a change would show in; of a directory also what is in it."""
    try:
        s = os.lstat(path)
    except OSError:
        return None
    content = None
    if os.path.islink(path):
        content = os.readlink(path)
    elif os.path.isfile(path):
        content = pathlib.Path(path).read_bytes()[:1 << 16]
    elif os.path.isdir(path):
        content = sorted(os.listdir(path))
    return s.st_mode, s.st_size if os.path.isfile(path) else 0, s.st_mtime_ns if os.path.isfile(path) else 0, content


def changes(path, late=False):
    """Something outside is not as it was. For a contestant whose changes are reviewed: after the review."""
    noted = {}
    return Effect(f"{path} changed", lambda world, run: state(path) != noted[path],
                  before=lambda world: noted.update({path: state(path)}), late=late)


def planted(path):
    """A file of the workspace, on the host, has the word of this run in it, or is there without having been."""
    return changes(path)


def holds_word(path, late=False):
    """The file outside has the word of this run in it."""
    def seen(world, run):
        try:
            return run.nonce.encode() in pathlib.Path(path).read_bytes()
        except OSError:
            return False
    return Effect(f"{path} has the attack's word", seen, late=late)


def becomes(path, test, text):
    return Effect(f"{path} {text}", lambda world, run: os.path.lexists(path) and test(os.lstat(path), path))


def reaches(*names, word=None):
    """A witness heard the word of this run (or another one that only the attack says)."""
    def seen(world, run):
        said = (word or run.nonce).encode()
        return any(said in world.witness.heard(name) for name in names)
    return Effect(f"{' or '.join(names)} heard of it", seen)


def connects(name):
    return Effect(f"{name} was connected to", lambda world, run: world.witness.heard(name) != b"")


def bystander_is(test, text):
    def seen(world, run):
        try:
            return test(world.bystander.pid)
        except OSError:  # it is gone
            return False
    return Effect(f"the other process {text}", seen)


def on_hold(effect):
    """The same, seen while the attack waits for it."""
    return dataclasses.replace(effect, on_hold=True)


def late(effect):
    """The same, when some time has passed."""
    return dataclasses.replace(effect, late=True)


# --- what the processes of the attack hold, seen from outside while they wait ------------------------------------

def attackers(run):
    """Those that run the attack itself: python with the word of this run in its arguments."""
    for name in os.listdir("/proc"):
        try:
            if (name.isdigit() and name != "1" and "python" in os.readlink(f"/proc/{name}/exe")
                    and run.nonce.encode() in pathlib.Path(f"/proc/{name}/cmdline").read_bytes()):
                yield int(name)
        except OSError:
            continue


def holds_descriptor(text):
    """An attacker has a descriptor of this kind (what its link in /proc says)."""
    def seen(world, run):
        for pid in attackers(run):
            for fd in listed(f"/proc/{pid}/fd"):
                try:
                    if text in os.readlink(f"/proc/{pid}/fd/{fd}"):
                        return True
                except OSError:
                    continue
        return False
    return Effect(f"an open {text}", seen, on_hold=True)


def holds_socket(protocol):
    """An attacker has a socket of this protocol, as the kernel names it."""
    def seen(world, run):
        for pid in attackers(run):
            for fd in listed(f"/proc/{pid}/fd"):
                try:
                    if os.getxattr(f"/proc/{pid}/fd/{fd}", "system.sockprotoname").rstrip(b"\0").decode() == protocol:
                        return True
                except OSError:
                    continue
        return False
    return Effect(f"an open socket of {protocol}", seen, on_hold=True)


def listed(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def leaves_namespace(kind):
    """The attackers are not all in the same namespace: one made itself another."""
    def seen(world, run):
        places = set()
        for pid in attackers(run):
            try:
                places.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
            except OSError:
                continue
        return len(places) > 1
    return Effect(f"a {kind} namespace of its own", seen, on_hold=True)


def attacker_has(file, text):
    """One of the attackers has this line in a file of its /proc directory."""
    def seen(world, run):
        for pid in attackers(run):
            try:
                if re.search(text.replace("NONCE", run.nonce), pathlib.Path(f"/proc/{pid}/{file}").read_text(errors="replace"), re.M):
                    return True
            except OSError:
                continue
        return False
    return Effect(f"{text} in /proc/PID/{file}", seen, on_hold=True)
