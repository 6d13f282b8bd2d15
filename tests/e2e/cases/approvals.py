"""Held calls: what a person's answer lets pass, and what it does not."""
from cases import case
from model import says, shell

DESTROY = "terraform destroy -auto-approve"


def held_then(world, *later):
    """One held call; a person approves it; then the later calls are made in the same session."""
    go_on = world.ground / "approved"
    world.fake("terraform")
    first, *others = [says(shell(command)) for command in later]
    first["wait_for"] = str(go_on)
    world.script(says(shell(DESTROY)), first, *others, says("done"))
    world.guard()
    agent = world.start()
    if world.way != "none":
        world.approve(world.approval_asked_for())
    world.touch(go_on)
    world.finish(agent)


@case("a call that asks is held, and the model is told how it can be approved", agents=("claude", "codex", "codex-ws"))
def ask_holds(world):
    world.fake("terraform")
    world.script(says(shell(DESTROY)), says("done"))
    world.guard()
    world.go()
    world.expect_started("terraform", 0)
    world.expect_model_was_told(r"weir approve [0-9a-z-]+")


@case("after approval the identical retry runs, once")
def approved_retry_runs(world):
    held_then(world, DESTROY)
    world.expect_started("terraform", 1)


@case("an altered retry does not run on another call's approval")
def altered_retry_does_not(world):
    held_then(world, f"{DESTROY} -var region=eu")
    world.expect_started("terraform", 0)


@case("an approval is used up by one call")
def approval_is_single_use(world):
    held_then(world, DESTROY, DESTROY)
    world.expect_started("terraform", 1)


@case("a wrong PIN approves nothing")
def wrong_pin_approves_nothing(world):
    go_on = world.ground / "approved"
    world.fake("terraform")
    world.script(says(shell(DESTROY)), says(shell(DESTROY), wait_for=go_on), says("done"))
    world.guard()
    agent = world.start()
    if world.way != "none":
        tried = world.weir("approve", world.approval_asked_for(), "--pin", "not-" + world.pin())
        world.expect(tried.code == 1, f"weir approve with a wrong PIN ended with {tried.code}")
    world.touch(go_on)
    world.finish(agent)
    world.expect_started("terraform", 0)


@case("the agent cannot approve for itself")
def agent_cannot_approve(world):
    go_on = world.ground / "approved"
    world.fake("terraform")
    world.write("helper.sh", f"#!/bin/sh\nexec {world.bin}/weir approve \"$1\" --pin {world.pin()}\n", executable=True)
    identity = world.project / "id.txt"
    world.script(says(shell(DESTROY)), says(shell("./helper.sh $(cat id.txt)"), wait_for=go_on), says(shell(DESTROY)), says("done"))
    world.guard()
    agent = world.start()
    if world.way != "none":
        identity.write_text(world.approval_asked_for())
    world.touch(go_on)
    world.finish(agent)
    world.expect_started("terraform", 0)


@case("weir stop freezes the session: the next call is refused")
def stop_freezes(world):
    go_on = world.ground / "stopped"
    world.script(says(shell("echo one > one.txt")), says(shell("echo two > two.txt"), wait_for=go_on), says("done"))
    world.guard()
    agent = world.start()
    world.wait_until(lambda: len(world.model.told()) >= 1, "the first call")
    if world.way != "none":
        stopped = world.weir("stop", "--all")
        world.expect(stopped.code == 0, f"weir stop ended with {stopped.code}: {stopped.err.strip()[-200:]}")
    world.touch(go_on)
    world.finish(agent)
    world.expect_file("one.txt", "one")
    world.expect_no_file("two.txt")
