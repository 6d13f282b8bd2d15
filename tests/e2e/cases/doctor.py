"""`weir doctor --live`: the real agent against the bundled model, with hooks and without."""
import json

from cases import case


def live(world):
    """Exit code, and the row of the live test."""
    done = world.weir("doctor", "--live", world.agent.weir_name, "--json", seconds=150)
    rows = json.loads(done.out)["checks"]
    return done.code, next(row for row in rows if row["name"].startswith("live hook/"))


def path_of(world):
    """What `weir status` says of the installed path, and the exit code of it."""
    done = world.weir("status", "--json")
    paths = json.loads(done.out)["paths"]
    return done.code, next(path for path in paths if path["path"].startswith("hook/"))


@case("weir doctor --live sees a refusal hold, and sees a call run once the hooks are gone", ways=("init",), needs_guard=False)
def live_test_sees_both(world):
    world.guard()
    code, row = live(world)
    world.expect(code == 0 and row["health"] == "ok", f"with hooks it ended with {code}: {row['detail']}")
    code, path = path_of(world)
    world.expect(code == 0 and path["level"] == "agent" and path["last_agent"], f"status says {path}")

    settings = world.home / world.agent.settings
    kept = settings.read_text()
    settings.write_text("{}")
    code, row = live(world)
    world.expect(code == 1 and "RAN" in row["detail"], f"without hooks it ended with {code}: {row['detail']}")
    code, path = path_of(world)
    world.expect(code == 1 and not path["refused"], f"status says {path}")

    settings.write_text(kept)
    code, row = live(world)
    world.expect(code == 0 and row["health"] == "ok", f"with hooks again it ended with {code}: {row['detail']}")


@case("a daemon that is gone is no proof: weir doctor fails, and the live test says why", agents=("claude",), ways=("init",),
      needs_guard=False)
def doctor_without_daemon(world):
    world.guard()
    world.kill_daemon()
    done = world.weir("doctor", "--live", "claude")
    world.expect(done.code == 3 and "daemon" in done.err, f"the live test ended with {done.code}: {done.err[-200:]}")
    done = world.weir("doctor", "--json")
    rows = {row["name"]: row["health"] for row in json.loads(done.out)["checks"]}
    world.expect(done.code == 1 and rows["daemon"] == "fail", f"weir doctor ended with {done.code}: {rows}")
