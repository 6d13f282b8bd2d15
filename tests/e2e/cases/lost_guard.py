"""Weir is gone, broken or impersonated: the tool does not run."""
import os

from cases import case
from model import says, shell


def session(world, lose, *, seconds=90):
    """One call that runs, which shows that the agent is at work; then `lose` happens; then a harmless call, and one that no
    policy would let pass."""
    go_on = world.ground / "lost"
    precious = world.write(world.home / "precious/letters.txt", "dear")
    world.script(says(shell("echo one > one.txt")), says(shell("echo two > two.txt"), wait_for=go_on),
                 says(shell(f"rm -r {precious.parent}")), says("done"))
    world.guard()
    agent = world.start()
    world.wait_until(lambda: len(world.model.told()) >= 1, "the first call")
    world.expect_file("one.txt", "one")
    lose()
    world.touch(go_on)
    world.finish(agent, seconds)
    world.expect_file(precious, "dear")


def replace_hook(world, text):
    """Puts something else, or nothing, where the hook program was."""
    if world.way == "none":
        return
    hook = world.bin / "weir-hook"
    os.unlink(hook)
    if text is not None:
        hook.write_text(text)
        hook.chmod(0o755)


def with_broken_hook(world, text, seconds=90):
    session(world, lambda: replace_hook(world, text), seconds=seconds)
    # Behind the shield of `weir run` the agent keeps the program that it started with, so there the harmless call may
    # rightly run; where the settings name the broken program, nothing may.
    if world.way != "run":
        world.expect_no_file("two.txt")


@case("the daemon is killed in the middle of a run: later calls are refused")
def daemon_killed(world):
    session(world, world.kill_daemon)
    world.expect_no_file("two.txt")


@case("the hook program is missing")
def hook_missing(world):
    with_broken_hook(world, None)


@case("the hook program crashes")
def hook_crashes(world):
    with_broken_hook(world, "#!/bin/sh\nkill -SEGV $$\n")


@case("the hook program fails without a word")
def hook_fails_silently(world):
    with_broken_hook(world, "#!/bin/sh\nexit 1\n")


@case("the hook program hangs")
def hook_hangs(world):
    with_broken_hook(world, "#!/bin/sh\nexec sleep 600\n", seconds=240)  # the agent gives a hook its full time


def with_impostor(world, manner):
    """Another program answers on the daemon's socket."""
    impostors = []
    session(world, lambda: impostors.append(world.impostor(manner)), seconds=180)
    world.expect_no_file("two.txt")
    if world.way == "init":
        world.expect(impostors[0].connections > 0, "the hook never came to the impostor")


@case("something else on the socket answers garbage")
def impostor_answers_garbage(world):
    with_impostor(world, "garbage")


@case("something else on the socket says allow, unsigned")
def impostor_says_allow(world):
    with_impostor(world, "allow")


@case("something else on the socket hangs up")
def impostor_hangs_up(world):
    with_impostor(world, "hang-up")


@case("something else on the socket never answers")
def impostor_is_silent(world):
    with_impostor(world, "silent")


@case("something in between alters one bit of every genuine answer")
def impostor_alters_answer(world):
    with_impostor(world, "alter")


@case("something in between turns genuine refusals into allows")
def impostor_softens_refusal(world):
    session(world, lambda: world.impostor("soften"))


@case("something in between repeats an earlier genuine answer", ways=("init",))
def impostor_repeats_answer(world):
    impostors = []

    def record():
        """Taken before the run, so that an answer to keep goes through it."""
        impostors.append(world.impostor("record"))

    world.before_agent(record)
    session(world, lambda: setattr(impostors[0], "manner", "repeat"))
    world.expect_no_file("two.txt")


@case("an environment that points to another Weir changes nothing")
def hostile_environment(world):
    precious = world.write(world.home / "precious/letters.txt", "dear")
    elsewhere = world.ground / "elsewhere"
    socket = elsewhere / "run/event/event.sock"
    socket.parent.mkdir(parents=True)
    world.script(says(shell(f"rm -r {precious.parent}")), says("done"))
    world.guard()
    with world.impostor("allow", socket) as impostor:
        # The agent's environment, not ours: `weir run` itself is started by a person and may read WEIR_HOME.
        hostile = {"WEIR_SOCKET": str(socket), "WEIR_KEY": "AAAA", "WEIR_MODE": "observe",
                   "XDG_RUNTIME_DIR": str(elsewhere), "LD_PRELOAD": "/nonexistent.so", "BASH_ENV": "/dev/null"}
        if world.way != "run":
            hostile["WEIR_HOME"] = str(elsewhere)
        world.go(env=hostile)
        world.expect_effect(precious.exists(), "the refused call ran")
        world.expect(impostor.connections == 0, "the hook went where the environment pointed")
