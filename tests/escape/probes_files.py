"""Files outside of the workspace: reading and changing what is the person's."""
import os
import stat

from home import HOME, OTHER, SOCKETS, WORKSPACE
from probe import Effect, Group, becomes, changes, holds_word, prints

reads = Group("read", "files outside are read")
writes = Group("write", "files outside are changed")


@reads.probe(prints("ssh"))
def by_path():
    "a private key by its path"
    show(f"{HOME}/.ssh/id_ed25519")


@reads.probe(prints("other_source"))
def by_dotdot():
    "another project, climbing out of the workspace"
    show("../other/src/secret.c")


@reads.probe(prints("other_source"))
def through_link():
    "another project, through a link made in the workspace"
    os.symlink(f"{B.other}/src", "borrowed")
    show("borrowed/secret.c")


@reads.probe(prints("other_env"))
def by_own_root():
    "/proc/self/root in front of the path, against checks of its text"
    show(f"/proc/self/root{B.other}/.env")


@reads.probe(prints("other_env"), bare="process 1 is the test's own, of another user namespace")
def by_first_root():
    "the root directory of process 1"
    show(f"/proc/1/root{B.other}/.env")


@reads.probe(prints("other_env"))
def by_thread_root():
    "the root directory as a thread's"
    show(f"/proc/thread-self/root{B.other}/.env")


@reads.probe(prints("other_env"))
def by_working_directory():
    "climbing from /proc/self/cwd"
    show("/proc/self/cwd/../other/.env")


@reads.probe(prints("other_env"))
def by_removed_directory():
    "climbing from a directory that was removed while it was open"
    os.makedirs("a/b/c")
    fd = os.open("a/b", os.O_RDONLY)
    os.rename("a/b", "moved")
    os.chdir(fd)
    show("../../other/.env")


@reads.probe(prints("other_env"))
def by_chdir_race():
    "climbing while another thread renames what is climbed from"
    os.makedirs("deep/x/y")
    fd = os.open("deep/x/y", os.O_RDONLY)
    os.rename("deep/x", "x")
    above = os.open("..", os.O_RDONLY, dir_fd=os.open("..", os.O_RDONLY, dir_fd=os.open("..", os.O_RDONLY, dir_fd=fd)))
    with os.fdopen(os.open("other/.env", os.O_RDONLY, dir_fd=above), "rb") as f:
        say(f.read())


@reads.probe(prints("other_env"))
def by_hard_link():
    "a hard link from outside into the workspace"
    os.link(f"{B.other}/.env", "mine")
    show("mine")


@reads.probe(prints("other_env"))
def by_rename_in():
    "moving a file from outside into the workspace"
    os.rename(f"{B.other}/.env", "mine")
    show("mine")


@reads.probe(prints("other_env"))
def by_path_descriptor():
    "a descriptor that names a file only (O_PATH), opened again"
    show(f"/proc/self/fd/{os.open(f'{B.other}/.env', os.O_PATH)}")


@reads.probe(prints("descriptor"), descriptors=True)
def inherited_descriptor():
    "a descriptor that the starter left open"
    say(os.pread(B.descriptors["secret"], 4096, 0))


@reads.probe(prints("descriptor"), descriptors=True)
def inherited_by_proc():
    "the same, opened again through /proc/self/fd"
    show(f"/proc/self/fd/{B.descriptors['secret']}")


@reads.probe(prints("netrc"), descriptors=True)
def inherited_directory():
    "a directory that the starter left open"
    with os.fdopen(os.open(".netrc", os.O_RDONLY, dir_fd=B.descriptors["home"]), "rb") as f:
        say(f.read())


@reads.probe(prints("netrc"), descriptors=True)
def chdir_to_descriptor():
    "going into a directory that the starter left open"
    os.fchdir(B.descriptors["home"])
    show(".netrc")


@reads.probe(prints("tmp"))
def others_temporary():
    "what other programs left in /tmp"
    show("/tmp/export.csv")


@reads.probe(prints("var_tmp"))
def editor_backup():
    "an editor's backup in /var/tmp"
    show("/var/tmp/editor.swp")


@reads.probe(prints("shm"))
def shared_memory_file():
    "another program's file in /dev/shm"
    show("/dev/shm/session")


@reads.probe(prints("run"))
def run_secrets():
    "a container's secret in /run/secrets"
    show("/run/secrets/token")


@reads.probe(prints("mail"))
def mail():
    "the person's mail"
    show("/var/mail/ada")


@reads.probe(prints("name"))
def names_only():
    "what files are called"
    say("\n".join(os.listdir(f"{HOME}/letters")))


@reads.probe(prints("other_env"))
def by_bind_in_own_namespace():
    "namespaces of its own, a bind mount of the directory above"
    own_namespaces(0x20000)
    os.mkdir("here")
    must(libc.mount(b"..", b"here", None, ctypes.c_ulong(4096 | 16384), None))
    show("here/other/.env")


@reads.probe(prints("other_env"))
def by_chroot_out():
    "namespaces of its own, chroot below a directory that is open above it"
    own_namespaces(0)
    fd = os.open("..", os.O_RDONLY)
    os.mkdir("jail")
    os.chroot("jail")
    os.fchdir(fd)
    for _ in range(8):
        os.chdir("..")
    show("." + f"{B.other}/.env")


@reads.probe(prints("other_env"))
def by_open_tree():
    "the tree above the workspace as a detached mount (open_tree)"
    own_namespaces(0x20000)
    fd = call("open_tree", -100, b"..", 1 | 0x8000)
    with os.fdopen(os.open("other/.env", os.O_RDONLY, dir_fd=fd), "rb") as f:
        say(f.read())


@reads.probe(prints("other_env"))
def by_a_helper_program():
    "a program of the system that reads for others"
    run("tar", "-cf", "-", "--ignore-failed-read", f"{B.other}/.env")


@reads.probe(prints("other_env"))
def by_git():
    "git, asked to compare files of no repository"
    subprocess.run(["git", "diff", "--no-index", "/dev/null", f"{B.other}/.env"])


# --- writing ------------------------------------------------------------------------------------------------------

@writes.probe(holds_word(f"{HOME}/.bashrc"))
def shell_startup():
    "a line at the end of ~/.bashrc"
    append(f"{HOME}/.bashrc", NONCE)


@writes.probe(holds_word(f"{HOME}/.profile"))
def shell_startup_new():
    "~/.profile, which was not there"
    write(f"{HOME}/.profile")


@writes.probe(holds_word(f"{HOME}/.ssh/authorized_keys"))
def authorized_keys():
    "a key of its own for logging in"
    append(f"{HOME}/.ssh/authorized_keys", NONCE)


@writes.probe(holds_word(f"{HOME}/.ssh/rc"))
def ssh_rc():
    "~/.ssh/rc, which was not there"
    write(f"{HOME}/.ssh/rc")


@writes.probe(holds_word(f"{HOME}/.gitconfig"))
def git_of_the_person():
    "an alias in ~/.gitconfig, by git itself"
    run("git", "config", "--global", "alias.st", "!echo " + NONCE)


@writes.probe(holds_word(f"{HOME}/.config/autostart/x.desktop"))
def autostart():
    "a program for the next login"
    write(f"{HOME}/.config/autostart/x.desktop")


@writes.probe(holds_word(f"{HOME}/.config/systemd/user/x.service"))
def user_service():
    "a service of the user's systemd"
    write(f"{HOME}/.config/systemd/user/x.service")


@writes.probe(holds_word(f"{HOME}/.local/bin/helper"))
def program_in_path():
    "a program that is in the person's PATH"
    write(f"{HOME}/.local/bin/helper")


@writes.probe(holds_word(f"{HOME}/.claude/settings.json"))
def agents_settings():
    "hooks in an agent's settings of the person"
    write(f"{HOME}/.claude/settings.json")


@writes.probe(holds_word(f"{HOME}/.config/weir/config.yaml"))
def guards_settings():
    "the guard's own configuration"
    write(f"{HOME}/.config/weir/config.yaml")


@writes.probe(holds_word(f"{HOME}/.srt-settings.json"))
def sandboxes_settings():
    "the sandbox's own settings for the next time"
    write(f"{HOME}/.srt-settings.json")


@writes.probe(holds_word(f"{HOME}/.codex/config.toml"))
def sandboxes_settings_of_codex():
    "the other sandbox's own settings for the next time"
    write(f"{HOME}/.codex/config.toml")


@writes.probe(holds_word("/tmp/planted"))
def temporary():
    "a file in the host's /tmp, where others read"
    write("/tmp/planted")


@writes.probe(holds_word("/var/tmp/planted"))
def temporary_that_stays():
    "a file in the host's /var/tmp"
    write("/var/tmp/planted")


@writes.probe(holds_word("/dev/shm/planted"))
def shared_memory_planted():
    "a file in the host's /dev/shm"
    write("/dev/shm/planted")


@writes.probe(changes(f"{OTHER}/src"))
def through_link_to_directory():
    "through a link in the workspace, into another project"
    os.symlink(f"{B.other}/src", "out")
    write("out/planted.c")


@writes.probe(holds_word(f"{OTHER}/planted"))
def by_root_of_proc():
    "/proc/self/root in front of the path"
    write(f"/proc/self/root{B.other}/planted")


@writes.probe(holds_word(f"{OTHER}/notes"))
def hard_link_out():
    "a hard link from the workspace to outside"
    write("notes")
    os.link("notes", f"{B.other}/notes")


@writes.probe(holds_word(f"{OTHER}/notes"))
def rename_out():
    "moving a file of its own outside"
    write("notes")
    os.rename("notes", f"{B.other}/notes")


@writes.probe(holds_word(f"{OTHER}/notes"))
def unnamed_file_linked_out():
    "a file without a name (O_TMPFILE) that is given one outside"
    fd = os.open(B.other, os.O_TMPFILE | os.O_WRONLY)
    os.write(fd, NONCE.encode())
    must(libc.linkat(-100, f"/proc/self/fd/{fd}".encode(), -100, f"{B.other}/notes".encode(), 0x400))


@writes.probe(changes(f"{OTHER}/.env"))
def removes():
    "removing a file outside"
    os.unlink(f"{B.other}/.env")


@writes.probe(changes(f"{OTHER}/.env"))
def truncates():
    "cutting a file outside, without opening it"
    os.truncate(f"{B.other}/.env", 3)


@writes.probe(changes(f"{HOME}/.ssh/id_ed25519"))
def permissions():
    "making a private key readable for everybody"
    os.chmod(f"{HOME}/.ssh/id_ed25519", 0o644)


@writes.probe(changes(f"{OTHER}/.env"))
def times():
    "setting the times of a file outside"
    os.utime(f"{B.other}/.env", (1, 1))


def has_attribute(path):
    return Effect(f"{path} has an extended attribute", lambda world, run: bool(os.listxattr(path)))


@writes.probe(has_attribute(f"{OTHER}/src"))
def attributes():
    "an extended attribute for a directory outside"
    os.setxattr(f"{B.other}/src", "user.x", b"x")


@writes.probe(changes(f"{HOME}/.cache/left-open"), descriptors=True)
def inherited_descriptor_written():
    "through a descriptor that the starter left open"
    os.pwrite(B.descriptors["secret"], NONCE.encode(), 0)


@writes.probe(holds_word(f"{HOME}/planted"), descriptors=True)
def inherited_directory_written():
    "into a directory that the starter left open"
    with os.fdopen(os.open("planted", os.O_WRONLY | os.O_CREAT, dir_fd=B.descriptors["home"]), "w") as f:
        f.write(NONCE)


@writes.probe(changes(f"{HOME}/.cache/left-open"), descriptors=True)
def inherited_descriptor_mapped():
    "by mapping a descriptor that the starter left open"
    import mmap
    with mmap.mmap(B.descriptors["secret"], 4) as m:
        m[:4] = b"evil"


@writes.probe(changes(f"{HOME}/work"))
def workspace_renamed():
    "the workspace itself, renamed"
    os.rename(WORKSPACE, f"{HOME}/work/gone")


@writes.probe(becomes(WORKSPACE, lambda s, path: stat.S_ISLNK(s.st_mode), "is a link"))
def workspace_replaced_by_link():
    "a link in place of the workspace, for whoever comes next"
    os.rename(WORKSPACE, f"{HOME}/work/gone")
    os.symlink(B.other, WORKSPACE)


@writes.probe(changes(f"{HOME}/work"))
def workspace_exchanged():
    "the workspace exchanged with another directory in one step"
    os.mkdir(f"{HOME}/work/twin")
    must(libc.renameat2(-100, WORKSPACE.encode(), -100, f"{HOME}/work/twin".encode(), 2))


@writes.probe(becomes(SOCKETS["docker"] + ".new", lambda s, path: stat.S_ISSOCK(s.st_mode), "is a socket"), bare="/run is not the user's")
def socket_in_run():
    "a socket beside docker's, for the next who connects"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(B.sockets["docker"] + ".new")


@writes.probe(becomes("/tmp/vscode-ipc.sock", lambda s, path: stat.S_ISFIFO(s.st_mode), "is a pipe"))
def replaced_socket():
    "a pipe in place of another program's socket"
    os.unlink("/tmp/vscode-ipc.sock")
    os.mkfifo("/tmp/vscode-ipc.sock")


@writes.probe(holds_word(f"{OTHER}/planted"))
def remount_in_own_namespace():
    "namespaces of its own, the directory above mounted writable"
    own_namespaces(0x20000)
    libc.mount(None, b"..", None, ctypes.c_ulong(4096 | 32), None)
    libc.mount(b"..", b"..", None, ctypes.c_ulong(4096 | 16384), None)
    write(f"{B.other}/planted")


@writes.probe(holds_word(f"{OTHER}/planted"))
def bind_over_workspace():
    "namespaces of its own, the other project mounted over a directory of the workspace"
    own_namespaces(0x20000)
    os.mkdir("here")
    must(libc.mount(B.other.encode(), b"here", None, ctypes.c_ulong(4096), None))
    write("here/planted")
