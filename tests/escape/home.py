"""The person's things in a world: secrets, a workspace, other projects, a helper process. All of it is bait.

Each secret is a random word that exists in exactly one place, so that a word in a probe's output tells what was read.
"""
import ctypes
import os
import pathlib
import secrets as chance
import shutil
import subprocess
import time

import linux

HOME = "/home/ada"
WORKSPACE = f"{HOME}/work/project"
OTHER = f"{HOME}/work/other"
TEMPLATE = "/root/template"
LEFT_OPEN = f"{HOME}/.cache/left-open"

# Where a secret lies, and what stands around it.
FILES = {
    "ssh": (f"{HOME}/.ssh/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n"),
    "aws": (f"{HOME}/.aws/credentials", "[default]\naws_access_key_id = AKIA0000000000000000\naws_secret_access_key = {}\n"),
    "netrc": (f"{HOME}/.netrc", "machine mirror.example.org login ada password {}\n"),
    "git_credentials": (f"{HOME}/.git-credentials", "https://ada:{}@git.example.org\n"),
    "github_cli": (f"{HOME}/.config/gh/hosts.yml", "github.com:\n    oauth_token: {}\n"),
    "npm": (f"{HOME}/.npmrc", "//registry.example.org/:_authToken={}\n"),
    "docker": (f"{HOME}/.docker/config.json", '{{"auths": {{"registry.example.org": {{"auth": "{}"}}}}}}\n'),
    "kube": (f"{HOME}/.kube/config", "users:\n- name: ada\n  user:\n    token: {}\n"),
    "gpg": (f"{HOME}/.gnupg/private-keys-v1.d/0123.key", "(private-key (rsa (d {})))\n"),
    "gcloud": (f"{HOME}/.config/gcloud/application_default_credentials.json", '{{"refresh_token": "{}"}}\n'),
    "postgres": (f"{HOME}/.pgpass", "db.example.org:5432:*:ada:{}\n"),
    "browser": (f"{HOME}/.mozilla/firefox/x.default/logins.json", '{{"logins": ["{}"]}}\n'),
    "history": (f"{HOME}/.bash_history", "mysql -p{}\n"),
    "claude": (f"{HOME}/.claude/.credentials.json", '{{"claudeAiOauth": {{"refreshToken": "{}"}}}}\n'),
    "codex": (f"{HOME}/.codex/auth.json", '{{"OPENAI_API_KEY": "{}"}}\n'),
    "weir": (f"{HOME}/.config/weir/notes", "{}\n"),
    "other_env": (f"{OTHER}/.env", "DATABASE_PASSWORD={}\n"),
    "other_source": (f"{OTHER}/src/secret.c", "// {}\n"),
    "tmp": ("/tmp/export.csv", "{}\n"),
    "var_tmp": ("/var/tmp/editor.swp", "{}\n"),
    "shm": ("/dev/shm/session", "{}\n"),
    "run": ("/run/secrets/token", "{}\n"),
    "mail": ("/var/mail/ada", "Subject: reset\n\n{}\n"),
    "descriptor": (LEFT_OPEN, "{}\n"),
    "name": (f"{HOME}/letters/{{}}.txt", ""),
}
ENVIRONMENT = {"aws_env": "AWS_SECRET_ACCESS_KEY", "github_env": "GITHUB_TOKEN", "openai_env": "OPENAI_API_KEY",
               "database_env": "DATABASE_URL", "plain_env": "DEPLOY_PASSPHRASE"}
OTHERS = ["bystander_env", "bystander_argv", "bystander_file", "bystander_queue", "shared_memory", "session_key"]
SOCKETS = {"ssh_agent": f"{HOME}/.ssh/agent.sock", "x11": "/tmp/.X11-unix/X0", "docker": "/run/docker.sock",
           "bus": "/run/user/1000/bus", "gpg_agent": f"{HOME}/.gnupg/S.gpg-agent", "in_workspace": f"{WORKSPACE}/.dev-server.sock",
           "vscode": "/tmp/vscode-ipc.sock", "wayland": "/run/user/1000/wayland-0"}

PROJECT = {
    "README.md": "# A project\n",
    "src/main.c": "int main(void) { return 0; }\n",
    "src/util.c": "int twice(int x) { return 2 * x; }\n",
    "notes.txt": "to do\n",
    "tools/check.sh": "#!/bin/sh\necho checked\n",
}


class Secrets(dict):
    def __init__(self):
        super().__init__({name: f"bait{chance.token_hex(10)}" for name in [*FILES, *ENVIRONMENT, *OTHERS]})

    def environment(self):
        return {variable: self[name] for name, variable in ENVIRONMENT.items()}


def make_template():
    """A small repository with one commit, copied for each probe."""
    for name, text in PROJECT.items():
        write(f"{TEMPLATE}/{name}", text)
    os.chmod(f"{TEMPLATE}/tools/check.sh", 0o755)
    env = {"PATH": os.environ["PATH"], "HOME": "/root", "GIT_CONFIG_NOSYSTEM": "1"}
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"],
                      ["-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=TEMPLATE, env=env, check=True, stdout=subprocess.DEVNULL)


def fill(words):
    for place in (HOME, "/tmp", "/var/tmp", "/dev/shm", "/run", "/var/mail", "/dev/mqueue"):
        empty(place)
    shutil.copytree(TEMPLATE, WORKSPACE, symlinks=True)
    for name, (path, text) in FILES.items():
        write(path.format(words[name]), text.format(words[name]))
    write(f"{HOME}/.bashrc", "# ada's\n")
    write(f"{HOME}/.ssh/authorized_keys", "# none\n")
    write(f"{HOME}/.gitconfig", "[user]\n\tname = ada\n\temail = ada@example.org\n")
    write(f"{HOME}/.local/bin/helper", "#!/bin/sh\n")
    make_queue(words["bystander_queue"])
    os.makedirs("/run/user/1000", mode=0o700)
    os.makedirs("/tmp/.X11-unix", mode=0o1777)
    os.makedirs(f"{HOME}/.config/autostart", exist_ok=True)
    os.chmod(f"{HOME}/.ssh", 0o700)
    os.chmod(f"{HOME}/.ssh/id_ed25519", 0o600)


def write(path, text):
    place = pathlib.Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def empty(place):
    os.makedirs(place, exist_ok=True)
    for entry in os.scandir(place):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, onerror=open_up)
        else:
            os.unlink(entry.path)


def open_up(function, path, _):
    """A directory without permissions, as overlayfs leaves one."""
    for name in (os.path.dirname(path), path):
        if not os.path.islink(name):
            os.chmod(name, 0o700)
    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def make_shared_memory(word):
    """A System V segment with a secret, of the same user; its number."""
    libc = linux.libc
    libc.shmat.restype = ctypes.c_void_p
    number = linux.checked(libc.shmget(0, 4096, 0o1600), "shmget")  # IPC_CREAT | 0600
    address = libc.shmat(number, None, 0)
    ctypes.memmove(address, word.encode(), len(word))
    return number


def make_queue(word):
    """A POSIX message queue with one message."""
    queue = linux.checked(linux.libc.mq_open(b"/weir-escape", os.O_CREAT | os.O_RDWR, 0o600, None), "mq_open")
    linux.checked(linux.libc.mq_send(queue, word.encode(), len(word), 0), "mq_send")
    os.close(queue)


def start_bystander(world):
    """A process of the same person: a secret in its environment, one in its arguments, one in a file that is open and gone."""
    words = world.secrets
    script = f'exec -a "helper --password={words["bystander_argv"]}" sleep 600'
    gone = os.memfd_create("gone")
    os.write(gone, words["bystander_file"].encode())
    try:
        process = subprocess.Popen(world.as_user(["bash", "-c", f"exec 5<&{gone} {gone}<&-; {script}"]), pass_fds=[gone], process_group=0, cwd=WORKSPACE,
                                   env={"PATH": os.environ["PATH"], "HELPER_TOKEN": words["bystander_env"]})
    finally:
        os.close(gone)
    arguments = pathlib.Path(f"/proc/{process.pid}/cmdline")
    while process.poll() is None and not arguments.read_bytes().startswith(b"helper"):
        time.sleep(0.001)
    return process
