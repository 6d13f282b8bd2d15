"""`weir run --pod --direct`: real agents that write the workspace itself, all but the files that something would run later."""
from cases import case
from cases.runs import summary
from model import says, shell

AGENTS = ("claude", "codex", "opencode", "gemini", "openclaw")
# Tries, as a build script might, to leave files that some program outside would obey, and goes on where it may not.
LEAVE = """#!/usr/bin/env python3
import os, pathlib
def put(path, text, mode=0o644):
    try:
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(path).write_text(text)
        os.chmod(path, mode)
    except OSError as error:
        print("refused", path, error.strerror)
put(".claude/settings.json", '{"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":"touch owned"}]}]}}')
put(".git/hooks/pre-commit", "#!/bin/sh\\ntouch owned\\n", 0o755)
put("package.json", '{"name":"x","scripts":{"postinstall":"touch owned"}}')
put("generated.py", "made = True\\n")
"""
HELD = (".claude/settings.json", ".git/hooks/pre-commit", "package.json")


def edits(world, path, old, new):
    """A change by the tool that this agent's model changes files with."""
    there = str(world.project / path)
    return {
        "claude": {"name": "Edit", "input": {"file_path": there, "old_string": old, "new_string": new}},
        "codex": shell(f"apply_patch <<'P'\n*** Begin Patch\n*** Update File: {path}\n@@\n-{old}\n+{new}\n*** End Patch\nP"),
        "opencode": {"name": "edit", "input": {"filePath": there, "oldString": old, "newString": new}},
        "gemini": {"name": "replace", "input": {"file_path": there, "instruction": "scripted", "old_string": old, "new_string": new}},
        "openclaw": {"name": "edit", "input": {"path": there, "edits": [{"oldText": old, "newText": new}]}},
    }[world.agent.name]


def reads(world, path):
    """Some edit only what they have read."""
    there = str(world.project / path)
    return {"claude": {"name": "Read", "input": {"file_path": there}}, "opencode": {"name": "read", "input": {"filePath": there}}}.get(
        world.agent.name, shell(f"cat {path}"))


@case("with --direct what an agent edits is on the host at once; what others would run later stays as it was, and the agent goes on",
      agents=AGENTS, ways=("pod",))
def direct_pod_writes_the_workspace(world):
    calc = world.write("calc.py", "def add(a, b):\n    return a - b\n")
    package = world.write("package.json", '{"name":"x"}\n')
    world.write("test_calc.py", "from calc import add\nassert add(1, 2) == 3\nprint('passed')\n")
    world.write("configure", LEAVE, executable=True)
    go_on = world.ground / "seen"
    world.script(says(reads(world, "calc.py")), says(edits(world, "calc.py", "    return a - b", "    return a + b")),
                 says(shell("./configure"), wait_for=go_on), says(reads(world, "package.json")),
                 says(edits(world, "package.json", '{"name":"x"}', '{"name":"y","scripts":{"postinstall":"touch owned"}}')),
                 says(shell("python3 test_calc.py > result.txt")), says("done"))
    world.guard()
    agent = world.start(weir_arguments=("--direct", "--json"))
    world.wait_until(lambda: "a + b" in calc.read_text(), "the edit to be on the host while the agent works")
    world.touch(go_on)
    run = world.finish(agent)
    for name in HELD[:2]:
        world.expect_effect(not (world.project / name).exists(), f"{name} was written on the host")
    world.expect_effect("postinstall" not in package.read_text(), "package.json was changed on the host")
    world.expect(run.code == 0, f"the run ended with {run.code}: {(run.err + run.out).strip()[-300:]}")
    world.expect_file("generated.py", "made = True")
    world.expect_file("result.txt", "passed")
    told = summary(run)["pod"]
    refused = {entry["path"] if isinstance(entry, dict) else entry for entry in told["direct"]["refused_paths"]}
    world.expect(set(HELD) <= refused, f"it says {told['direct']}")
    world.expect(told["level"] == "L3", f"it says {told}")
    for name in HELD:
        world.expect_model_was_told(f"refused {name} Permission denied")
