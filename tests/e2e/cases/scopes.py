"""Where hooks can be put beside the person's own settings: one project's, and the whole machine's."""
import os
import pathlib
import subprocess

import sandbox
from cases import case
from model import says, shell


def own_machine(world):
    """A copy of /etc, and empty /var/lib and /run, that may be written: in the case's own mount namespace."""
    if os.environ.get(sandbox.MARK) != "1":
        raise OSError("no namespaces here: /etc cannot be lent")
    copy = world.ground / "etc"
    subprocess.run(["cp", "-a", "/etc", str(copy)], capture_output=True)  # what only root may read stays behind
    sandbox.mount_again(str(copy), "/etc")
    sandbox.mount_tmpfs("/var/lib")
    sandbox.mount_tmpfs("/run")


def install_for_all(world):
    """`weir init --system`, then the service as its unit says it: the same program, arguments and environment."""
    done = world.weir("init", world.agent.weir_name, "--system")
    world.expect(done.code == 0, f"weir init ended with {done.code}: {done.err.strip()[-300:]}")
    words = [line.split("=", 1) for line in pathlib.Path("/etc/systemd/system/weir.service").read_text().splitlines() if "=" in line]
    unit = {name: value.split() for name, value in words}
    environment = dict(word.split("=", 1) for word in unit["Environment"])
    service = world.spawn(unit["ExecStart"], world.agent.base_environment() | environment)
    socket = pathlib.Path("/run/weir/event/event.sock")
    world.wait_until(lambda: socket.exists() or service.poll() is not None, "the service to listen", seconds=20)
    world.expect(service.poll() is None, f"the service ended: {service.err_path.read_text()[-300:]}")


@case("hooks of a project guard there, and only there", ways=("init",))
def project_scope(world):
    precious = world.write(world.home / "precious/letters.txt", "dear")
    world.script(says(shell(f"rm -r {precious.parent}")), says(shell("echo after > after.txt")), says("done"))
    before = {path for path in world.home.rglob("*") if path.is_file()}
    world.agent.trust_project(world.home, world.project)
    world.guard("--project")
    if world.way == "init":
        mine = world.home / world.agent.settings
        world.expect(mine in before or not mine.exists(), "the person's own settings were written")
    world.go()
    world.expect_file(precious, "dear")
    world.expect_refusals(1)
    world.expect_file("after.txt", "after")


@case("hooks of the whole machine hold although the user switches hooks off", ways=("init",))
def system_scope(world):
    own_machine(world)
    precious = world.write(world.home / "precious/letters.txt", "dear")
    world.script(says(shell(f"rm -r {precious.parent}")), says(shell("echo after > after.txt")), says("done"))
    if world.way == "init":
        install_for_all(world)
    world.agent.switch_hooks_off(world.home)
    world.go()
    world.expect_file(precious, "dear")
    world.expect_refusals(1)
    world.expect_file("after.txt", "after")
    if world.way == "init":
        settings = world.agent.managed_settings
        world.expect(os.path.exists(settings), f"{settings} was not written")
        done = world.weir("uninstall", world.agent.weir_name, "--system")
        world.expect(done.code == 0, f"weir uninstall ended with {done.code}: {done.err.strip()[-200:]}")
        world.expect(not os.path.exists(settings), f"{settings} is still there")
