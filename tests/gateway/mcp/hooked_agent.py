#!/usr/bin/env python3
"""An agent with hooks, for tests: its hook announces one call of a tool server, then it calls that and another one.

    hooked_agent.py DIRECTORY_OF_THE_PROGRAMS NAME SERVER…

Writes the two answers, a line each. A process of its own, since a session belongs to its agent's process.
"""

import json
import os
import pathlib
import subprocess
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from mcp_wrap import Client  # noqa: E402


def main():
    programs, name, server = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    pathlib.Path("/proc/self/comm").write_text("claude")  # by their names Weir knows programs that agents are
    home = pathlib.Path(os.environ["WEIR_HOME"])
    key = next(home.rglob("weir.pub")).read_text().strip()
    sockets = [path for path in home.rglob("event.sock")]
    call = {"a": 1, "b": 2}
    payload = {"hook_event_name": "PreToolUse", "session_id": f"s-{name}", "tool_name": f"mcp__{name}__add_numbers", "tool_input": call, "tool_use_id": "toolu_1",
               "cwd": os.getcwd()}
    with Client(types.SimpleNamespace(programs=programs, environment=dict(os.environ)), name, server) as client:
        client.tools()
        done = subprocess.run([programs / "weir-hook", "claude-code", "PreToolUse", "--socket", sockets[0], "--key", key], input=json.dumps(payload),
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        print(json.dumps(client.call("add_numbers", **call)))
        print(json.dumps(client.call("add_numbers", a=1, b=3)))


if __name__ == "__main__":
    main()
