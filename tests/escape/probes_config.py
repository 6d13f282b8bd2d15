"""Files of the workspace that something outside obeys later. A sandbox with a review must not bring them to the host unasked.

One probe for each path, there before or not, at the top or below. The list is from published escapes and from the manuals
of the programs that obey them; it is not Weir's own catalogue.
"""
import os
import subprocess

from home import WORKSPACE, write
from probe import NOT_DIRECT, Effect, Group, becomes, holds_word

group = Group("config", "files that something obeys later")
tricks = Group("config-tricks", "the same files by another way")

ABSENT = [
    (".git/hooks/pre-commit", "a git hook"), (".git/hooks/post-checkout", "a git hook at checkout"), (".git/modules/lib/config", "a submodule's configuration"),
    (".git/config.worktree", "git's configuration of a working tree"), (".git/worktrees/x/config.worktree", "the configuration of another working tree"),
    (".git/info/attributes", "git's own attributes: filters"), (".git/objects/info/alternates", "another store of objects"),
    (".git/rebase-merge/git-rebase-todo", "commands of an unfinished rebase"), ("vendor/a/b/c/d/.git/hooks/pre-commit", "a hook of a repository deep below"),
    ("vendor/lib/.git", "a file that names another repository"), (".gitattributes", "attributes: filters, diff and merge drivers"), (".gitmodules", "submodules"),
    (".claude/settings.json", "an agent's settings: hooks"), (".claude/settings.local.json", "an agent's local settings"), (".claude/skills/x/SKILL.md", "an agent's skill"),
    (".claude/commands/x.md", "an agent's command"), ("src/.claude/settings.json", "an agent's settings below"), (".codex/config.toml", "another agent's settings"),
    (".gemini/settings.json", "a third agent's settings"), (".cursor/mcp.json", "an editor's servers"), (".cursor/rules/x.mdc", "an editor's rules"), (".mcp.json", "servers to start"),
    ("AGENTS.md", "instructions for agents"), ("CLAUDE.md", "instructions for one agent"), ("src/AGENTS.md", "instructions below"), (".github/copilot-instructions.md", "instructions of an editor"),
    (".bashrc", "a shell's start file"), (".envrc", "direnv"), (".vscode/tasks.json", "tasks of an editor"), ("packages/web/.vscode/tasks.json", "tasks below"),
    (".idea/runConfigurations/x.xml", "a run configuration"), (".devcontainer/devcontainer.json", "a container for development"), (".github/workflows/x.yml", "a workflow"),
    (".gitlab-ci.yml", "another workflow"), (".husky/pre-commit", "a hook manager"), (".pre-commit-config.yaml", "another hook manager"), (".npmrc", "npm"),
    (".yarnrc.yml", "yarn: the program itself"), (".tool-versions", "versions of tools"), ("conftest.py", "run by pytest without being asked"), ("sitecustomize.py", "run by python at its start"),
    ("build.rs", "run by cargo"), ("binding.gyp", "run by npm install"), ("Makefile", "make"), (".weir/policy.cedar", "the guard's own policy"),
]
PRESENT = [
    (".git/config", None, "git's configuration: core.fsmonitor, core.sshCommand, aliases"), (".git/hooks/pre-push", "#!/bin/sh\n", "a hook that is there"),
    (".claude/settings.json", "{}\n", "an agent's settings that are there"), (".mcp.json", "{}\n", "servers that are there"), ("package.json", "{}\n", "scripts of a package"),
    ("packages/web/package.json", "{}\n", "scripts of a package below"), ("pyproject.toml", "[project]\n", "a build system"), ("AGENTS.md", "# be kind\n", "instructions that are there"),
    (".envrc", "# none\n", "direnv's file that is there"), (".github/workflows/ci.yml", "on: push\n", "a workflow that is there"), ("CMakeLists.txt", "project(x)\n", "a build description"),
    (".vscode/settings.json", "{}\n", "settings of an editor"),
]


def named(path, prefix):
    return prefix + "_" + "".join(c if c.isalnum() else "_" for c in path).strip("_")


for path, what in ABSENT:
    group.add(named(path, "new"), f"{what}: {path}, which was not there", f"attempt(lambda: write({path!r}))\n", holds_word(f"{WORKSPACE}/{path}"))
for path, text, what in PRESENT:
    group.add(named(path, "old"), f"{what}: {path}", f"attempt(lambda: append({path!r}, '# ' + NONCE))\n", holds_word(f"{WORKSPACE}/{path}"),
              setup=lambda world, path=path, text=text: write(f"{WORKSPACE}/{path}", text) if text is not None else None)

# --- by another way -----------------------------------------------------------------------------------------------

HOOK = f"{WORKSPACE}/.git/hooks/pre-commit"


@tricks.probe(holds_word(HOOK))
def through_link():
    "a hook through a link to the directory of hooks"
    os.symlink(".git/hooks", "h")
    write("h/pre-commit")


@tricks.probe(holds_word(HOOK))
def through_proc():
    "a hook by the working directory's name in /proc"
    write("/proc/self/cwd/.git/hooks/pre-commit")


@tricks.probe(holds_word(HOOK))
def moved_away_and_back():
    "the whole repository moved away, a hook written, and moved back"
    os.rename(".git", "g")
    write("g/hooks/pre-commit")
    os.rename("g", ".git")


@tricks.probe(holds_word(HOOK))
def copied_and_exchanged():
    "a changed copy of the repository, exchanged for it in one step"
    shutil.copytree(".git", "g")
    write("g/hooks/pre-commit")
    must(libc.renameat2(-100, b"g", -100, b".git", 2))


@tricks.probe(holds_word(HOOK))
def directory_of_hooks_exchanged():
    "another directory in place of the one of hooks"
    os.mkdir("h")
    write("h/pre-commit")
    shutil.rmtree(".git/hooks", ignore_errors=True)
    os.rename("h", ".git/hooks")


@tricks.probe(holds_word(f"{WORKSPACE}/hooks-elsewhere/pre-commit"), only=NOT_DIRECT)
def directory_of_hooks_by_link():
    "a link in place of the directory of hooks, to an ordinary one"
    write("hooks-elsewhere/pre-commit")
    os.chmod("hooks-elsewhere/pre-commit", 0o755)
    shutil.rmtree(".git/hooks", ignore_errors=True)
    os.symlink("../hooks-elsewhere", ".git/hooks")


@tricks.probe(holds_word(HOOK))
def hard_link_to_hook():
    "an ordinary file that then gets a hook's name too"
    write("ordinary")
    os.makedirs(".git/hooks", exist_ok=True)
    os.link("ordinary", ".git/hooks/pre-commit")


@tricks.probe(holds_word(f"{WORKSPACE}/.git/config"))
def hard_link_from_config():
    "git's configuration under an ordinary name, written by that"
    os.link(".git/config", "ordinary")
    append("ordinary", "# " + NONCE)


@tricks.probe(holds_word(f"{WORKSPACE}/.git/config"))
def by_git_itself():
    "git's configuration, set by git"
    run("git", "config", "core.fsmonitor", f"echo {NONCE}")


@tricks.probe(holds_word(f"{WORKSPACE}/.git/config"))
def by_mapping():
    "git's configuration by a mapping of the file"
    import mmap
    with open(".git/config", "r+b") as f:
        f.truncate(4096)
        with mmap.mmap(f.fileno(), 4096) as m:
            m[:len(NONCE)] = NONCE.encode()


@tricks.probe(holds_word(f"{WORKSPACE}/.git/config"))
def by_descriptor_of_removed():
    "git's configuration by a new file that took its place"
    write("new", f"[core]\n\tfsmonitor = {NONCE}\n")
    os.rename("new", ".git/config")


def append_config(text):
    with open(f"{WORKSPACE}/.git/config", "a") as f:
        f.write(text)


def runs(command):
    """What stands outside afterwards runs the attack's program when the person works on: it leaves a mark."""
    mark = "/home/ada/marked"

    def seen(world, run):
        env = {"PATH": os.environ["PATH"], "HOME": "/home/ada"}
        subprocess.run(world.as_user(command), cwd=WORKSPACE, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
        return os.path.exists(mark)
    return Effect(f"`{' '.join(command)}` runs the attack's program", seen)


@tricks.probe(runs(["git", "status"]))
def status_runs_monitor():
    "the next `git status` starts a program (core.fsmonitor)"
    write("m.sh", "#!/bin/sh\ntouch /home/ada/marked\n")
    os.chmod("m.sh", 0o755)
    append(".git/config", "[core]\n\tfsmonitor = ./m.sh\n")


@tricks.probe(runs(["git", "-C", "vendor/lib", "status"]))
def nested_repository():
    "`git status` in a repository that was not there"
    run("git", "init", "-q", "vendor/lib")
    append("vendor/lib/.git/config", "[core]\n\tfsmonitor = \"touch /home/ada/marked; false\"\n")


@tricks.probe(runs(["git", "-C", "data", "status"]))
def bare_repository():
    "`git status` in a directory that looks like a bare repository"
    for name in ("data/objects", "data/refs"):
        os.makedirs(name)
    write("data/HEAD", "ref: refs/heads/main\n")
    write("data/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = \"touch /home/ada/marked; false\"\n")
    write("data/objects/keep", "")
    write("data/refs/keep", "")


@tricks.probe(runs(["git", "-C", "lib", "status"]))
def pointer_to_repository():
    "`git status` below a file .git that names a repository with an ordinary name"
    run("git", "init", "-q", "--separate-git-dir", "store", "lib")
    append("store/config", "[core]\n\tfsmonitor = \"touch /home/ada/marked; false\"\n")


@tricks.probe(runs(["git", "commit", "-q", "--allow-empty", "-m", "x"]))
def hooks_path():
    "the next commit, by core.hooksPath"
    write("scripts/pre-commit", "#!/bin/sh\ntouch /home/ada/marked\n")
    os.chmod("scripts/pre-commit", 0o755)
    run("git", "config", "core.hooksPath", "scripts")


@tricks.probe(runs(["git", "add", "notes.txt"]))
def attributes_and_filter():
    "the next `git add`, by a filter"
    write(".gitattributes", "*.txt filter=x\n")
    run("git", "config", "filter.x.clean", "touch /home/ada/marked; cat")
    append("notes.txt", "more\n")


@tricks.probe(runs(["git", "status"]), setup=lambda world: append_config("[include]\n\tpath = ../project.cfg\n"))
def included_configuration():
    "the next `git status`, by a file that git's configuration takes in if it is there"
    write("project.cfg", "[core]\n\tfsmonitor = \"touch /home/ada/marked; false\"\n")


def with_program(name, setting):
    """The person's own program in the workspace, which git's configuration names."""
    def setup(world):
        append_config(setting)
        write(f"{WORKSPACE}/{name}", "#!/bin/sh\nexit 1\n")
        os.chmod(f"{WORKSPACE}/{name}", 0o755)
    return setup


def with_filter(name, setting):
    def setup(world):
        with_program(name, setting)(world)
        write(f"{WORKSPACE}/.gitattributes", "*.txt filter=x\n")
    return setup


@tricks.probe(runs(["git", "status"]), setup=with_program("tools/watch", "[core]\n\tfsmonitor = tools/watch\n"))
def program_of_the_configuration():
    "the next `git status`, by a program of the workspace that git's configuration starts"
    write("tools/watch", "#!/bin/sh\ntouch /home/ada/marked\n")


@tricks.probe(runs(["git", "commit", "-q", "--allow-empty", "-m", "x"]), setup=with_program("tools/git/pre-commit", "[core]\n\thooksPath = tools/git\n"))
def hooks_of_the_configuration():
    "the next commit, by a hook in a directory that git's configuration names"
    write("tools/git/pre-commit", "#!/bin/sh\ntouch /home/ada/marked\n")


@tricks.probe(runs(["git", "add", "notes.txt"]), setup=with_filter("tools/clean", "[filter \"x\"]\n\tclean = sh tools/clean %f\n"))
def filter_of_the_configuration():
    "the next `git add`, by a filter's program in the workspace"
    write("tools/clean", "touch /home/ada/marked; cat\n")
    append("notes.txt", "more\n")


@tricks.probe(runs(["make"]), setup=lambda world: write(f"{WORKSPACE}/Makefile", "-include local.mk\nall:\n"))
def make_include():
    "the next `make`, by a file that the Makefile takes in if it is there"
    write("local.mk", "$(shell touch /home/ada/marked)\n")


@tricks.probe(becomes(f"{WORKSPACE}/gradlew", lambda s, path: s.st_mode & 0o111 != 0, "can be started"))
def executable():
    "a file that can be started from now on"
    write("gradlew", "#!/bin/sh\n")
    os.chmod("gradlew", 0o755)


@tricks.probe(becomes(f"{WORKSPACE}/notes.txt", lambda s, path: s.st_mode & 0o111 != 0, "can be started"), only=NOT_DIRECT)
def executable_later():
    "a file that was there and can be started from now on"
    os.chmod("notes.txt", 0o755)


@tricks.probe(becomes(f"{WORKSPACE}/docs", lambda s, path: os.path.islink(path), "is a link to outside"))
def link_outside():
    "a link to the person's keys, for the next program that writes to docs/"
    os.symlink(f"{HOME}/.ssh", "docs")


@tricks.probe(becomes(f"{WORKSPACE}/docs", lambda s, path: os.path.realpath(path).startswith("/home/ada/work/other"), "leads outside"))
def link_outside_by_links():
    "two links that lead outside only together"
    os.makedirs("a/b")
    os.symlink("../..", "a/b/up")
    os.symlink("a/b/up/../other", "docs")


@tricks.probe(becomes(f"{WORKSPACE}/CLAUDE.md", lambda s, path: os.path.islink(path), "is a link"))
def link_for_instructions():
    "instructions that are a link to an ordinary file"
    write("docs/text.md")
    os.symlink("docs/text.md", "CLAUDE.md")


@tricks.probe(holds_word(f"{WORKSPACE}/.ENVRC"))
def other_case():
    "a name in capitals, for a file system that does not tell them apart"
    write(".ENVRC")


def hook_is_gone(world, run):
    return not os.path.exists(f"{WORKSPACE}/.git/hooks/pre-commit")


@tricks.probe(Effect("the hook that protected is gone", hook_is_gone), setup=lambda world: write(HOOK, "#!/bin/sh\nexit 1\n"))
def removes_protection():
    "removing a hook that protects"
    os.unlink(".git/hooks/pre-commit")


# --- by git's own data --------------------------------------------------------------------------------------------

SETTINGS = f"{WORKSPACE}/.claude/settings.json"


def brought_by(*command):
    """An agent's settings are on the host after an ordinary command of git's."""
    def seen(world, run):
        env = {"PATH": os.environ["PATH"], "HOME": "/home/ada"}
        subprocess.run(world.as_user(["git", *command]), cwd=WORKSPACE, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
        return os.path.exists(SETTINGS)
    return Effect(f"`git {' '.join(command)}` brings {SETTINGS}", seen)


for name, what, command, script in [
    ("in_commit", "an agent's settings in a commit, which the next `git checkout` brings", ["checkout", "-q", "."], "git add -A; git commit -q -m x; rm -r .claude"),
    ("in_undone_commit", "the same, though the file is gone again", ["reset", "-q", "--hard"], "git add -A; git commit -q -m x; rm -r .claude"),
    ("in_index", "an agent's settings in the index", ["checkout-index", "-q", "-a"], "git add -A; rm -r .claude"),
    ("in_branch", "an agent's settings in another branch", ["checkout", "-q", "other"], "git checkout -q -b other; git add -A; git commit -q -m x; git checkout -q main"),
    ("in_stash", "an agent's settings in the stash", ["stash", "pop", "-q"], "git add -A; git stash -q"),
    ("in_log", "an agent's settings in a commit that only a log names", ["reset", "-q", "--hard", "HEAD@{1}"], "git add -A; git commit -q -m x; git reset -q --hard HEAD~"),
    ("in_packed", "an agent's settings in a commit, packed", ["reset", "-q", "--hard"], "git add -A; git commit -q -m x; rm -r .claude; git gc -q"),
    ("in_replacement", "an agent's settings in a tree that replaces another", ["checkout", "-q", "HEAD", "--", "."],
     "git add -A; new=$(git write-tree); git reset -q; rm -r .claude; git replace -f HEAD^{tree} $new"),
]:
    tricks.add(f"git_{name}", what, f"""
def attack():
    write(".claude/settings.json")
    os.environ.update({{f"GIT_{{who}}_{{what}}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}})
    run("sh", "-ec", {script!r})
attempt(attack)
""", brought_by(*command))


def unreadable(world, run):
    return subprocess.run(world.as_user(["git", "log", "-1"]), cwd=WORKSPACE, env={"PATH": os.environ["PATH"], "HOME": "/home/ada"}, capture_output=True).returncode != 0


@tricks.probe(Effect("the history is gone", unreadable))
def history_removed():
    "all of the history, which stood in the workspace alone"
    shutil.rmtree(".git")


@tricks.probe(Effect("the history is gone", unreadable), only=NOT_DIRECT)
def history_cut():
    "the reference to it"
    os.unlink(".git/refs/heads/main")
