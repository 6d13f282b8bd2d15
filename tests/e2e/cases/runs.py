"""`weir run` watches: text typed into an open shell, a person who stops the run, calls that ran as they should."""
import json
import os
import signal

from cases import case
from model import says, shell

OWN_FAILURE = 125


def summary(run):
    """`weir run --json` ends with one JSON line on standard error."""
    return json.loads([line for line in run.err.splitlines() if line.startswith("{")][-1])


@case("an ordinary run is no false alarm: calls run, refusals are heard, nothing diverges", ways=("run",), needs_guard=False)
def ordinary_run_is_quiet(world):
    world.script(says(shell("echo one > one.txt")), says(shell("false")), says(shell("rm -r /usr/share/weir-e2e-nothing")),
                 says(shell("echo two > two.txt")), says("done"))
    world.guard()
    run = world.go(weir_arguments=("--json",))
    world.expect_file("one.txt", "one")
    world.expect_file("two.txt", "two")
    told = summary(run)
    world.expect(run.code == 0, f"weir run ended with {run.code}: {run.err.strip()[-300:]}")
    world.expect(told["calls"] == 4 and told["refused"] == 1, f"it counted {told}")
    world.expect(told["divergences"] == 0 and told["transcripts"] > 0, f"it saw {told}")


@case("weir stop ends a run at once, with everything below it", ways=("run",), needs_guard=False)
def stop_ends_the_run(world):
    pid_file = world.ground / "pid"
    world.script(says(shell(f"echo $$ > {pid_file}; exec sleep 300")), says("done"))
    world.guard()
    agent = world.start()
    world.wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the command to run")
    pid = int(pid_file.read_text())
    world.weir("stop", "--all")
    world.wait_until(lambda: not alive(pid), "the command to end", seconds=5)
    run = world.finish(agent, 20)
    world.expect(run.code == OWN_FAILURE, f"weir run ended with {run.code}")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] not in "ZX"


@case("weir run starts the daemon when there is none", agents=("claude",), ways=("run",), needs_guard=False)
def run_starts_the_daemon(world):
    done = world.finish(world.spawn([str(world.bin / "weir"), "run", "--", "sh", "-c", "exit 5"], world.environment()))
    status = world.weir("status", "--json")
    world.expect(done.code == 5, f"weir run ended with {done.code}: {done.err.strip()[-300:]}")
    answer = json.loads(status.out.strip().splitlines()[-1])
    world.expect(answer.get("running") is True, f"the daemon does not answer: {status.out[-200:]}")
    log = world.weir_home / "state/daemon.log"
    world.expect(log.exists(), "it wrote no log")
    for entry in os.listdir("/proc"):
        if entry.isdigit() and started_for(int(entry), world):
            os.kill(int(entry), signal.SIGTERM)


def started_for(pid, world):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line:
            return line.read().split(b"\0")[:2] == [str(world.bin / "weir-main").encode(), b"daemon"]
    except OSError:
        return False


def types_into_a_program(world, seconds):
    """`cat` is no shell, so it does not ask at start; what is typed into it has no hook."""
    world.script(says({"name": "exec_command", "input": {"cmd": "cat > typed.txt", "tty": True, "yield_time_ms": 500}}),
                 says({"name": "write_stdin", "input": {"session_id": "$SESSION", "chars": "", "yield_time_ms": 300}}),
                 says({"name": "write_stdin", "input": {"session_id": "$SESSION", "chars": "typed\n", "yield_time_ms": 500}}),
                 says(shell(f"sleep {seconds}; echo late > late.txt")), says("done"))


@case("text typed past the hook quarantines the run; only waiting for output does not", agents=("codex",), ways=("run",),
      needs_guard=False)
def typed_text_quarantines(world):
    types_into_a_program(world, 20)
    world.guard()
    run = world.go(weir_arguments=("--json",))
    world.expect(run.code == OWN_FAILURE, f"weir run ended with {run.code}: {run.err.strip()[-300:]}")
    world.expect("write_stdin" in run.err, f"it does not name the call: {run.err.strip()[-300:]}")
    world.expect(summary(run)["divergences"] == 1, f"it saw {summary(run)}")
    world.expect_no_file("late.txt")


@case("mode observe reports text typed past the hook and ends nothing", agents=("codex",), ways=("run",), needs_guard=False)
def typed_text_is_observed(world):
    types_into_a_program(world, 6)
    world.guard()
    run = world.go(weir_arguments=("--json", "--mode", "observe"))
    world.expect(summary(run)["divergences"] == 1, f"it saw {summary(run)}")
    world.expect_file("late.txt", "late")


@case("the agent's other tools are no false alarm either", agents=("claude",), ways=("run",), needs_guard=False)
def other_tools_are_quiet(world):
    path = str(world.write("notes.txt", "one\n"))
    world.script(says({"name": "Read", "input": {"file_path": path}}),
                 says({"name": "Edit", "input": {"file_path": path, "old_string": "one", "new_string": "two"}}),
                 says({"name": "Write", "input": {"file_path": str(world.project / "new.txt"), "content": "new"}}),
                 says({"name": "TodoWrite", "input": {"todos": [{"content": "a", "status": "pending", "activeForm": "a"}]}}),
                 says({"name": "ToolSearch", "input": {"query": "select:WebFetch", "max_results": 1}}),
                 says({"name": "Glob", "input": {"pattern": "*.txt"}}), says("done"))
    world.guard()
    run = world.go(weir_arguments=("--json",))
    world.expect_file("new.txt", "new")
    world.expect(run.code == 0 and summary(run)["divergences"] == 0, f"it saw {run.err.strip()[-300:]}")
