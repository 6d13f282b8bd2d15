"""Attacks that come later: processes left behind, things left in the workspace, and the time between review and taking over."""
import os
import pathlib
import stat
import subprocess
import time

from home import HOME, OTHER, WORKSPACE, write
from probe import NOT_DIRECT, Effect, Group, becomes, holds_word, late, reaches

group = Group("later", "what is left behind")
review = Group("review", "between looking at changes and taking them over")
works = Group("works", "what must work, or nothing else says anything")


def left(word):
    """Somebody of the attack still runs when all has ended."""
    def is_there():
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and name != "1" and word in pathlib.Path(f"/proc/{name}/comm").read_text():
                    return True
            except OSError:
                continue
        return False

    def seen(world, run):
        # What is being ended needs a moment on a busy machine; what was left behind stays for seconds.
        deadline = time.monotonic() + 1
        while is_there():
            if time.monotonic() > deadline:
                return True
            time.sleep(0.02)
        return False
    return Effect(f"a process {word} still runs", seen, late=False)


@group.probe(holds_word(f"{HOME}/.bashrc", late=True))
def background_writes_home():
    "a process left behind writes to the person's home"
    in_background(lambda: append(f"{HOME}/.bashrc", NONCE))


@group.probe(holds_word(f"{WORKSPACE}/.git/hooks/pre-commit", late=True))
def background_writes_hook():
    "a process left behind writes a hook, after everybody has looked"
    in_background(lambda: write(".git/hooks/pre-commit"))


@group.probe(holds_word(f"{WORKSPACE}/.git/config", late=True))
def background_keeps_descriptor():
    "a process left behind writes through a descriptor that it kept"
    f = open(".git/config", "a")
    in_background(lambda: (f.write(NONCE), f.flush()))


@group.probe(late(reaches("loopback")))
def background_connects():
    "a process left behind connects to this machine"
    in_background(lambda: tell("127.0.0.1", 7001), after=0.3)


@group.probe(left("stays-behind"))
def background_stays():
    "a process that has left its session and ignores all signals"
    def stay():
        libc.prctl(15, b"stays-behind", 0, 0, 0)
        time.sleep(30)
    in_background(stay, after=0)
    time.sleep(0.1)


@group.probe(left("stays-behind"))
def background_of_stopped():
    "a process that was stopped, so that no signal ends it but one"
    if os.fork() == 0:
        os.setsid()
        libc.prctl(15, b"stays-behind", 0, 0, 0)
        for fd in (0, 1, 2):
            os.dup2(os.open("/dev/null", os.O_RDWR), fd)
        os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(0.1)


@group.probe(left("stays-behind"))
def background_that_forks():
    "a process that replaces itself all the time"
    if os.fork() == 0:
        os.setsid()
        libc.prctl(15, b"stays-behind", 0, 0, 0)
        for fd in (0, 1, 2):
            os.dup2(os.open("/dev/null", os.O_RDWR), fd)
        end = time.time() + 4
        while time.time() < end:
            if os.fork():
                os._exit(0)
            time.sleep(0.01)
        os._exit(0)
    time.sleep(0.1)


def killed(world, contestant, run):
    """The sandbox's own process is ended while the attack runs."""
    os.kill(run.pid, 9)


@group.probe(left("stays-behind"), while_held=killed)
def starter_is_killed():
    "an attack whose sandbox's own process is killed"
    if os.fork() == 0:
        libc.prctl(15, b"stays-behind", 0, 0, 0)
        for fd in (0, 1, 2):
            os.dup2(os.open("/dev/null", os.O_RDWR), fd)
        time.sleep(4)
        os._exit(0)
    hold()


# --- left in the workspace ----------------------------------------------------------------------------------------

def in_workspace(name, test, text):
    return becomes(f"{WORKSPACE}/{name}", lambda s, path: test(s), text)


@group.probe(in_workspace("Documents", lambda s: stat.S_ISFIFO(s.st_mode), "is a pipe"))
def pipe():
    "a pipe, at which the next program that reads all files waits for ever"
    os.mkfifo("Documents")


@group.probe(in_workspace("s", lambda s: stat.S_ISSOCK(s.st_mode), "is a socket"))
def socket_left():
    "a socket"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("s")


@group.probe(in_workspace("d", lambda s: stat.S_ISCHR(s.st_mode), "is a device"))
def device():
    "a device node (0:0, which everybody may make and overlayfs reads as `removed`)"
    os.mknod("d", 0o20600, 0)


@group.probe(in_workspace("tool", lambda s: s.st_mode & stat.S_ISUID, "is set-user-ID"))
def set_user_id():
    "a set-user-ID program"
    write("tool")
    os.chmod("tool", 0o4755)


@group.probe(in_workspace("tool", lambda s: s.st_mode & stat.S_ISGID, "is set-group-ID"))
def set_group_id():
    "a set-group-ID file that cannot be started"
    write("tool")
    os.chmod("tool", 0o2644)


@group.probe(in_workspace("notes.txt", lambda s: s.st_mode & 0o002, "can be written by everybody"), only=NOT_DIRECT)
def writable_by_all():
    "a file that everybody may write from now on"
    os.chmod("notes.txt", 0o666)


@group.probe(in_workspace("src", lambda s: s.st_mode & 0o002, "can be written by everybody"), only=NOT_DIRECT)
def directory_writable_by_all():
    "a directory in which everybody may write from now on"
    os.chmod("src", 0o777)


@group.probe(becomes(f"{WORKSPACE}/big", lambda s, path: s.st_size > 1 << 40, "is 2 TiB long"))
def holes():
    "a file of 2 TiB that is nearly all hole"
    with open("big", "wb") as f:
        f.truncate(2 << 40)
        f.write(b"x")


REVIEWED = ("weir", "weir-allow")  # the contestants whose changes wait for a review


def overlay_says(name):
    """The workspace's src/ has an attribute that a file system which puts layers together would obey."""
    return Effect(f"src/ has {name}", lambda world, run: name in os.listxattr(f"{WORKSPACE}/src"))


for name, value, what in [("opaque", "y", "that hides what the host has in it"), ("redirect", "/../other", "that names another directory below it"),
                          ("metacopy", "", "that takes a file's content from elsewhere")]:
    group.add(f"attribute_{name}", f"an attribute of overlayfs {what}", f"attempt(lambda: os.setxattr('src', 'user.overlay.{name}', {value!r}.encode()))\n",
              overlay_says(f"user.overlay.{name}"))


@review.probe(holds_word(f"{WORKSPACE}/.claude/settings.json"))
def directory_renamed_to_held():
    "a directory that gets a held name only by its parent's new name"
    write("x/settings.json")
    os.rename("x", ".claude")


def shown_raw(world, run):
    """What the reviewer's terminal gets: of a contestant with a review that, else a list of the files."""
    shown = run.review or subprocess.run(["ls", "--color=never", "-N", WORKSPACE], capture_output=True).stdout
    return b"\x1b]0;taken" in shown or b"\x1b[2J" in shown


@review.probe(Effect("control sequences in the review", shown_raw), only=REVIEWED)
def name_with_escape():
    "a name that takes over the terminal of whoever looks at it"
    write("x\x1b]0;taken\x07y.txt")


def text_shown(world, run):
    shown = run.review or subprocess.run(["cat", f"{WORKSPACE}/notes.txt"], capture_output=True).stdout
    return b"\x1b[2J" in shown or b"\x1b]0;taken" in shown


@review.probe(Effect("control sequences in the review", text_shown), only=REVIEWED)
def text_with_escape():
    "a text that wipes the terminal of whoever looks at it"
    append("notes.txt", "\x1b[2J\x1b]0;taken\x07nothing to see\n")


def line_shown(world, run):
    shown = run.review or subprocess.run(["ls", "-N", WORKSPACE], capture_output=True).stdout
    return any(line.strip() == b"0 held" for line in shown.splitlines())


@review.probe(Effect("a line of the attack's own in the review", line_shown), only=REVIEWED)
def name_with_line():
    "a name with a line's end, which says what the review would say"
    write("x\n0 held\ny.txt")


def bidi_shown(world, run):
    shown = run.review or subprocess.run(["cat", f"{WORKSPACE}/src/main.c"], capture_output=True).stdout
    return "\u202e".encode() in shown


@review.probe(Effect("text that is shown in another order than it has", bidi_shown), only=REVIEWED)
def text_reordered():
    "code that is shown in another order than it runs (U+202E)"
    append("src/main.c", "/* \u202e } if (admin) { */\n")


def diff_now(world, contestant, run):
    if contestant.reviewed:
        contestant.step(world, run, ["diff"])


def diff_and_commit_now(world, contestant, run):
    if contestant.reviewed:
        contestant.step(world, run, ["diff"])
        contestant.step(world, run, ["commit"])


@review.probe(holds_word(f"{WORKSPACE}/.git/config"), while_held=diff_and_commit_now, only=REVIEWED)
def commit_while_it_runs():
    "harmless while it is looked at and taken over, then not"
    write("notes.txt", "harmless\n")
    hold()
    append(".git/config", NONCE)


@review.probe(becomes(f"{WORKSPACE}/out", lambda s, path: os.path.islink(path), "is a link"), while_held=diff_now, only=REVIEWED)
def swapped_for_link():
    "a file that was looked at, then a link to outside"
    write("out", "harmless\n")
    hold()
    os.unlink("out")
    os.symlink(f"{B.other}/.env", "out")


@review.probe(in_workspace("run.sh", lambda s: s.st_mode & 0o111, "can be started"), while_held=diff_now, only=REVIEWED)
def made_executable_after():
    "a text that was looked at, then a program"
    write("run.sh", "#!/bin/sh\n")
    hold()
    os.chmod("run.sh", 0o755)


def host_made_link(world, contestant, run):
    subprocess.run(world.as_user(["sh", "-c", f"mv {WORKSPACE}/src {WORKSPACE}/src-old && ln -s {OTHER}/src {WORKSPACE}/src"]), check=True)


@review.probe(holds_word(f"{OTHER}/src/new.c"), while_held=host_made_link)
def through_link_of_the_host():
    "a directory of the host that became a link while the sandbox ran: nothing is written through it"
    hold()
    write("src/new.c")


def host_changed(world, contestant, run):
    write(f"{WORKSPACE}/notes.txt", "the person's own words\n")


@review.probe(Effect("the person's change is lost", lambda world, run: "person's own" not in pathlib.Path(f"{WORKSPACE}/notes.txt").read_text()),
              while_held=host_changed, only=NOT_DIRECT)
def over_the_persons_change():
    "a file that the person changed at the same time"
    hold()
    write("notes.txt", "the attack's\n")


@review.probe(Effect("another directory was changed", lambda world, run: os.path.exists(f"{OTHER}/planted.txt")),
              while_held=lambda world, contestant, run: os.rename(WORKSPACE, WORKSPACE + "-old") or os.symlink(OTHER, WORKSPACE))
def workspace_is_another():
    "another directory under the workspace's name when changes are taken over"
    hold()
    os.chdir("/")
    os.chdir(WORKSPACE)
    write("planted.txt")


# --- what must work -----------------------------------------------------------------------------------------------

@works.probe(holds_word(f"{WORKSPACE}/src/new.c"), wanted=True)
def change_arrives():
    "an ordinary new file of the workspace is on the host in the end"
    write("src/new.c")


@works.probe(Effect("the workspace can be read", lambda world, run: b"return 2 * x" in run.output), wanted=True)
def workspace_is_read():
    "a file of the workspace can be read"
    show("src/util.c")


@works.probe(Effect("programs run", lambda world, run: b"compiled 42" in run.output), wanted=True)
def programs_run():
    "the shell and git work"
    run("sh", "-c", "git log --oneline >/dev/null && echo compiled $((6 * 7))")


def committed(world, run):
    done = subprocess.run(world.as_user(["git", "log", "-1", "--format=%s"]), cwd=WORKSPACE, env={"PATH": os.environ["PATH"], "HOME": HOME}, capture_output=True)
    return done.stdout.decode().strip() == f"words {run.nonce}"


@works.probe(Effect("the commit is on the host", committed), wanted=True)
def commit_arrives():
    "an ordinary commit made with git is in the repository in the end"
    append("notes.txt", "more\n")
    run("git", "-c", "user.name=x", "-c", "user.email=y", "commit", "-q", "-a", "-m", f"words {NONCE}")
