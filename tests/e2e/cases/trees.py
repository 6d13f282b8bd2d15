"""Sub-agents: guarded like their parent, and known as its children."""
from cases import case
from model import call, says, shell

TASK = "SUBAGENT-TASK: do it"


def delegates(world, *commands):
    """The main agent hands its task to a sub-agent, which makes the calls."""
    sub = [says(shell(command)) for command in commands] + [says("sub-agent done")]
    if world.agent.name == "claude":
        main = [says(call("Agent", description="Do it", prompt=TASK, subagent_type="general-purpose"))]
    else:
        spawn = {"name": "spawn_agent", "namespace": "multi_agent_v1", "input": {"message": TASK}}
        main = [says(spawn), says(shell("sleep 3"))]
    world.script(*main, says("done"), when=[("SUBAGENT-TASK", sub)])


@case("a sub-agent's refused call does not run; its allowed one does")
def subagent_is_guarded(world):
    precious = world.write(world.home / "precious/letters.txt", "dear")
    delegates(world, "echo SUB > sub.txt", f"rm -r {precious.parent}")
    world.guard()
    world.go()
    world.expect_file("sub.txt", "SUB")
    world.expect_file(precious, "dear")


@case("a sub-agent's calls are recorded below their parent", needs_guard=False)
def subagent_is_below_its_parent(world):
    delegates(world, "echo SUB > sub.txt")
    world.guard()
    world.go()
    world.expect_file("sub.txt", "SUB")
    rows = world.log_rows()
    children = {row["session"]: row["parent"] for row in rows if row.get("parent")}
    sessions = {row["session"] for row in rows if row.get("session")}
    world.expect(children, f"no session has a parent; the log has {sorted(sessions)}")
    world.expect(all(parent in sessions for parent in children.values()), f"a parent is unknown: {children}")
