"""Weir is gone, broken or impersonated: the tool does not run."""
import os

from cases import case
from model import says, shell


def one_harmless_call(world):
    world.script(says(shell("echo ran > marker.txt")), says("done"))
    world.guard()


def replace_hook(world, text):
    if world.way == "none":
        return
    hook = world.bin / "weir-hook"
    os.unlink(hook)
    if text is not None:
        hook.write_text(text)
        hook.chmod(0o755)


@case("the daemon is killed in the middle of a run: later calls are refused")
def daemon_killed(world):
    go_on = world.ground / "killed"
    world.script(says(shell("echo one > one.txt")), says(shell("echo two > two.txt"), wait_for=go_on), says("done"))
    world.guard()
    agent = world.start()
    world.wait_until(lambda: len(world.model.told()) >= 1, "the first call")
    world.kill_daemon()
    world.touch(go_on)
    world.finish(agent)
    world.expect_file("one.txt", "one")
    world.expect_no_file("two.txt")


@case("the hook program is missing")
def hook_missing(world):
    one_harmless_call(world)
    replace_hook(world, None)
    world.go()
    world.expect_no_file("marker.txt")


@case("the hook program crashes")
def hook_crashes(world):
    one_harmless_call(world)
    replace_hook(world, "#!/bin/sh\nkill -SEGV $$\n")
    world.go()
    world.expect_no_file("marker.txt")


@case("the hook program fails without a word")
def hook_fails_silently(world):
    one_harmless_call(world)
    replace_hook(world, "#!/bin/sh\nexit 1\n")
    world.go()
    world.expect_no_file("marker.txt")


@case("the hook program hangs")
def hook_hangs(world):
    one_harmless_call(world)
    replace_hook(world, "#!/bin/sh\nexec sleep 600\n")
    world.go(seconds=180)  # the agent gives the hook its full time
    world.expect_no_file("marker.txt")


def with_impostor(world, manner):
    """Another program answers on the daemon's socket."""
    one_harmless_call(world)
    with world.impostor(manner):
        world.go(seconds=180)
    world.expect_no_file("marker.txt")


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


@case("something in between alters one bit of a genuine answer")
def impostor_alters_answer(world):
    with_impostor(world, "alter")


@case("something in between turns a genuine refusal into an allow")
def impostor_softens_refusal(world):
    precious = world.write(world.home / "precious/letters.txt", "dear")
    world.script(says(shell(f"rm -r {precious.parent}")), says("done"))
    world.guard()
    with world.impostor("soften"):
        world.go()
    world.expect_file(precious, "dear")


@case("something in between repeats an earlier genuine answer")
def impostor_repeats_answer(world):
    go_on = world.ground / "recorded"
    world.script(says(shell("echo one > one.txt")), says(shell("echo two > two.txt"), wait_for=go_on), says("done"))
    world.guard()
    with world.impostor("record") as impostor:
        agent = world.start()
        world.wait_until(lambda: len(world.model.told()) >= 1, "the first call")
        impostor.manner = "repeat"
        world.touch(go_on)
        world.finish(agent, 180)
    world.expect_file("one.txt", "one")
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
