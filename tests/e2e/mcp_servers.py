#!/usr/bin/env python3
"""Official servers of MCP behind `weir mcp wrap`, called by the official client: mcp_servers.py --programs DIR

Each script of calls is run without Weir first, then through it; the answers must be the same. The last line counts.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import agents

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]

EVERYTHING = [["listTools"], ["listPrompts"], ["listResources"], ["listResourceTemplates"], ["ping"],
              ["callTool", {"name": "echo", "arguments": {"message": "hello \u20ac"}}],
              ["callTool", {"name": "get-sum", "arguments": {"a": 2, "b": 40}}],
              ["callTool", {"name": "get-tiny-image", "arguments": {}}],
              ["callTool", {"name": "get-annotated-message", "arguments": {"messageType": "error", "includeImage": False}}],
              ["callTool", {"name": "no-such-tool", "arguments": {}}],
              ["getPrompt", {"name": "simple-prompt"}]]


class Daemon:
    def __init__(self, programs, top):
        self.programs = programs
        self.environment = {"PATH": f"{agents.node(CHECKOUT).parent}:{os.environ['PATH']}", "HOME": str(top), "WEIR_HOME": str(top / "weir"),
                            "LANG": "C.UTF-8", "MCP_MODULES": str(agents.folder(CHECKOUT) / "mcp")}
        self.process = subprocess.Popen([programs / "weir", "daemon"], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(400):
            if subprocess.run([programs / "weir", "status"], env=self.environment, capture_output=True).returncode == 0:
                # This client has no hooks: what its user asks for is not heard, and nothing shall be asked about here.
                subprocess.run([programs / "weir", "policy", "profile", "set", "relaxed"], env=self.environment, capture_output=True, check=True)
                subprocess.run([programs / "weir", "reload"], env=self.environment, capture_output=True, check=True)
                return
            time.sleep(0.05)
        raise AssertionError("the daemon did not start")

    def client(self, steps, server, name=None):
        """The answers of the official client, one for each step, the greeting first."""
        through = [str(self.programs / "weir"), "mcp", "wrap", "--name", name, "--"] if name else []
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(steps, file)
            file.flush()
            done = subprocess.run(["node", HERE / "mcp/client.mjs", file.name, *through, *server], env=self.environment, capture_output=True,
                                  text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def close(self):
        self.process.terminate()
        self.process.wait(30)


def program(name):
    return ["node", str(agents.folder(CHECKOUT) / f"mcp/node_modules/@modelcontextprotocol/{name}/dist/index.js")]


def everything_is_the_same(daemon, top):
    server = [*program("server-everything"), "stdio"]
    direct, _ = daemon.client(EVERYTHING, server)
    through, said = daemon.client(EVERYTHING, server, "everything")
    assert len(direct) == len(EVERYTHING) + 1 and len(direct[1]["tools"]) >= 8, direct[:2]
    for step, one, other in zip([["connect"], *EVERYTHING], direct, through, strict=True):
        if step[0] == "callTool" and step[1]["name"] == "no-such-tool":
            assert other["isError"] is True and "never offered" in other["content"][0]["text"], other
            continue
        assert one == other, (step, one, other, said)


def files_are_the_same(daemon, top):
    notes = top / "notes"
    notes.mkdir()
    (notes / "a.txt").write_text("first\n")
    server = [*program("server-filesystem"), str(notes)]
    reads = [["listTools"], ["callTool", {"name": "read_text_file", "arguments": {"path": str(notes / "a.txt")}}],
             ["callTool", {"name": "list_directory", "arguments": {"path": str(notes)}}],
             ["callTool", {"name": "read_text_file", "arguments": {"path": "/etc/hostname"}}]]
    direct, _ = daemon.client(reads, server)
    through, said = daemon.client(reads, server, "files")
    assert direct == through, (direct, through, said)
    daemon.client([["listTools"], ["callTool", {"name": "write_file", "arguments": {"path": str(notes / "b.txt"), "content": "new\n"}}]], server, "files")
    assert (notes / "b.txt").read_text() == "new\n"


def a_new_version_waits(daemon, top):
    """The same server with another directory is started in another way: nothing of it is offered until a person says so."""
    other = top / "other"
    other.mkdir()
    through, said = daemon.client([["listTools"]], [*program("server-filesystem"), str(other)], "files")
    assert through[1]["tools"] == [] and "in another way" in said, (through, said)


def a_policy_holds_for_the_official_client(daemon, top):
    policies = top / "weir/config/policies"
    policies.mkdir(parents=True, exist_ok=True)
    (policies / "mcp.cedar").write_text('@id("test.no-writes")\n@reason("Nothing is written here.")\n@severity("high")\n@class("test")\n'
                                        'forbid (principal, action == Action::"mcp.call", resource == Tool::"files/write_file");\n')
    assert subprocess.run([daemon.programs / "weir", "reload"], env=daemon.environment, capture_output=True).returncode == 0
    notes = top / "notes"
    through, _ = daemon.client([["listTools"], ["callTool", {"name": "write_file", "arguments": {"path": str(notes / "c.txt"), "content": "x"}}]],
                               [*program("server-filesystem"), str(notes)], "files")
    assert through[2]["isError"] is True and "Nothing is written here" in through[2]["content"][0]["text"], through[2]
    assert not (notes / "c.txt").exists()


TESTS = [everything_is_the_same, files_are_the_same, a_new_version_waits, a_policy_holds_for_the_official_client]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    programs = pathlib.Path(parser.parse_args().programs).resolve()
    agents.install(CHECKOUT, set(), lambda text: print(text, flush=True))
    agents.install_group(CHECKOUT, "mcp", "two tool servers", "60 MB", lambda text: print(text, flush=True))
    failed = 0
    with tempfile.TemporaryDirectory(prefix="weir-mcp.") as name:
        top = pathlib.Path(name)
        daemon = Daemon(programs, top)
        try:
            for test in TESTS:
                try:
                    test(daemon, top)
                    print(f"ok     {test.__name__}", flush=True)
                except Exception as problem:  # every kind of failure is one of the test
                    failed += 1
                    print(f"FAILED {test.__name__}: {type(problem).__name__} {str(problem)[:3000]}", flush=True)
        finally:
            daemon.close()
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
