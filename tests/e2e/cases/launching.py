"""`weir run`: exit codes, and what it refuses to start. `weir init` and `weir uninstall`: the user's file."""
import json
import os

from cases import case
from model import says, shell

OWN_FAILURE = 125


def run(world, *command, env=None):
    return world.finish(world.spawn([str(world.bin / "weir"), "run", "--", *command], world.environment(**(env or {}))))


@case("the child's exit code is weir run's", agents=("claude",), ways=("run",), needs_guard=False)
def exit_code_of_child(world):
    world.guard()
    for code in (0, 1, 7, 126):
        done = run(world, "sh", "-c", f"exit {code}")
        world.expect(done.code == code, f"exit {code} became {done.code}: {done.err.strip()[-200:]}")


@case("Weir's own failures are 125", agents=("claude",), ways=("run",), needs_guard=False)
def exit_code_of_own_failure(world):
    world.guard()
    done = run(world, "/nonexistent/program")
    world.expect(done.code == OWN_FAILURE, f"a program that is not there: {done.code}")
    broken = world.write("a-file", "not a directory")
    done = run(world, "true", env={"WEIR_HOME": str(broken)})
    world.expect(done.code == OWN_FAILURE, f"a state directory that is a file: {done.code}")
    world.expect(done.err.strip() != "", "it did not say why")


OFF = {"claude": (["--bare"], {"CLAUDE_CODE_SIMPLE": "1"}, {"CLAUDE_CODE_SAFE_MODE": "1"}),
       "codex": (["-c", "features.hooks=false"], ["--dangerously-bypass-hook-trust", "--disable", "hooks"], {})}


@case("arguments and environment that switch hooks off are refused before the agent starts", ways=("run",))
def switches_are_refused(world):
    world.script(says(shell("echo ran > marker.txt")), says("done"))
    world.guard()
    for switch in OFF[world.agent.name]:
        if not switch:
            continue
        extra, env = (switch, {}) if isinstance(switch, list) else ((), switch)
        done = world.go(extra=extra, env=env)
        world.expect_no_file("marker.txt")
        world.expect(done.code == OWN_FAILURE, f"{switch}: weir run ended with {done.code}")
        world.expect(world.model.requests() == [], f"{switch}: the agent was started")


@case("weir run leaves the user's own settings as they were", ways=("run",), needs_guard=False)
def user_settings_untouched(world):
    world.script(says(shell("echo hi > marker.txt")), says("done"))
    path = world.write(world.home / world.agent.settings, '{\n\t"hooks": {}  }\n')
    before = path.read_bytes()
    world.guard()
    world.go()
    world.expect_file("marker.txt", "hi")
    world.expect(path.read_bytes() == before, "the settings were changed")


@case("weir uninstall gives the file back byte for byte", ways=("init",), needs_guard=False)
def uninstall_restores(world):
    path = world.home / world.agent.settings
    mine = {"hooks": {"PreToolUse": [{"matcher": "*", "hooks": [{"type": "command", "command": "true"}]}]}}
    world.script(says(shell("echo hi > marker.txt")), says("done"))
    world.write(path, json.dumps(mine, indent="\t") + "\n\n")
    before = path.read_bytes()
    world.guard()
    world.expect(path.read_bytes() != before, "weir init changed nothing")
    done = world.weir("uninstall", world.agent.weir_name)
    world.expect(done.code == 0, f"weir uninstall ended with {done.code}")
    world.expect(path.read_bytes() == before, "the file is not what it was")
    os.unlink(path)
    world.go()
    world.expect_file("marker.txt", "hi")
