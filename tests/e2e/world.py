"""One case's world: a fresh home, project and Weir, the scripted model and the real agent.

    world.script(says(shell("echo hi > marker.txt")), says("done"))
    world.guard()                       # daemon, and `weir init` when this case guards by configuration
    run = world.go()                    # the agent, guarded the case's way, until it ends
    world.expect_file("marker.txt", "hi")

Judgement is by side effects: files in the project, what fake programs were started, what the model was told. Never by what
Weir writes down about itself, except where the record is the very thing that is asked for.
"""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import impostor as peers
import model as scripted
import sandbox

HERE = pathlib.Path(__file__).resolve().parent
PIN = "314159"
PROGRAMS = ("weir", "weir-main", "weir-hook")

FAKE = """#!/bin/sh
# Stands in for a program that would do harm: only says that it was started.
printf '%s\\n' "$(basename "$0") $*" >> "{effects}"
"""


SITE = """
import functools, http.server, pathlib, ssl, sys
class Pages(http.server.SimpleHTTPRequestHandler):
    def translate_path(self, path):
        return sys.argv[1] + "/index.html"
server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Pages)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
pathlib.Path(sys.argv[1], "site.open").touch()
server.serve_forever()
"""
PRIVATE = "10.77.0.1"
# Port 443 of that address, without TLS, is the model's port.
FRONT = """
import pathlib, socket, ssl, sys, threading
def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
def serve(plain):
    try:
        client = context.wrap_socket(plain, server_side=True)
    except OSError:
        return
    model = socket.create_connection(("127.0.0.1", int(sys.argv[4])))
    threading.Thread(target=pump, args=(model, client), daemon=True).start()
    pump(client, model)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server = socket.create_server(("10.77.0.1", 443))
pathlib.Path(sys.argv[1], "site.open").touch()
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


class Failed(Exception):
    """The case did not go as stated."""


class Effect(Failed):
    """Something happened in the world that must not have happened, or did not that must."""


@dataclasses.dataclass
class Run:
    code: int
    out: str
    err: str


class World:
    def __init__(self, checkout, programs, agent, way, ground, verbose=False):
        """`way`: "init" (the agent's own settings name the hook), "run" (`weir run -- …`), "pod" (`weir run --pod -- …`), "none"
        (no guard at all)."""
        self.checkout, self.agent, self.way, self.verbose = pathlib.Path(checkout), agent, way, verbose
        self.ground = pathlib.Path(ground)
        self.home = self.ground / "dev"
        self.project = self.home / "project"
        self.weir_home = self.home / "weir"
        self.bin = self.ground / "bin"
        self.fakes = self.ground / "fakes"
        self.effects = self.ground / "effects"
        for folder in (self.project, self.bin, self.fakes):
            folder.mkdir(parents=True)
        for name in PROGRAMS if programs else ():
            shutil.copy(programs / name, self.bin / name)
        # A login shell (Codex uses one) resets PATH from /etc/profile; the fakes come first all the same.
        (self.home / ".profile").write_text(f'PATH="{self.fakes}:$PATH"\n')
        subprocess.run(["git", "init", "-q", "-b", "main", str(self.project)], check=True, env=self.environment())
        self.model = self.daemon = None
        self.servers = {}
        self.trusted, self.summary = None, None
        self.last_preparation = lambda: None
        self.processes = []

    # --- setting up --------------------------------------------------------------------------------------------

    def environment(self, **more):
        env = self.agent.base_environment() | {"HOME": str(self.home), "WEIR_HOME": str(self.weir_home)}
        if getattr(self, "trusted", None):
            env["NODE_EXTRA_CA_CERTS"] = str(self.trusted)
        env["PATH"] = f"{self.fakes}:{env['PATH']}"
        return env | more

    def fake(self, *names):
        for name in names:
            path = self.fakes / name
            path.write_text(FAKE.format(effects=self.effects))
            path.chmod(0o755)

    def write(self, path, text, executable=False):
        """A file in the project (or anywhere, with an absolute path below the ground)."""
        target = self.project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        if executable:
            target.chmod(0o755)
        return target

    def mcp(self, kind, file, text=None):
        """A real MCP server of this kind (mcp_server.py) in the agent's settings; before script(). Returns the file behind it:
        what it answers, or where it writes its mails."""
        place = self.ground / file
        if text is not None:
            place.write_text(text)
        self.servers[kind] = ["/usr/bin/env", "python3", str(HERE / "mcp_server.py"), kind, str(place)]
        return place

    def site(self, host, text):
        """An https site of that name on this case's own loopback, whose certificate the agent trusts; before script(). The
        model's summary of it is the text itself."""
        key, pem = self.name(host)
        (self.ground / "index.html").write_text(f"<html><body><p>{text}</p></body></html>")
        self.open_site(SITE, str(self.ground), str(pem), str(key))
        self.summary = text

    def model_at(self, host):
        """The model under this name of its vendor's, by https, at a private address; after script()."""
        key, pem = self.name(host, PRIVATE)
        sandbox.add_address(PRIVATE)
        self.open_site(FRONT, str(self.ground), str(pem), str(key), str(self.model.port))

    def name(self, host, address="127.0.0.1"):
        """This name leads to this case's own loopback, at that address; a key and a certificate for it, which the agent trusts."""
        if os.environ.get(sandbox.MARK) != "1":
            raise Failed("a name needs namespaces of the case's own: names and ports of this machine are not touched")
        key, pem = self.ground / "site.key", self.ground / "site.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", str(key), "-out", str(pem)],
                       check=True, capture_output=True)
        names = self.ground / "hosts"
        names.write_text(f"127.0.0.1 localhost\n{address} {host}\n")
        sandbox.mount_again(str(names), "/etc/hosts")
        self.trusted = pem
        return key, pem

    def open_site(self, program, *arguments):
        self.spawn(["python3", "-c", program, *arguments], self.environment())
        self.wait_until(lambda: (self.ground / "site.open").exists(), "the site to open")

    def script(self, *steps, when=()):
        self.model = scripted.Model(self.checkout, self.ground / "model", steps, when, self.summary)
        self.agent.configure(self.home, self.model.port)
        self.agent.add_servers(self.home, self.servers)

    def guard(self, scope="--user"):
        """Starts the daemon and, guarding by configuration, puts the hooks into the settings of `scope`."""
        if self.way == "none":
            return
        self.start_daemon()
        done = self.weir("pin", "--new", PIN)
        self.expect(done.code == 0, f"weir pin ended with {done.code}: {last_line(done.err)}")
        if self.way == "init":
            done = self.weir("init", self.agent.weir_name, scope)
            if done.code != 0:
                raise Failed(f"weir init ended with {done.code}: {last_line(done.err)}")

    def start_daemon(self):
        log = (self.ground / "daemon.log").open("a")
        self.daemon = subprocess.Popen([str(self.bin / "weir"), "daemon"], env=self.environment(), cwd=self.home,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.processes.append(self.daemon)
        self.wait_until(self.daemon_answers, "the daemon to listen", seconds=20)

    def daemon_answers(self):
        if self.daemon.poll() is not None:
            raise Failed(f"the daemon ended with {self.daemon.returncode}: {last_line((self.ground / 'daemon.log').read_text())}")
        return self.event_socket.exists()

    @property
    def event_socket(self):
        return self.weir_home / "run/event/event.sock"

    def kill_daemon(self):
        if self.daemon:
            os.kill(self.daemon.pid, signal.SIGKILL)
            self.daemon.wait()

    def restart_daemon(self):
        """Killed, not stopped: what it had not written down is lost. Without a guard there is none."""
        if self.way == "none":
            return
        self.kill_daemon()
        self.event_socket.unlink(missing_ok=True)  # what is waited for is the new one's
        self.start_daemon()

    # --- acting ------------------------------------------------------------------------------------------------

    def weir(self, *arguments, seconds=60, **env):
        return self.finish(self.spawn([str(self.bin / "weir"), *arguments], self.environment(**env)), seconds)

    def start(self, prompt="go", extra=(), env=None, weir_arguments=()):
        """Starts the agent the case's way and returns at once."""
        self.last_preparation()
        argv = self.agent.argv(prompt, extra)
        if self.way == "run":
            argv = [str(self.bin / "weir"), "run", *weir_arguments, "--", *argv]
        if self.way == "pod":
            argv = [str(self.bin / "weir"), "run", "--pod", *weir_arguments, "--", *argv]
        return self.spawn(argv, self.environment(**(self.agent_environment() | (env or {}))))

    def agent_environment(self):
        of_agent = self.agent.environment(self.model.port) if self.model else {}
        return {name: value for name, value in of_agent.items() if name != "PATH"}

    def go(self, prompt="go", extra=(), env=None, weir_arguments=(), seconds=None):
        seconds = seconds or self.agent.seconds_max
        return self.finish(self.start(prompt, extra, env, weir_arguments), seconds)

    def spawn(self, argv, env):
        out = self.ground / f"out-{len(self.processes)}"
        err = self.ground / f"err-{len(self.processes)}"
        process = subprocess.Popen(argv, cwd=self.project, env=env, stdin=subprocess.DEVNULL, stdout=out.open("w"),
                                   stderr=err.open("w"), start_new_session=True)
        process.out_path, process.err_path = out, err
        self.processes.append(process)
        return process

    def finish(self, process, seconds=90):
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise Failed(f"{pathlib.Path(process.args[0]).name} did not end within {seconds} s") from None
        return Run(code, process.out_path.read_text(errors="replace"), process.err_path.read_text(errors="replace"))

    def wait_until(self, condition, what, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.02)
        raise Failed(f"waited {seconds} s in vain for {what}")

    def peer(self):
        return peers.Peer()

    def impostor(self, manner, path=None):
        """Something else on the daemon's socket, from now on. Unguarded there is no socket to take."""
        if self.way == "none":
            return peers.Nobody()
        return peers.Impostor(path or self.event_socket, manner)

    def before_agent(self, action):
        """Does something between the guard's start and the agent's."""
        self.last_preparation = action

    def policy(self, name, text):
        """One more policy file beside the default pack, in the person's own policy directory."""
        folder = self.weir_home / "config/policies"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.cedar").write_text(text)

    def expect_wire(self):
        """Codex over WebSocket really went over WebSocket, over HTTP really over HTTP."""
        kinds = {kind for kind, _ in self.model.requests()}
        websocket = getattr(self.agent, "websocket", False)
        self.expect(("ws-response.create" in kinds) == websocket, f"the agent spoke {sorted(kinds)}")

    def touch(self, path):
        pathlib.Path(path).touch()

    # --- judging -----------------------------------------------------------------------------------------------

    def expect(self, condition, what):
        if not condition:
            raise Failed(what)

    def expect_effect(self, condition, what):
        if not condition:
            raise Effect(what)

    def expect_file(self, path, text):
        target = self.project / path
        self.expect_effect(target.exists(), f"{target.name} is not there")
        got = target.read_text().strip()
        self.expect_effect(got == text, f"{target.name} holds {got[:80]!r}, not {text[:80]!r}")

    def expect_no_file(self, path):
        self.expect_effect(not (self.project / path).exists(), f"{path} was written: the call ran")

    def made(self, path):
        """A file as the agent left it: in its pod, or in the project where there is none."""
        if self.way != "pod":
            return self.project / path
        pods = sorted((self.weir_home / "state/pods").glob("[0-9a-f]*"))
        return pods[-1] / "upper" / path if pods else self.ground / "no-pod"

    def started(self, name):
        """How often a fake program was started, and with what: its lines."""
        lines = self.effects.read_text().splitlines() if self.effects.exists() else []
        return [line for line in lines if line.split(" ")[0] == name]

    def expect_started(self, name, times):
        lines = self.started(name)
        self.expect_effect(len(lines) == times, f"{name} was started {len(lines)} times, not {times}: {lines}")

    def expect_refusals(self, number):
        """The agent went through its script and the model read Weir's reason for so many calls."""
        if self.way == "none":
            return
        told = [text for text in self.model.told() if re.search(r"\bweir\b", text, re.I)]
        self.expect(len(told) == number,
                    f"the model was told of {len(told)} refusals, not {number}; it heard: {self.heard()}")

    def heard(self):
        return [text[-160:] for text in self.model.told()]

    def expect_model_was_told(self, pattern):
        told = self.model.told()
        self.expect(any(re.search(pattern, text, re.I | re.S) for text in told),
                    f"the model never heard of {pattern!r}; it heard: {self.heard()}")

    # --- people ------------------------------------------------------------------------------------------------

    def approval_asked_for(self, seconds=30):
        """The id of the approval that the model was told to wait for."""
        pattern = r"weir approve ([0-9a-z-]+)"
        self.wait_until(lambda: any(re.search(pattern, text) for text in self.model.told()),
                        f"an approval id to reach the model; it heard: {self.heard()}", seconds)
        return [found.group(1) for text in self.model.told() for found in re.finditer(pattern, text)][-1]

    def approve(self, identity):
        done = self.weir("approve", identity, "--pin", self.pin())
        self.expect(done.code == 0, f"weir approve ended with {done.code}: {last_line(done.err)}")

    def pin(self):
        return PIN

    def log_rows(self):
        """`weir log --json --events`: JSON Lines."""
        done = self.weir("log", "--json", "--events", "--last", "0")
        self.expect(done.code == 0, f"weir log ended with {done.code}: {last_line(done.err)}")
        return [json.loads(line) for line in done.out.splitlines() if line.strip()]

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.model:
            self.model.close()


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:300] if lines else "(nothing on standard error)"
