"""What the soaks and the round-trip benchmark share: a Weir of their own below a throw-away directory.

Standard library only. Nothing here reads Weir's own judgement of itself: exit codes come from the real shim, ledger
entries are read from the tiles with the few lines below, written from the C2SP texts.
"""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

COULD_NOT_DECIDE = "because it could not decide"


class Weir:
    """One daemon and its state. The directory is short: a Unix socket path has at most 107 bytes."""

    def __init__(self, programs, keep=False):
        self.programs = pathlib.Path(programs).resolve()
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="weir-"))
        self.home = self.top / "w"
        self.workspace = self.top / "project"
        self.workspace.mkdir()
        self.keep = keep
        self.daemon = None
        self.environment = {**os.environ, "WEIR_HOME": str(self.home), "HOME": str(self.top / "home")}
        (self.top / "home").mkdir()
        self.starts_s = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        if not self.keep:
            shutil.rmtree(self.top, ignore_errors=True)

    def start(self, *options):
        """Starts the daemon and waits until it answers."""
        began = time.monotonic()
        log = open(self.top / "daemon.log", "ab")
        self.daemon = subprocess.Popen([self.programs / "weir", "daemon", "--no-probes", "--quiet", *options],
                                       env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        while not self.public_key_file().exists() or not self.answers():
            if self.daemon.poll() is not None:
                raise RuntimeError("the daemon ended: " + (self.top / "daemon.log").read_text()[-2000:])
            if time.monotonic() - began > 60:
                raise RuntimeError("the daemon did not answer within 60 s")
            time.sleep(0.01)
        self.starts_s.append(time.monotonic() - began)

    def answers(self):
        """A stale socket file refuses the connection."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
            try:
                one.connect(str(self.socket()))
                return True
            except OSError:
                return False

    def kill(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGKILL)
        if self.daemon:
            self.daemon.wait()

    def stop(self):
        """Ends the daemon as systemd would; everything answered is in the ledger afterwards."""
        self.daemon.send_signal(signal.SIGTERM)
        return self.daemon.wait(timeout=60)

    def public_key_file(self):
        return self.home / "state" / "weir.pub"

    def socket(self):
        return self.home / "run" / "event" / "event.sock"

    def control_socket(self):
        return self.home / "run" / "control.sock"

    def ledger(self):
        return self.home / "state" / "ledger"

    def hook_argv(self, event="PreToolUse", agent="claude-code"):
        return [str(self.programs / "weir-hook"), agent, event, "--socket", str(self.socket()), "--key",
                self.public_key_file().read_text().strip()]

    def payload(self, session, command, tool_use_id):
        return json.dumps({"session_id": session, "transcript_path": "", "cwd": str(self.workspace),
                           "hook_event_name": "PreToolUse", "tool_name": "Bash",
                           "tool_input": {"command": command}, "tool_use_id": tool_use_id}).encode()

    def call(self, argv, session, command, tool_use_id):
        """One hook call through the real shim: exit code, standard error."""
        done = subprocess.run(argv, input=self.payload(session, command, tool_use_id), env={},
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
        return done.returncode, done.stderr.decode("utf-8", "replace")

    def weir(self, *arguments, check=True):
        done = subprocess.run([self.programs / "weir", *arguments], env=self.environment, capture_output=True, text=True)
        if check and done.returncode not in (0, 1):
            raise RuntimeError(f"weir {' '.join(arguments)}: {done.returncode} {done.stderr}")
        return done

    def rss_kib(self):
        text = pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1])


    def cpu_s(self):
        """Processor time of the daemon so far, user and system."""
        fields = pathlib.Path(f"/proc/{self.daemon.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- the ledger, read from its tiles ---------------------------------------------------------------------------

def tile_name(index):
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03d}")
    return "/".join(parts)


def checkpoint_of(text):
    """(size, root in hex) of a checkpoint; its signature is the verifiers' business."""
    lines = text.split("\n")
    return int(lines[1]), base64.b64decode(lines[2]).hex()


def entries(ledger, size):
    """The first `size` entries, from tile/entries."""
    out = []
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        full = ledger / "tile" / "entries" / tile_name(index)
        path = full if full.exists() else full.parent / (full.name + ".p") / str(width)
        data, at = path.read_bytes(), 0
        for _ in range(width):
            length = int.from_bytes(data[at:at + 2], "big")
            out.append(data[at + 2:at + 2 + length])
            at += 2 + length
    return out


class Tree:
    """RFC 6962 roots of growing lists of entries."""

    def __init__(self):
        self.size = 0
        self.stack = []  # roots of perfect subtrees, largest first

    def add(self, entry):
        node, size = hashlib.sha256(b"\0" + entry).digest(), self.size
        while size & 1:
            node = hashlib.sha256(b"\1" + self.stack.pop() + node).digest()
            size >>= 1
        self.stack.append(node)
        self.size += 1

    def root(self):
        if not self.stack:
            return hashlib.sha256(b"").hexdigest()
        node = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            node = hashlib.sha256(b"\1" + left + node).digest()
        return node.hex()


class CheckpointWatch(threading.Thread):
    """Keeps every checkpoint that was ever visible."""

    def __init__(self, weir):
        super().__init__(daemon=True)
        self.weir, self.seen, self.ending = weir, {}, threading.Event()
        self.forks = []

    def run(self):
        while not self.ending.wait(0.02):
            self.look()

    def look(self):
        try:
            text = (self.weir.ledger() / "checkpoint").read_text()
            size, root = checkpoint_of(text)
        except (OSError, IndexError, ValueError):
            return
        before = self.seen.setdefault(size, (root, text))
        if before[0] != root:
            self.forks.append((size, before[0], root))

    def finish(self):
        self.ending.set()
        self.join()
        self.look()


class Counts:
    """The last line that ./test reads."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, text):
        print(("ok      " if good else "FAILED  ") + text, flush=True)
        if good:
            self.passed += 1
        else:
            self.failed += 1
        return good

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
