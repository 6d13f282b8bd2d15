"""`weir run --pod` where Weir may make no namespaces, or is told who is to make the pod: what can be had is had and said, and an agent
that would have no model is not started."""
import shutil
import sys

from cases import case
from cases.runs import OWN_FAILURE, summary
from model import says, shell

# As an ordinary user on a host that forbids user namespaces. Both end with the case's own namespaces.
FORBID = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all "$@"'
# A kernel without Landlock: landlock_create_ruleset (444) answers ENOSYS to this program and all that it starts.
NO_LANDLOCK = """
import ctypes, os, struct, sys
rules = b"".join(struct.pack("HBBI", *rule) for rule in ((0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x50000 | 38), (0x06, 0, 0, 0x7fff0000)))
kept = ctypes.create_string_buffer(rules)
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
if libc.prctl(22, 2, struct.pack("HxxxxxxQ", 4, ctypes.addressof(kept)), 0, 0) != 0:
    sys.exit("no filter")
os.execvp(sys.argv[1], sys.argv[1:])
"""
WORK = "cat there.txt > seen.txt; rm there.txt; exit 7"


def run(world, *arguments, forbidden=False, **env):
    argv = [str(world.bin / "weir"), "run", *arguments]
    return world.finish(world.spawn(["sh", "-c", FORBID, "sh", *argv] if forbidden else argv, world.environment(**env)))


def expect_refused(world, done, *words):
    world.expect(done.code == OWN_FAILURE and done.err.count("\n") == 1, f"it ended with {done.code}: {done.err!r}")
    for word in words:
        world.expect(word in done.err, f"it does not say {word!r}: {done.err!r}")


def expect_work(world, done, level):
    world.expect(done.code == 7, f"it ended with {done.code}: {done.err.strip()[-300:]}")
    world.expect(summary(done)["pod"]["level"] == level, f"it says {summary(done)}")
    world.expect_file("there.txt", "host")
    world.expect(world.made("seen.txt").read_text() == "host", "it did not see the workspace")


@case("where no namespaces can be made: an error that names the level; when that is accepted a command works on a copy, told and recorded as "
      "no full pod", agents=("claude",), ways=("pod",), needs_guard=False)
def pod_without_namespaces(world):
    world.write("there.txt", "host")
    world.guard()
    command = ("--", "sh", "-c", WORK)
    expect_refused(world, run(world, "--pod", "--quiet", *command, forbidden=True), "reaches level L1, L3 was asked for", "--accept-level")
    expect_refused(world, run(world, "--quiet", "--level", "L1", *command), "only a pod knows this option")
    expect_work(world, run(world, "--pod", "--json", "--accept-level", *command, forbidden=True), "L1")
    expect_work(world, run(world, "--pod", "--json", "--level", "L1", *command, forbidden=True), "L1")
    told = run(world, "--pod", "--launcher", "landlock", "--level", "L1", *command, forbidden=True)
    world.expect("verified level L1, by the launcher landlock" in told.err and "was a copy" in told.err, f"it says {told.err!r}")
    for option in (("--allow", "localhost:9"), ("--publish", "3000"), ("--direct",), ("--follow-data", "--allow", "localhost:9")):
        expect_refused(world, run(world, "--pod", "--quiet", "--accept-level", *option, *command, forbidden=True), "no other launcher will do")
    # What is read is what the last checkpoint covers.
    entries = lambda: world.weir("ledger", "show", "--json", "--last", "1000").out  # noqa: E731
    world.wait_until(lambda: '"L1"' in entries(), "the level in the ledger", 20)
    world.expect('"shielded"' not in entries(), f"the ledger has {entries()[-600:]}")


@case("who makes the pod may be told, as for weir pod exec", agents=("claude",), ways=("pod",), needs_guard=False)
def pod_launcher_chosen(world):
    world.write("there.txt", "host")
    world.guard()
    for launcher, level in (("own", "L3"), ("bwrap", "L3"), ("landlock", "L1"), ("runsc", "L2")):
        if launcher in ("bwrap", "runsc") and not shutil.which(launcher):
            continue
        expect_work(world, run(world, "--pod", "--json", "--launcher", launcher, "--level", level, "--", "sh", "-c", WORK), level)
    expect_refused(world, run(world, "--pod", "--quiet", "--launcher", "landlock", "--", "true"), "reaches level L1", "--level L1")
    expect_refused(world, run(world, "--pod", "--quiet", "--launcher", "docker", "--", "true"), "docker")


@case("without namespaces of Weir's own nothing leads to a model: the agent is not started, whatever level was accepted",
      agents=("claude", "codex", "opencode", "openclaw"), ways=("pod",), needs_guard=False)
def pod_agent_needs_its_model(world):
    world.script(says("done"))
    world.guard()
    command = ("--", *world.agent.argv("go"))
    env = world.agent_environment()
    for options in (("--accept-level",), ("--level", "L0"), ("--launcher", "landlock", "--level", "L1"), ("--launcher", "bwrap")):
        done = run(world, "--pod", "--quiet", *options, *command, forbidden="--launcher" not in options, **env)
        expect_refused(world, done, "an agent's model")
    world.expect(world.model.requests() == [], "the agent was started")


@case("without Landlock an agent works in a pod of level L2 for who asks for no more; its calls are judged, and no decision says shielded",
      agents=("claude", "codex"), ways=("pod",), needs_guard=False)
def pod_agent_at_a_lower_level(world):
    world.script(says(shell("echo one > one.txt")), says(shell("rm -r /usr/share/weir-e2e-nothing")), says(shell("echo two > two.txt")), says("done"))
    world.guard()

    def go(*options):
        argv = [sys.executable, "-c", NO_LANDLOCK, str(world.bin / "weir"), "run", "--pod", "--json", *options, "--", *world.agent.argv("go")]
        return world.finish(world.spawn(argv, world.environment(**world.agent_environment())))

    refused = go()
    world.expect(refused.code == OWN_FAILURE and "this host reaches level L2, L3 was asked for" in refused.err, f"it says {refused.err!r}")
    done = go("--level", "L2")
    told = summary(done)
    world.expect(done.code == 0 and told["pod"]["level"] == "L2", f"it ended with {done.code}: {done.err.strip()[-300:]}")
    world.expect(told["calls"] == 3 and told["refused"] == 1, f"it counted {told}")
    world.expect(world.made("two.txt").read_text() == "two\n" and not (world.project / "one.txt").exists(), "it did not work in a pod")
    world.expect_refusals(1)
    rows = [row for row in world.log_rows() if row.get("isolation")]
    world.expect(rows and all(row["isolation"] == "same_user" for row in rows), f"decisions say {rows[:2]}")
